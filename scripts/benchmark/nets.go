package main

import (
	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// recipes are the networks that are measured. torch_nets.py has them by the same names.
var recipes = map[string]struct {
	new       func() *d2l.Net
	side      int // Height and width of the images.
	optimizer d2l.Optimizer
}{
	"lenet":     {lenet.New, 28, d2l.SGD(lr)},
	"lenet_max": {lenetMax, 28, d2l.SGD(0.5)},
	"improved":  {lenet.Improved, 28, lenet.ImprovedOptimizer(1 << 20)},
	"mlp":       {mlp, 28, d2l.SGD(0.1)},
	"resnet":    {resNet, 28, d2l.SGD(0.2)},
	"vgg":       {vgg, 28, d2l.SGD(0.05)},
	"hourglass": {hourglass, 28, d2l.SGD(0.1)},
	"gru":       {func() *d2l.Net { return rowByRow(d2l.GRU{HiddenSize: 256}) }, 28, d2l.SGD(0.1)},
	"lstm":      {func() *d2l.Net { return rowByRow(d2l.LSTM{HiddenSize: 256}) }, 28, d2l.SGD(0.1)},
	"alexnet":   {alexNet, 224, d2l.SGD(0.01)},
	"resnet18":  {resNet18, 96, d2l.SGD(0.05)},
}

// lenetMax is the book's LeNet with maximum pooling.
func lenetMax() *d2l.Net {
	pool := d2l.MaxPool2D{PoolSize: 2, Strides: 2}
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.Sigmoid}, pool,
		d2l.Conv2D{Channels: 16, KernelSize: 5, Activation: d2l.Sigmoid}, pool,
		d2l.Dense{Units: 120, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 84, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 10},
	})
}

func mlp() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}})
}

// rowByRow is a net that reads an image as a sequence of its rows, and classifies it by the last output.
func rowByRow(layer d2l.Layer) *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		step{"rows", func(x *graph.Node) *graph.Node { return graph.Squeeze(x, 1) }}, layer,
		step{"last", func(x *graph.Node) *graph.Node {
			return graph.Squeeze(graph.SliceAxis(x, 1, graph.AxisElem(-1)), 1)
		}}, d2l.Dense{Units: 10},
	})
}

// step is a function that is a layer.
type step struct {
	kind    string
	forward func(x *graph.Node) *graph.Node
}

func (s step) Kind() string { return s.kind }

func (s step) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return s.forward(x) }

// resNet is a residual network after the book's, small enough for a CPU.
func resNet() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 8, KernelSize: 5, Padding: 2, Strides: 2}, d2l.BatchNorm{}, d2l.ReLU,
		residual{8, 1}, residual{16, 2}, d2l.GlobalAvgPool2D{}, d2l.Dense{Units: 10},
	})
}

// vgg is a net of the book's VGG blocks.
func vgg() *d2l.Net {
	var layers d2l.Sequential
	for _, block := range []struct{ convolutions, channels int }{{2, 64}, {2, 128}, {1, 256}} {
		for range block.convolutions {
			layers = append(layers, d2l.Conv2D{Channels: block.channels, KernelSize: 3, Padding: 1, Activation: d2l.ReLU})
		}
		layers = append(layers, d2l.MaxPool2D{PoolSize: 2, Strides: 2})
	}
	return d2l.NewNet(append(layers, d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}))
}

// hourglass makes images smaller, and larger again by transposed convolutions.
func hourglass() *d2l.Net {
	smaller := func(channels int) d2l.Layer {
		return d2l.Conv2D{Channels: channels, KernelSize: 4, Padding: 1, Strides: 2, Activation: d2l.ReLU}
	}
	larger := func(channels int) d2l.Layer {
		return d2l.Conv2DTranspose{Channels: channels, KernelSize: 4, Padding: 1, Strides: 2, Activation: d2l.ReLU}
	}
	return d2l.NewNet(d2l.Sequential{
		smaller(64), smaller(128), larger(64), larger(32), d2l.AvgPool2D{PoolSize: 4, Strides: 4}, d2l.Dense{Units: 10},
	})
}

// alexNet is the book's AlexNet for grey images of 224 × 224.
func alexNet() *d2l.Net {
	pool := d2l.MaxPool2D{PoolSize: 3, Strides: 2}
	conv := func(channels, kernel, padding, strides int) d2l.Layer {
		return d2l.Conv2D{
			Channels: channels, KernelSize: kernel, Padding: padding, Strides: strides, Activation: d2l.ReLU,
		}
	}
	wide, half := d2l.Dense{Units: 4096, Activation: d2l.ReLU}, d2l.Dropout{Rate: 0.5}
	return d2l.NewNet(d2l.Sequential{
		conv(96, 11, 0, 4), pool, conv(256, 5, 2, 1), pool,
		conv(384, 3, 1, 1), conv(384, 3, 1, 1), conv(256, 3, 1, 1), pool,
		wide, half, wide, half, d2l.Dense{Units: 10},
	})
}

// resNet18 is the book's ResNet-18 for grey images.
func resNet18() *d2l.Net {
	layers := d2l.Sequential{
		d2l.Conv2D{Channels: 64, KernelSize: 7, Padding: 3, Strides: 2}, d2l.BatchNorm{}, d2l.ReLU,
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
		residual{64, 1}, residual{64, 1},
	}
	for _, channels := range []int{128, 256, 512} {
		layers = append(layers, residual{channels, 2}, residual{channels, 1})
	}
	return d2l.NewNet(append(layers, d2l.GlobalAvgPool2D{}, d2l.Dense{Units: 10}))
}

// residual is a block of ResNet. With strides its input is made to fit its output by a convolution.
type residual struct{ channels, strides int }

func (r residual) Kind() string { return "residual" }

func (r residual) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	y := d2l.Sequential{
		d2l.Conv2D{Channels: r.channels, KernelSize: 3, Padding: 1, Strides: r.strides}, d2l.BatchNorm{}, d2l.ReLU,
		d2l.Conv2D{Channels: r.channels, KernelSize: 3, Padding: 1}, d2l.BatchNorm{},
	}.Forward(scope.In("main"), x)
	if r.strides > 1 {
		x = d2l.Conv2D{Channels: r.channels, KernelSize: 1, Strides: r.strides}.Forward(scope.In("shortcut"), x)
	}
	return d2l.ReLU.Forward(scope, graph.Add(y, x))
}
