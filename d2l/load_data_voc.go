package d2l

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// LoadDataVOC returns the batches of Pascal VOC2012 for semantic segmentation, for training and for testing. It is
// downloaded as DownloadExtract does, about 2 GB, unless vocDir names a folder in the layout of ReadVOCImages. The
// inputs X are float32 (batch, 3, height, width) with values in [0, 1], and the labels y int32 (batch, height, width):
// the class of each pixel, as VOCLabelIndices has it. With the book's numbers:
//
//	trainIter, testIter, err := d2l.LoadDataVOC(64, [2]int{320, 480})
//
// Each picture is cut by VOCRandCrop to cropSize, a height and a width, whenever it is in a batch, also for testing.
// As in the book, pictures that are smaller are left out, and a line for each of the two says how many are used. They
// are read when their batch is. Those for training are shuffled in each epoch, as Seed has it. The last batch may be
// smaller than the others, where the book leaves it out. The book also standardizes X, which a first layer Normalize
// does here:
//
//	d2l.Normalize{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
//
// Errors are those of DownloadExtract and ReadVOCImages, a list of which all pictures are smaller, and, for the loop,
// a file that cannot be read and a colour that is no class. It panics unless all numbers are positive, and on more
// than one folder.
//
// Book: load_data_voc, section "Semantic Segmentation and the Dataset".
func LoadDataVOC(batchSize int, cropSize [2]int, vocDir ...string) (trainIter, testIter DataIter, err error) {
	requireBatchSize("LoadDataVOC", batchSize)
	requireSize("LoadDataVOC", cropSize[1], cropSize[0])
	dir, err := givenFolder("LoadDataVOC", vocDir, "voc2012", filepath.Join("VOCdevkit", "VOC2012"))
	if err != nil {
		return nil, nil, err
	}
	trainIter, trainRead, err := loadVOC(dir, true, batchSize, cropSize)
	if err != nil {
		return nil, nil, err
	}
	testIter, testRead, err := loadVOC(dir, false, batchSize, cropSize)
	if err != nil {
		return nil, nil, err
	}
	fmt.Printf("%s\n%s\n", trainRead, testRead)
	return trainIter, testIter, nil
}

// loadVOC returns the batches for training or for testing, and what it says of them.
func loadVOC(dir string, isTrain bool, batchSize int, cropSize [2]int) (_ DataIter, read string, err error) {
	height, width := cropSize[0], cropSize[1]
	all, err := vocPairs(dir, isTrain)
	if err != nil {
		return nil, "", err
	}
	fits := func(size image.Point) bool { return size.Y >= height && size.X >= width }
	var pairs []vocPair
	for _, pair := range all {
		size, err := pair.size()
		if err != nil {
			return nil, "", err
		}
		if fits(size) {
			pairs = append(pairs, pair)
		}
	}
	read = fmt.Sprintf("read %d examples", len(pairs))
	if n := len(all) - len(pairs); n == len(all) {
		return nil, "", fmt.Errorf("%s and all after it, %d in all, are smaller than %d × %d pixels: give a smaller part "+
			"to cut out", all[0].feature, n, width, height)
	} else if n > 0 {
		read += fmt.Sprintf(", left out %d that are smaller than %d × %d", n, width, height)
	}
	return &exampleIter{name: dir, n: len(pairs), batchSize: batchSize, shuffle: isTrain,
		batch: func(examples []int) (train.Batch, error) {
			var pictures []image.Image
			var y []int32
			for _, i := range examples {
				feature, label, err := pairs[i].read()
				if err == nil && !fits(feature.Bounds().Size()) {
					err = errors.New(pairs[i].feature + " has become smaller: load the data again")
				}
				if err != nil {
					return train.Batch{}, err
				}
				feature, label = VOCRandCrop(feature, label, height, width)
				indices, err := vocIndices(label)
				if err != nil {
					return train.Batch{}, fmt.Errorf("%s: %w", pairs[i].label, err)
				}
				pictures, y = append(pictures, feature), append(y, indices...)
			}
			return train.Batch{Inputs: []*tensors.Tensor{ToTensor(pictures...)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, len(examples), height, width)}}, nil
		}}, read, nil
}

// size returns the size of the two pictures, without decoding them.
func (p vocPair) size() (image.Point, error) {
	feature, err := imageSize(p.feature)
	if err == nil {
		var label image.Point
		if label, err = imageSize(p.label); err == nil {
			err = p.agree(feature, label)
		}
	}
	if err != nil {
		return image.Point{}, fmt.Errorf("%s: %w", p.place, err)
	}
	return feature, nil
}

// imageSize returns the size of a picture in a file.
func imageSize(path string) (image.Point, error) {
	file, err := files.Open(path)
	if err != nil {
		return image.Point{}, fmt.Errorf("reading a picture: %w", err)
	}
	defer file.Close()
	config, _, err := image.DecodeConfig(file)
	if err != nil {
		return image.Point{}, fmt.Errorf("reading the picture %s: %w: give a PNG, JPEG or GIF file", path, err)
	}
	return image.Pt(config.Width, config.Height), nil
}
