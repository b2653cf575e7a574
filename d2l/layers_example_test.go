package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

func ExampleSequential() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 8, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 3, Strides: 2, Activation: d2l.Tanh},
		d2l.AvgPool2D{PoolSize: 3, Strides: 2, Padding: 1},
		d2l.Flatten{},
		d2l.Dense{Units: 32, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 10},
	})
	for _, layer := range d2l.Must(net.Shapes(3, 32, 32)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// conv0 (1, 8, 32, 32)
	// pool0 (1, 8, 16, 16)
	// conv1 (1, 16, 7, 7)
	// pool1 (1, 16, 4, 4)
	// flatten0 (1, 256)
	// dense0 (1, 32)
	// dense1 (1, 10)
}

func ExampleSequential_Named() {
	net := d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}
	for name, layer := range net.Named() {
		fmt.Println(name, "has", layer.(d2l.Dense).Units, "units")
	}
	// Output:
	// dense0 has 256 units
	// dense1 has 10 units
}

// With a window of 5 × 5 and two rows and columns of zeros on each side, images
// keep their height and width.
func ExampleConv2D() {
	net := d2l.NewNet(d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.Sigmoid})
	fmt.Println(d2l.Must(net.Shapes(1, 28, 28))[0].Shape)

	net = d2l.NewNet(d2l.Conv2D{Channels: 96, KernelSize: 11, Strides: 4, Activation: d2l.ReLU})
	fmt.Println(d2l.Must(net.Shapes(1, 224, 224))[0].Shape)
	// Output:
	// (1, 6, 28, 28)
	// (1, 96, 54, 54)
}

func ExampleAvgPool2D() {
	net := d2l.NewNet(d2l.AvgPool2D{PoolSize: 2, Strides: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][][][]float32{{{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}}})
	fmt.Println(d2l.Must(net.Forward(X)).Value())
	// Output: [[[[2 3] [5 6]]]]
}

func ExampleMaxPool2D() {
	net := d2l.NewNet(d2l.MaxPool2D{PoolSize: 2, Strides: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][][][]float32{{{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}}})
	fmt.Println(d2l.Must(net.Forward(X)).Value())
	// Output: [[[[4 5] [7 8]]]]
}

func ExampleFlatten() {
	net := d2l.NewNet(d2l.Flatten{})
	fmt.Println(d2l.Must(net.Shapes(16, 5, 5))[0].Shape)
	// Output: (1, 400)
}

// A multilayer perceptron. The last layer has no activation: the loss takes its
// output as logits.
func ExampleDense() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 256, Activation: d2l.ReLU},
		d2l.Dense{Units: 10},
	})
	for _, layer := range d2l.Must(net.Shapes(1, 28, 28)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// dense0 (1, 256)
	// dense1 (1, 10)
}

// Any of GoMLX's activations will do beside those that the book uses.
func ExampleActivation() {
	for _, a := range []d2l.Activation{d2l.Sigmoid, d2l.ReLU, d2l.Activation(activation.TypeLeakyRelu)} {
		fmt.Println(a)
	}
	// Output:
	// sigmoid
	// relu
	// leakyrelu
}

// In training the batch is normalized with its own mean and variance; afterwards
// the output for an example is the same in any batch.
func ExampleBatchNorm() {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Sequential{d2l.BatchNorm{}, d2l.Dense{Units: 2}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][]float32{{1, 10}, {2, 20}, {3, 30}})
	y := d2l.NewTensor([]int32{0, 1, 1})
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	_, _, err := trainer.Step(X, y)
	d2l.Check(err)
	for _, batch := range [][][]float32{{{1, 10}, {2, 20}, {3, 30}}, {{2, 20}}} {
		outputs := d2l.Must(net.Outputs(d2l.NewTensor(batch)))
		fmt.Printf("%s %v: %.3f\n", outputs[0].Name, outputs[0].Shape(), outputs[0].Value.Value())
	}
	// Output:
	// batchnorm0 (3, 2): [[-1.223 -1.231] [-0.004 0.022] [1.215 1.275]]
	// batchnorm0 (1, 2): [[-0.004 0.022]]
}

// Forward drops nothing; a training step does.
func ExampleDropout() {
	net := d2l.NewNet(d2l.Dropout{Rate: 0.5})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	fmt.Println(y.Value())
	// Output: [[1 2 3 4]]
}

