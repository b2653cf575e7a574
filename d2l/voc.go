package d2l

import (
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/image/draw"
)

// VOCColormap has the colours that the classes have in label pictures of Pascal VOC2012, in the order of VOCClasses.
// For data of your own in the same folders, set both to yours.
//
// Book: VOC_COLORMAP, section "Semantic Segmentation and the Dataset".
var VOCColormap = []color.RGBA{
	{0, 0, 0, 255}, {128, 0, 0, 255}, {0, 128, 0, 255}, {128, 128, 0, 255}, {0, 0, 128, 255}, {128, 0, 128, 255},
	{0, 128, 128, 255}, {128, 128, 128, 255}, {64, 0, 0, 255}, {192, 0, 0, 255}, {64, 128, 0, 255}, {192, 128, 0, 255},
	{64, 0, 128, 255}, {192, 0, 128, 255}, {64, 128, 128, 255}, {192, 128, 128, 255}, {0, 64, 0, 255}, {128, 64, 0, 255},
	{0, 192, 0, 255}, {128, 192, 0, 255}, {0, 64, 128, 255},
}

// VOCClasses has the names of the classes of Pascal VOC2012.
//
// Book: VOC_CLASSES, section "Semantic Segmentation and the Dataset".
var VOCClasses = []string{
	"background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
	"dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv/monitor",
}

// vocBorder is the colour between objects in label pictures. It has no class of its own.
var vocBorder = color.RGBA{224, 224, 192, 255}

// VOCLabelIndices returns the class of each pixel of a label picture, int32 (height, width): the index of its colour
// in VOCColormap. The light colour of borders, (224, 224, 192), is background, 0, as in the book. How transparent a
// pixel is does not count; one that was never drawn is black. Any other colour is
// an error that names the pixel, where the book takes it for background, too: it is what scaling and JPEG make of
// label pictures. It panics on a picture without pixels.
//
// Book: voc_label_indices, section "Semantic Segmentation and the Dataset".
func VOCLabelIndices(label image.Image) (*tensors.Tensor, error) {
	b := label.Bounds()
	if b.Empty() {
		panic("d2l: VOCLabelIndices needs a picture with pixels")
	}
	indices, err := vocIndices(label)
	if err != nil {
		return nil, err
	}
	return tensors.FromFlatDataAndDimensions(indices, b.Dy(), b.Dx()), nil
}

func vocIndices(label image.Image) ([]int32, error) {
	classes := map[color.RGBA]int32{vocBorder: 0}
	for i, c := range VOCColormap {
		classes[color.RGBA{c.R, c.G, c.B, 255}] = int32(i)
	}
	classOf := func(c color.Color) int32 {
		opaque := color.NRGBAModel.Convert(c).(color.NRGBA) // Without how transparent it is.
		if class, ok := classes[color.RGBA{opaque.R, opaque.G, opaque.B, 255}]; ok {
			return class
		}
		return -1
	}
	classAt := func(x, y int) int32 { return classOf(label.At(x, y)) }
	if p, ok := label.(*image.Paletted); ok { // As the data set's are: one look for each colour will do.
		of := make([]int32, len(p.Palette))
		for i, c := range p.Palette {
			of[i] = classOf(c)
		}
		classAt = func(x, y int) int32 { return of[p.ColorIndexAt(x, y)] }
	}
	b := label.Bounds()
	indices := make([]int32, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			class := classAt(x, y)
			if class < 0 {
				c := color.NRGBAModel.Convert(label.At(x, y)).(color.NRGBA)
				const message = "the pixel in row %d, column %d of a label picture has the colour (%d, %d, %d), which no " +
					"class in VOCColormap has: give a picture that is neither scaled nor a JPEG"
				return nil, fmt.Errorf(message, y-b.Min.Y, x-b.Min.X, c.R, c.G, c.B)
			}
			indices = append(indices, class)
		}
	}
	return indices, nil
}

