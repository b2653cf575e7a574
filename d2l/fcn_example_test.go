package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"os"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// matrix returns zeros in rows.
func matrix(rows, columns int) [][]float32 {
	m := make([][]float32, rows)
	for i := range m {
		m[i] = make([]float32, columns)
	}
	return m
}

func transConv(X, K [][]float32) [][]float32 {
	Y := matrix(len(X)+len(K)-1, len(X[0])+len(K[0])-1)
	for i, row := range X {
		for j, x := range row {
			for a, kernel := range K {
				for b, k := range kernel {
					Y[i+a][j+b] += x * k
				}
			}
		}
	}
	return Y
}

// outputOf returns the output for X of a transposed convolution with the given weights, (height, width, out, in).
func outputOf(layer d2l.Conv2DTranspose, weight, X *d2l.Tensor) *d2l.Tensor {
	layer.NoBias = true
	net := d2l.NewNet(layer)
	forward(net, X) // Draws weights, which are replaced.
	d2l.Check(net.SetParameter("weight", weight))
	return d2l.Must(net.Forward(X))
}

// The book's section "Transposed Convolution".
func ExampleConv2DTranspose_scratch() {
	K := [][]float32{{0, 1}, {2, 3}}
	fmt.Println(transConv(K, K))
	X, weight := d2l.NewTensor([]float32{0, 1, 2, 3}, 1, 1, 2, 2), d2l.NewTensor([]float32{0, 1, 2, 3}, 2, 2, 1, 1)
	for _, layer := range []d2l.Conv2DTranspose{{}, {Padding: 1}, {Strides: 2}} {
		layer.Channels, layer.KernelSize = 1, 2
		fmt.Println(outputOf(layer, weight, X).Value())
	}
	printShapes(d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 20, KernelSize: 5, Padding: 2, Strides: 3},
		d2l.Conv2DTranspose{Channels: 10, KernelSize: 5, Padding: 2, Strides: 3},
	}), 10, 16, 16)

	K = [][]float32{{1, 2}, {3, 4}}
	W := matrix(4, 9) // The convolution is its product with the pixels.
	for i, start := range []int{0, 1, 3, 4} {
		copy(W[i][start:], []float32{K[0][0], K[0][1], 0, K[1][0], K[1][1]})
	}
	results := d2l.Must(d2l.CompileN(func(X, K, W *graph.Node) []*graph.Node {
		Y, flat := corr2d(X, K), graph.Reshape(X, -1)
		Z := graph.MatMul(graph.Transpose(W, 0, 1), graph.Reshape(Y, -1))
		return []*graph.Node{Y, graph.Reshape(graph.MatMul(W, flat), 2, 2), graph.Reshape(Z, 3, 3)}
	})([][]float32{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}, K, W))
	Y := results[0].Value().([][]float32)
	fmt.Println(Y, results[1].Equal(results[0]), results[2].Equal(d2l.NewTensor(transConv(Y, K))))
	// Output:
	// [[0 0 1] [0 4 6] [4 12 9]]
	// [[[[0 0 1] [0 4 6] [4 12 9]]]]
	// [[[[4]]]]
	// [[[[0 0 0 1] [0 0 2 3] [0 2 0 3] [4 6 6 9]]]]
	// conv0 output shape: (1, 20, 6, 6)
	// convtranspose0 output shape: (1, 10, 16, 16)
	// [[27 37] [57 67]] true true
}

// resNetFeatures is torchvision's ResNet-18 without its last two layers, or a net of fewer blocks like it.
func resNetFeatures(channels ...int) d2l.Sequential {
	net := d2l.Sequential{
		d2l.Conv2D{Channels: channels[0], KernelSize: 7, Strides: 2, Padding: 3, NoBias: true}, d2l.BatchNorm{}, d2l.ReLU,
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
	}
	for i, c := range channels {
		first := torchvisionBlock(c, 1+min(i, 1), i > 0, d2l.BatchNorm{})
		net = append(net, d2l.Sequential{first, torchvisionBlock(c, 1, false, d2l.BatchNorm{})})
	}
	return net
}

