package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
)

// redBlue is a picture whose left half is red, and its right half blue.
func redBlue(width, height int) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, color.RGBA{R: 0xff, A: 0xff})
			if x >= width/2 {
				picture.Set(x, y, color.RGBA{B: 0xff, A: 0xff})
			}
		}
	}
	return picture
}

// The book's transforms for training: flips, crops and colours, another picture each time.
func ExampleCompose() {
	d2l.Seed(1)
	augs := d2l.Compose(
		d2l.RandomFlipLeftRight(),
		d2l.RandomColorJitter(0.5, 0.5, 0.5, 0.5),
		d2l.RandomResizedCrop(20, 20, [2]float64{0.1, 1}, [2]float64{0.5, 2}),
	)
	var pictures []image.Image
	for range 8 {
		pictures = append(pictures, augs(redBlue(40, 30)))
	}
	d2l.Must(d2l.ShowImages(pictures, 2, 4, nil, 0))
	fmt.Println(d2l.ShapeOf(d2l.ToTensor(pictures...)))
	// Output: (8, 3, 20, 20)
}

// The book's training with augmented images, here of few of Fashion-MNIST and with a small net: in training each image
// is flipped or not, in the test it stays as it is. The book's net is the ResNet-18 of Example_multipleGPUs, its optimizer
// d2l.Adam(0.001).
//
// This prints, for example,
//
//	loss 0.751, train acc 0.731, test acc 0.732
//	910.9 examples/sec on cpu(0)
func ExampleTrainCh13_augmentation() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	load := func(data d2l.DataIter, isTrain bool, augs d2l.Transform) d2l.DataIter {
		var pictures []image.Image
		var labels []int32
		for batch, err := range d2l.FirstBatches(data, 8).Iter() {
			d2l.Check(err)
			pictures = append(pictures, d2l.Must(d2l.Images(batch.Inputs[0]))...)
			labels = append(labels, d2l.Values[int32](batch.Labels[0])...)
		}
		return d2l.LoadImages(pictures, labels, 128, isTrain, augs)
	}
	trainAugs := load(trainIter, true, d2l.RandomFlipLeftRight())
	net := d2l.NewNet(mlp)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	loss, opt := d2l.SoftmaxCrossEntropyLoss{}, d2l.Adam(0.001)
	d2l.Must(d2l.TrainCh13(net, trainAugs, load(testIter, false, nil), loss, opt, 2, d2l.TryGPU(0)))
}

// A Transform is any function of a picture.
func ExampleTransform() {
	var gray d2l.Transform = func(picture image.Image) image.Image {
		result := image.NewGray(picture.Bounds())
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				result.Set(x, y, picture.At(x, y))
			}
		}
		return result
	}
	fmt.Println(d2l.ShapeOf(d2l.ToTensor(gray(redBlue(4, 2)))))
	// Output: (1, 1, 2, 4)
}

func ExampleResize() {
	fmt.Println(d2l.Resize(6, 3)(redBlue(40, 30)).Bounds())
	// Output: (0,0)-(6,3)
}

func ExampleCenterCrop() {
	fmt.Println(d2l.CenterCrop(2, 1)(redBlue(40, 30)).At(1, 0))
	// Output: {0 0 255 255}
}

func ExampleRandomFlipLeftRight() {
	d2l.Seed(1)
	seen := map[color.Color]bool{}
	for range 20 {
		seen[d2l.RandomFlipLeftRight()(redBlue(4, 2)).At(0, 0)] = true
	}
	fmt.Println(len(seen), "colours in the upper left corner")
	// Output: 2 colours in the upper left corner
}

func ExampleRandomFlipTopBottom() {
	fmt.Println(d2l.RandomFlipTopBottom()(redBlue(4, 2)).At(0, 0))
	// Output: {255 0 0 255}
}

func ExampleRandomResizedCrop() {
	crop := d2l.RandomResizedCrop(8, 8, [2]float64{0.1, 1}, [2]float64{0.5, 2})
	fmt.Println(crop(redBlue(40, 30)).Bounds())
	// Output: (0,0)-(8,8)
}

// Without any change of brightness, contrast, saturation and hue, a picture stays.
func ExampleRandomColorJitter() {
	fmt.Println(d2l.RandomColorJitter(0, 0, 0, 0)(redBlue(4, 2)).At(0, 0))
	// Output: {255 0 0 255}
}

func ExampleToTensor() {
	X := d2l.ToTensor(redBlue(4, 1))
	fmt.Println(X.Value())
	fmt.Println(d2l.Must(d2l.Images(X))[0].At(3, 0))
	// Output:
	// [[[[1 1 0 0]] [[0 0 0 0]] [[0 0 1 1]]]]
	// {0 0 255 255}
}

func ExampleLoadImages() {
	pictures, labels := []image.Image{redBlue(40, 30), redBlue(20, 20), redBlue(10, 10)}, []int32{0, 1, 1}
	for batch, err := range d2l.LoadImages(pictures, labels, 2, true, d2l.Resize(8, 8)).Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Labels[0]))
	}
	// Output:
	// (2, 3, 8, 8) (2,)
	// (1, 3, 8, 8) (1,)
}

// A folder with a subfolder for each class.
func ExampleLoadImageFolder() {
	dir := d2l.Must(os.MkdirTemp("", "pictures"))
	defer os.RemoveAll(dir)
	for _, name := range []string{"hotdog/1.png", "not-hotdog/1.png", "not-hotdog/2.png"} {
		d2l.Check(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777))
		file := d2l.Must(os.Create(filepath.Join(dir, name)))
		d2l.Check(png.Encode(file, redBlue(12, 8)))
		d2l.Check(file.Close())
	}
	data, classes, err := d2l.LoadImageFolder(dir, 128, false, d2l.CenterCrop(8, 8))
	d2l.Check(err)
	fmt.Println(classes)
	for batch, err := range data.Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.Values[int32](batch.Labels[0]))
	}
	fmt.Println(d2l.Must(d2l.ReadImage(filepath.Join(dir, "hotdog/1.png"))).Bounds())
	// Output:
	// [hotdog not-hotdog]
	// (3, 3, 8, 8) [0 1 1]
	// (0,0)-(12,8)
}

func ExampleReadImage() {
	_, err := d2l.ReadImage("no-such-picture.png")
	fmt.Println(err)
	// Output: reading a picture: stat no-such-picture.png: no such file or directory
}