// VOCRandCrop cuts the same part, of the given height and width, out of a picture and its label picture, at a random
// place, as Seed has it. It panics unless both pictures have one size, and at least that of the part, which must be
// positive. Pixels are not copied where the type of the picture has the method SubImage.
//
// Book: voc_rand_crop, section "Semantic Segmentation and the Dataset".
func VOCRandCrop(feature, label image.Image, height, width int) (croppedFeature, croppedLabel image.Image) {
	requireSize("VOCRandCrop", width, height)
	size := feature.Bounds().Size()
	if other := label.Bounds().Size(); other != size || size.Y < height || size.X < width {
		panic(fmt.Sprintf("d2l: VOCRandCrop needs two pictures of one size, and of at least %d × %d pixels, got %d × %d "+
			"and %d × %d", width, height, size.X, size.Y, other.X, other.Y))
	}
	random := newRand()
	corner := image.Pt(random.IntN(size.X-width+1), random.IntN(size.Y-height+1))
	return cutOut(feature, corner, width, height), cutOut(label, corner, width, height)
}

// cutOut returns a part of a picture. The corner is counted from that of the picture.
func cutOut(picture image.Image, corner image.Point, width, height int) image.Image {
	corner = corner.Add(picture.Bounds().Min)
	part := image.Rectangle{corner, corner.Add(image.Pt(width, height))}
	if p, ok := picture.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		return p.SubImage(part)
	}
	to := newLike(picture, image.Rect(0, 0, width, height))
	draw.Draw(to, to.Bounds(), opaque(picture), part.Min, draw.Src)
	return to
}

// ReadVOCImages reads the pictures of Pascal VOC2012 for semantic segmentation, those for training or the others, from
// the folder that DownloadExtract("voc2012", "VOCdevkit/VOC2012") returns, and their label pictures: the colour of a
// pixel in labels[i] says to which class that of features[i] belongs. The names of the pictures are in the file
// ImageSets/Segmentation/train.txt or val.txt, with white space between them. A name has a picture in JPEGImages,
// .jpg, and one in SegmentationClass, .png. ReadImage reads them, and what is grey becomes red, green and blue. All
// are in memory then: of the book's data set, more than a gigabyte.
//
// A file that is missing or damaged is an error, and so are a list without a name, a name that is none of a file in
// these folders, and two pictures of different sizes. The error says which line of the list names the picture.
//
// Book: read_voc_images, section "Semantic Segmentation and the Dataset".
func ReadVOCImages(vocDir string, isTrain bool) (features, labels []image.Image, err error) {
	pairs, err := vocPairs(vocDir, isTrain)
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range pairs {
		feature, label, err := pair.read()
		if err != nil {
			return nil, nil, err
		}
		features, labels = append(features, feature), append(labels, label)
	}
	return features, labels, nil
}

// A vocPair is a picture and its label picture, in files.
type vocPair struct{ place, feature, label string } // The place has the name: a line of a file.

// vocPairs returns the pictures that the list for training has, or the other one.
func vocPairs(vocDir string, isTrain bool) (pairs []vocPair, err error) {
	list := filepath.Join(vocDir, "ImageSets", "Segmentation", "val.txt")
	if isTrain {
		list = filepath.Join(filepath.Dir(list), "train.txt")
	}
	text, err := readText(list)
	if err != nil {
		return nil, fmt.Errorf("reading the names of pictures: %w; give the folder VOC2012, which has the folders "+
			"ImageSets, JPEGImages and SegmentationClass", err)
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, name := range strings.Fields(line) {
			place := fmt.Sprintf("%s, line %d", list, number)
			if !filepath.IsLocal(name) || filepath.Base(name) != name {
				return nil, fmt.Errorf("%s: %.60q is no name of a picture: give that of a file in JPEGImages, without .jpg",
					place, name)
			}
			pairs = append(pairs, vocPair{place, filepath.Join(vocDir, "JPEGImages", name+".jpg"),
				filepath.Join(vocDir, "SegmentationClass", name+".png")})
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("there is no name of a picture in %s: give one in each line, without .jpg", list)
	}
	return pairs, nil
}

// read returns the two pictures.
func (p vocPair) read() (feature, label image.Image, err error) {
	feature, err = inColour(ReadImage(p.feature))
	if err == nil {
		if label, err = inColour(ReadImage(p.label)); err == nil {
			err = p.agree(feature.Bounds().Size(), label.Bounds().Size())
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", p.place, err)
	}
	return feature, label, nil
}

func (p vocPair) agree(feature, label image.Point) error {
	if feature != label {
		return fmt.Errorf("%s has %d × %d pixels, and %s %d × %d: give a label picture of the same size", p.feature,
			feature.X, feature.Y, p.label, label.X, label.Y)
	}
	return nil
}