// bilinearKernel has the axes of the layer's weights: (height, width, out, in).
func bilinearKernel(channels, size int) *d2l.Tensor {
	factor := float64((size + 1) / 2)
	center, weight := factor-0.5-0.5*float64(size%2), make([]float32, size*size*channels*channels)
	for i := range size * size * channels {
		y, x, c := i/channels/size, i/channels%size, i%channels
		filt := (1 - math.Abs(float64(y)-center)/factor) * (1 - math.Abs(float64(x)-center)/factor)
		weight[i*channels+c] = float32(filt)
	}
	return d2l.NewTensor(weight, size, size, channels, channels)
}

// upsample turns features into scores of classes, of an image that is larger by a factor, which must be even.
func upsample(classes, factor int) d2l.Sequential {
	return d2l.Sequential{
		d2l.Conv2D{Channels: classes, KernelSize: 1},
		d2l.Conv2DTranspose{Channels: classes, KernelSize: 2 * factor, Padding: factor / 2, Strides: factor},
	}
}

// EachPixel turns (batch, classes, height, width) into (batch, height, width, classes), as losses and accuracies take
// them.
type EachPixel struct{}

func (EachPixel) Kind() string { return "eachpixel" }

func (EachPixel) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.TransposeAllAxes(x, 0, 2, 3, 1)
}

func label2Image(labels []int, width int) image.Image {
	return paint(width, len(labels)/width, func(x, y int) color.Color { return d2l.VOCColormap[labels[y*width+x]] })
}

// The book's section "Fully Convolutional Networks". The shapes are those of its net, with 21 classes. The net that is
// trained has fewer layers and begins with random parameters, where the book downloads pretrained ones, and the
// pictures of squares are made up.
func ExampleConv2DTranspose_fcn() {
	d2l.Seed(1)
	printShapes(d2l.NewNet(append(resNetFeatures(64, 128, 256, 512), upsample(21, 32)...)), 3, 320, 480)
	dir := writeSquares(256, 64, 32)
	defer os.RemoveAll(dir)
	trainIter, testIter, err := d2l.LoadDataVOC(32, [2]int{32, 32}, dir)
	d2l.Check(err)
	pictures, labels, err := d2l.ReadVOCImages(dir, false)
	d2l.Check(err)

	double := d2l.Conv2DTranspose{Channels: 3, KernelSize: 4, Padding: 1, Strides: 2}
	Y := outputOf(double, bilinearKernel(3, 4), d2l.ToTensor(pictures[0]))
	d2l.Must(d2l.ShowImages([]image.Image{pictures[0], d2l.Must(d2l.Images(Y))[0]}, 1, 2, nil, 0))
	fmt.Println("input and output image shape:", pictures[0].Bounds().Size(), d2l.ShapeOf(Y))

	net := d2l.NewNet(append(append(resNetFeatures(16), upsample(3, 4)...), EachPixel{}))
	forward(net, d2l.ToTensor(pictures[0]))
	d2l.Check(net.SetParameter("convtranspose0.weight", bilinearKernel(3, 8)))
	result := trainCh13(net, trainIter, testIter, d2l.SGD(0.5).WithWeightDecay(1e-3), 5)
	fmt.Println("pixels right, above 0.95:", result.TestAcc > 0.95)
	predictions, shown := d2l.Must(d2l.Predict(d2l.Must(net.Forward(d2l.ToTensor(pictures[:4]...))))), []image.Image(nil)
	for i, picture := range pictures[:4] {
		shown = append(shown, picture, label2Image(predictions[32*32*i:][:32*32], 32), labels[i])
	}
	d2l.Must(d2l.ShowImages(shown, 4, 3, nil, 0))
	// Output:
	// conv0 output shape: (1, 64, 160, 240)
	// batchnorm0 output shape: (1, 64, 160, 240)
	// relu0 output shape: (1, 64, 160, 240)
	// pool0 output shape: (1, 64, 80, 120)
	// sequential0 output shape: (1, 64, 80, 120)
	// sequential1 output shape: (1, 128, 40, 60)
	// sequential2 output shape: (1, 256, 20, 30)
	// sequential3 output shape: (1, 512, 10, 15)
	// conv1 output shape: (1, 21, 10, 15)
	// convtranspose0 output shape: (1, 21, 320, 480)
	// read 256 examples
	// read 64 examples
	// input and output image shape: (32,32) (1, 3, 64, 64)
	// pixels right, above 0.95: true
}
