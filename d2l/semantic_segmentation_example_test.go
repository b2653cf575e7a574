package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// square is a picture with a red or green square on grey ground, and the picture with its label, 1 or 2.
func square(random *rand.Rand, side, label int) (feature, labels image.Image) {
	left, top, size := random.IntN(side/2), random.IntN(side/2), side/4+random.IntN(side/4)
	mask := paint(side, side, func(x, y int) color.Color {
		if x < left || y < top || x >= left+size || y >= top+size {
			return d2l.VOCColormap[0]
		}
		return d2l.VOCColormap[label]
	})
	return paint(side, side, func(x, y int) color.Color {
		ground, noise := color.RGBA{90, 90, 90, 255}, uint8(random.IntN(60))
		if mask.At(x, y) != d2l.VOCColormap[0] {
			ground = []color.RGBA{{190, 0, 0, 255}, {0, 190, 0, 255}}[label-1]
		}
		return color.RGBA{ground.R + noise, ground.G + noise, ground.B + noise, 255}
	}), mask
}

// writeSquares makes up pictures of squares in a folder like Pascal VOC2012's, of which "aeroplanes" are red and
// "bicycles" green.
func writeSquares(train, val, side int) (dir string) {
	dir = d2l.Must(os.MkdirTemp("", "VOC2012"))
	write := func(content func(file *os.File) error, path ...string) {
		name := filepath.Join(dir, filepath.Join(path...))
		d2l.Check(os.MkdirAll(filepath.Dir(name), 0o777))
		file := d2l.Must(os.Create(name))
		d2l.Check(content(file))
		d2l.Check(file.Close())
	}
	random := rand.New(rand.NewPCG(1, 0))
	for list, n := range []int{train, val} {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("%d_%06d", 2007+list, i))
			feature, label := square(random, side, 1+i%2)
			write(func(f *os.File) error { return jpeg.Encode(f, feature, nil) }, "JPEGImages", names[i]+".jpg")
			write(func(f *os.File) error { return png.Encode(f, label) }, "SegmentationClass", names[i]+".png")
		}
		text := strings.Join(names, "\n")
		write(func(f *os.File) error { _, err := f.WriteString(text); return err }, "ImageSets", "Segmentation",
			[]string{"train.txt", "val.txt"}[list])
	}
	return dir
}

// The book's section "Semantic Segmentation and the Dataset", on made-up pictures. The folder of the book's is
// d2l.Must(d2l.DownloadExtract("voc2012", "VOCdevkit/VOC2012")), and without one LoadDataVOC downloads it.
func ExampleLoadDataVOC() {
	d2l.Seed(1)
	dir := writeSquares(20, 10, 40)
	defer os.RemoveAll(dir)
	features, labels, err := d2l.ReadVOCImages(dir, true)
	d2l.Check(err)
	const n = 5
	d2l.Must(d2l.ShowImages(append(features[:n:n], labels[:n]...), 2, n, nil, 0))
	y := d2l.Must(d2l.VOCLabelIndices(labels[0])).Value().([][]int32)
	for _, row := range y[0:3] {
		fmt.Println(row[:20], d2l.VOCClasses[1])
	}
	var crops [2][]image.Image
	for range n {
		feature, label := d2l.VOCRandCrop(features[0], labels[0], 20, 30)
		crops[0], crops[1] = append(crops[0], feature), append(crops[1], label)
	}
	d2l.Must(d2l.ShowImages(append(crops[0], crops[1]...), 2, n, nil, 0))
	trainIter, testIter, err := d2l.LoadDataVOC(8, [2]int{20, 30}, dir)
	d2l.Check(err)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Labels[0]))
	}
	fmt.Println("batches for testing:", testIter.Len())
	// Output:
	// [0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0] aeroplane
	// [0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1] aeroplane
	// [0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1] aeroplane
	// read 20 examples
	// read 10 examples
	// (8, 3, 20, 30) (8, 20, 30)
	// (8, 3, 20, 30) (8, 20, 30)
	// (4, 3, 20, 30) (4, 20, 30)
	// batches for testing: 2
}
