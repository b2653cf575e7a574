package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The third stage of the book's GoogLeNet: 64 + 128 + 32 + 32 channels, then 128 + 192 + 96 + 64.
func ExampleBranches() {
	net := d2l.NewNet(d2l.Sequential{
		inception(64, [2]int{96, 128}, [2]int{16, 32}, 32),
		inception(128, [2]int{128, 192}, [2]int{32, 96}, 64),
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
	})
	for _, layer := range d2l.Must(net.Shapes(192, 12, 12)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// branches0 (1, 256, 12, 12)
	// branches1 (1, 480, 12, 12)
	// pool0 (1, 480, 6, 6)
}

// A dense block of the book's DenseNet: each convolution gets all channels before it, and adds 10.
func ExampleBranches_denseBlock() {
	block := d2l.Sequential{}
	for range 2 {
		block = append(block, d2l.Branches{
			d2l.Sequential{}, // The input itself.
			d2l.Sequential{d2l.BatchNorm{}, d2l.ReLU, d2l.Conv2D{Channels: 10, KernelSize: 3, Padding: 1}},
		})
	}
	fmt.Println(d2l.Must(d2l.NewNet(block).Shapes(3, 8, 8))[1].Shape)
	// Output: (1, 23, 8, 8)
}

// residual is the book's Residual block. With strides, or if the channels change, a convolution of 1 × 1 makes
// the input fit.
func residual(channels, strides int, useConv bool) d2l.Layer {
	block := d2l.Residual{Body: d2l.Sequential{
		d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1, Strides: strides},
		d2l.BatchNorm{}, d2l.ReLU,
		d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1},
		d2l.BatchNorm{},
	}}
	if useConv {
		block.Shortcut = d2l.Conv2D{Channels: channels, KernelSize: 1, Strides: strides}
	}
	return d2l.Sequential{block, d2l.ReLU}
}

// The book's ResNet-18, with the shapes that it prints.
func ExampleResidual() {
	stage := func(channels int, first bool) (blocks d2l.Sequential) {
		if first {
			return d2l.Sequential{residual(channels, 1, false), residual(channels, 1, false)}
		}
		return d2l.Sequential{residual(channels, 2, true), residual(channels, 1, false)}
	}
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 64, KernelSize: 7, Strides: 2, Padding: 3}, d2l.BatchNorm{}, d2l.ReLU,
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
		stage(64, true), stage(128, false), stage(256, false), stage(512, false),
		d2l.GlobalAvgPool2D{}, d2l.Dense{Units: 10},
	})
	for _, layer := range d2l.Must(net.Shapes(1, 224, 224)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// conv0 (1, 64, 112, 112)
	// batchnorm0 (1, 64, 112, 112)
	// relu0 (1, 64, 112, 112)
	// pool0 (1, 64, 56, 56)
	// sequential0 (1, 64, 56, 56)
	// sequential1 (1, 128, 28, 28)
	// sequential2 (1, 256, 14, 14)
	// sequential3 (1, 512, 7, 7)
	// pool1 (1, 512, 1, 1)
	// dense0 (1, 10)
}
