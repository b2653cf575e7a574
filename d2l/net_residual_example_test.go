package d2l_test

import (
	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// residualBlock is the book's Residual: two convolutions with batch normalization,
// to whose output the block's input is added. With Strides, or if Channels are others
// than the input's, UseConv makes the input fit by a convolution of 1 × 1.
type residualBlock struct {
	Channels int
	Strides  int
	UseConv  bool
}

func (r residualBlock) Kind() string { return "residual" }

func (r residualBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	y := d2l.Sequential{
		d2l.Conv2D{Channels: r.Channels, KernelSize: 3, Padding: 1, Strides: r.Strides},
		d2l.BatchNorm{}, d2l.ReLU,
		d2l.Conv2D{Channels: r.Channels, KernelSize: 3, Padding: 1},
		d2l.BatchNorm{},
	}.Forward(scope.In("main"), x)
	if r.UseConv {
		x = d2l.Conv2D{Channels: r.Channels, KernelSize: 1, Strides: r.Strides}.Forward(scope.In("shortcut"), x)
	}
	return d2l.ReLU.Forward(scope, graph.Add(y, x))
}

// smallResNet is a residual network after the book's, small enough for a CPU.
func smallResNet() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 8, KernelSize: 5, Padding: 2, Strides: 2},
		d2l.BatchNorm{}, d2l.ReLU,
		residualBlock{Channels: 8},
		residualBlock{Channels: 16, Strides: 2, UseConv: true},
		d2l.GlobalAvgPool2D{},
		d2l.Dense{Units: 10},
	})
}

// A net that is not a sequence: a block is a layer of your own. The book's ResNet
// has eight of them, on images of 96 × 96.
//
// This prints, for example,
//
//	loss 1.161, train acc 0.588, test acc 0.684
//	5460.6 examples/sec on cpu(0)
func ExampleTrainCh5_residual() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(64)
	trainIter, testIter = d2l.FirstBatches(trainIter, 150), d2l.FirstBatches(testIter, 32)
	d2l.Must(d2l.TrainCh5(smallResNet(), trainIter, testIter, 1, 0.2, d2l.TryGPU(0)))
}