// An activation is a layer where it does not follow Conv2D or Dense at once.
func ExampleActivation_layer() {
	net := d2l.NewNet(d2l.Sequential{d2l.ReLU, d2l.Tanh})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	outputs := d2l.Must(net.Outputs(d2l.NewTensor([][]float32{{-1, 0, 1}})))
	for _, layer := range outputs {
		fmt.Printf("%s: %.3f\n", layer.Name, layer.Value.Value())
	}
	// Output:
	// relu0: [[0.000 0.000 1.000]]
	// tanh0: [[0.000 0.000 0.762]]
}

func ExampleGlobalAvgPool2D() {
	net := d2l.NewNet(d2l.GlobalAvgPool2D{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(d2l.NewTensor([][][][]float32{{{{1, 2}, {3, 4}}, {{5, 5}, {5, 7}}}})))
	fmt.Println(d2l.ShapeOf(y), y.Value())
	// Output: (1, 2, 1, 1) [[[[2.5]] [[5.5]]]]
}

// The book's window of 3 × 5 with steps of 3 down and 4 to the right.
func ExampleConv2D_notSquare() {
	net := d2l.NewNet(d2l.Conv2D{
		Channels: 1, KernelHW: [2]int{3, 5}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{3, 4},
	})
	fmt.Println(d2l.Must(net.Shapes(1, 8, 8))[0].Shape)
	// Output: (1, 1, 2, 2)
}

// The book's edge detector: its kernel of 1 × 2 is 1 and −1.
func ExampleConv2D_edge() {
	net := d2l.NewNet(d2l.Conv2D{Channels: 1, KernelHW: [2]int{1, 2}, NoBias: true})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][][][]float32{{{{1, 1, 0, 0, 0, 0, 1, 1}}}})
	d2l.Must(net.Forward(X))
	d2l.Check(net.Parameters()[0].SetValue(d2l.NewTensor([]float32{1, -1}, 1, 2, 1, 1)))
	fmt.Println(d2l.Must(net.Forward(X)).Value())
	// Output: [[[[0 1 0 0 0 -1 0]]]]
}

func ExampleAvgPool2D_notSquare() {
	net := d2l.NewNet(d2l.AvgPool2D{PoolHW: [2]int{2, 3}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{2, 3}})
	fmt.Println(d2l.Must(net.Shapes(1, 4, 4))[0].Shape)
	// Output: (1, 1, 2, 2)
}

func ExampleLeakyReLU() {
	leaky := d2l.LeakyReLU{Alpha: 0.2}
	f := d2l.Compile(func(x *graph.Node) *graph.Node { return leaky.Forward(nil, x) })
	fmt.Println(leaky.Notation(), d2l.Must(f([]float32{-1, 0, 1})).Value())
	// Output: LeakyReLU (0.2) [-0.2 0 1]
}

// A transposed convolution with the shape of a convolution backwards.
func ExampleConv2DTranspose() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 20, KernelSize: 5, Padding: 2, Strides: 3},
		d2l.Conv2DTranspose{Channels: 10, KernelSize: 5, Padding: 2, Strides: 3},
	})
	for _, layer := range d2l.Must(net.Shapes(10, 16, 16)) {
		fmt.Println(layer.Name, layer.Shape)
	}

	// The book's example, with the kernel [[0 1] [2 3]].
	net = d2l.NewNet(d2l.Conv2DTranspose{Channels: 1, KernelSize: 2, NoBias: true})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][][][]float32{{{{0, 1}, {2, 3}}}})
	d2l.Must(net.Forward(X))
	d2l.Check(net.Parameters()[0].SetValue(d2l.NewTensor([]float32{0, 1, 2, 3}, 2, 2, 1, 1)))
	fmt.Println(d2l.Must(net.Forward(X)).Value())
	// Output:
	// conv0 (1, 20, 6, 6)
	// convtranspose0 (1, 10, 16, 16)
	// [[[[0 0 1] [0 4 6] [4 12 9]]]]
}

// Each example is normalized alone, unlike with BatchNorm.
func ExampleLayerNorm() {
	net := d2l.NewNet(d2l.LayerNorm{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	fmt.Printf("%.3f\n", d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2}, {2, 3}}))).Value())
	// Output: [[-1.000 1.000] [-1.000 1.000]]
}
