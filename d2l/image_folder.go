package d2l

import (
	"fmt"
	"image"
	"image/draw"
	_ "image/gif" // For ReadImage, as the two below.
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/imagegrid"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// ReadImage reads a picture from a file: PNG, JPEG or GIF. The pixels are those of PyTorch and MXNet, up to a few steps
// of 255 in a JPEG; as there, a picture that a camera has marked as turned is not turned back.
//
// Book: image.imread, section "Image Augmentation".
func ReadImage(path string) (image.Image, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a picture: %w", err)
	}
	defer file.Close()
	picture, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("reading the picture %s: %w: give a PNG, JPEG or GIF file", path, err)
	}
	return smoothColours(picture), nil
}

// ToTensor returns pictures as a batch, float32 (batch, 3, height, width): red, green and blue with values in [0, 1].
// If all are [image.Gray], it is (batch, 1, height, width). It is what Images undoes. Transparent pixels have their
// colour as if they were not. It panics unless the pictures have the same size, and without any.
//
// Book: transforms.ToTensor, section "The Image Classification Dataset".
func ToTensor(pictures ...image.Image) *tensors.Tensor {
	if len(pictures) == 0 || pictures[0].Bounds().Empty() {
		panic("d2l: ToTensor needs at least one picture, with pixels")
	}
	size, channels := pictures[0].Bounds().Size(), 1
	for i, picture := range pictures {
		if other := picture.Bounds().Size(); other != size {
			const message = "d2l: ToTensor needs pictures of one size: picture %d has %d × %d pixels, the first %d × %d; " +
				"Resize them"
			panic(fmt.Sprintf(message, i, other.X, other.Y, size.X, size.Y))
		}
		if !isGrey(picture) {
			channels = 3
		}
	}
	pixels := size.X * size.Y
	X := make([]float32, len(pictures)*channels*pixels)
	for i, picture := range pictures {
		for p, rgb := range rgbOf(picture) {
			for c := range channels {
				X[(i*channels+c)*pixels+p] = float32(rgb[c])
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(X, len(pictures), channels, size.Y, size.X)
}

// LoadImages returns the batches of pictures in memory, as ToTensor makes them, with their labels: int32 (batch).
// Unless all are [image.Gray], every batch has three channels. Each picture goes through transform whenever it is in a
// batch; nil leaves it as it is. For training they are shuffled in each epoch, as Seed has it. It panics unless there
// is a label for each picture, at least one, and a positive batch size.
//
// Book: load_cifar10, section "Image Augmentation".
func LoadImages(pictures []image.Image, labels []int32, batchSize int, isTrain bool, transform Transform) DataIter {
	if len(pictures) != len(labels) || len(pictures) == 0 {
		const message = "d2l: LoadImages needs a label for each picture, and at least one, got %d pictures and %d labels"
		panic(fmt.Sprintf(message, len(pictures), len(labels)))
	}
	requireBatchSize("LoadImages", batchSize)
	allGrey := !slices.ContainsFunc(pictures, func(picture image.Image) bool { return !isGrey(picture) })
	return picturesIter("pictures", labels, batchSize, isTrain, transform, func(i int) (image.Image, error) {
		if allGrey {
			return pictures[i], nil
		}
		return inColour(pictures[i], nil)
	})
}

func picturesIter(name string, labels []int32, batchSize int, isTrain bool, transform Transform,
	get func(int) (image.Image, error)) DataIter {
	batch := func(examples []int) (train.Batch, error) {
		var pictures []image.Image
		var y []int32
		for _, i := range examples {
			picture, err := get(i)
			if err != nil {
				return train.Batch{}, err
			}
			if transform != nil {
				picture = transform(picture)
			}
			if len(pictures) > 0 && picture.Bounds().Size() != pictures[0].Bounds().Size() {
				return train.Batch{}, fmt.Errorf("pictures of %v and %v pixels cannot be in one batch: give a transform that "+
					"makes them equal, such as Resize", pictures[0].Bounds().Size(), picture.Bounds().Size())
			}
			pictures, y = append(pictures, picture), append(y, labels[i])
		}
		return train.Batch{Inputs: []*tensors.Tensor{ToTensor(pictures...)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, len(y))}}, nil
	}
	return &exampleIter{name: name, n: len(labels), batchSize: batchSize, shuffle: isTrain, batch: batch}
}

// LoadImageFolder returns the batches of the pictures in a folder, which has a subfolder for each class, and the names
// of the classes in alphabetical order: the label of a picture is the index of its class. Files that end with .png,
// .jpg, .jpeg or .gif, also in folders of that one, are read when their batch is; others, and folders whose names begin
// with a dot, are left out. All have three channels, as in PyTorch's ImageFolder, also those without colours. Otherwise
// it is LoadImages. A folder that cannot be read is an error, and so is a link to one in a class, a class without
// pictures, and, for the loop, a picture that cannot be read.
//
// Book: gluon.data.vision.ImageFolderDataset, section "Fine-Tuning".
func LoadImageFolder(dir string, batchSize int, isTrain bool, transform Transform) (DataIter, []string, error) {
	requireBatchSize("LoadImageFolder", batchSize)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("finding pictures: %w", err)
	}
	var classes, paths []string
	var labels []int32
	for _, entry := range entries {
		folder := filepath.Join(dir, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		info, err := os.Stat(folder)
		if err != nil {
			return nil, nil, fmt.Errorf("finding pictures: %w", err)
		}
		if !info.IsDir() {
			continue
		}
		pictures, err := picturesIn(folder)
		if err != nil {
			return nil, nil, fmt.Errorf("finding pictures: %w", err)
		}
		if len(pictures) == 0 {
			return nil, nil, fmt.Errorf("there are no pictures of the class %s in %s: PNG, JPEG and GIF files are read; "+
				"add some or remove the folder", entry.Name(), folder)
		}
		paths, labels = append(paths, pictures...), append(labels, slices.Repeat([]int32{int32(len(classes))}, len(pictures))...)
		classes = append(classes, entry.Name())
	}
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("there are no pictures in the subfolders of %s: make one for each class", dir)
	}
	return picturesIter(dir, labels, batchSize, isTrain, transform,
		func(i int) (image.Image, error) { return inColour(ReadImage(paths[i])) }), classes, nil
}

// inColour returns a grey picture as one with three channels: a batch would have one or three, as its pictures are.
func inColour(picture image.Image, err error) (image.Image, error) {
	grey, ok := picture.(*image.Gray)
	if !ok {
		return picture, err
	}
	colour := image.NewRGBA(grey.Bounds())
	draw.Draw(colour, colour.Bounds(), grey, grey.Bounds().Min, draw.Src)
	return colour, err
}

func isGrey(picture image.Image) bool {
	if boxed, ok := picture.(imagegrid.Boxed); ok {
		picture = boxed.Image
	}
	_, ok := picture.(*image.Gray)
	return ok
}

// isLinkToFolder reports whether what was found at a path is a link, and to a folder. A link to nothing is read later,
// as any picture.
func isLinkToFolder(files fs.FS, path string, found fs.DirEntry) bool {
	if found.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := fs.Stat(files, path)
	return err == nil && info.IsDir()
}

// picturesIn returns the paths of the pictures in a folder and those in it.
func picturesIn(folder string) (paths []string, err error) {
	files := os.DirFS(folder) // Also where folder is a link to one.
	return paths, fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		switch hidden := len(path) > 1 && strings.HasPrefix(entry.Name(), "."); {
		case err != nil:
			return fmt.Errorf("in %s: %w", folder, err)
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case isLinkToFolder(files, path, entry) && hidden:
			return nil
		case isLinkToFolder(files, path, entry):
			return fmt.Errorf("%s is a link to a folder, which is not followed: put the folder in its place",
				filepath.Join(folder, path))
		case !entry.IsDir() && slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path))):
			paths = append(paths, filepath.Join(folder, path))
		}
		return nil
	})
}

var pictureEndings = []string{".png", ".jpg", ".jpeg", ".gif"}
