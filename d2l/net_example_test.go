package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// zeros returns a batch of zeros.
func zeros(shape ...int) *tensors.Tensor {
	return tensors.FromShape(shapes.Make(dtypes.Float32, shape...))
}

// initialized gives a net parameters on the first GPU, or on the CPU.
func initialized(layer d2l.Layer) *d2l.Net {
	net := d2l.NewNet(layer)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	return net
}

func ExampleSequential() {
	net := initialized(d2l.Sequential{
		d2l.Conv2D{Channels: 8, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 3, Strides: 2, Activation: d2l.Tanh},
		d2l.AvgPool2D{PoolSize: 3, Strides: 2, Padding: 1},
		d2l.Flatten{},
		d2l.Dense{Units: 32, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 10, Activation: d2l.NoActivation},
	})
	outputs := d2l.Must(net.Outputs(zeros(2, 3, 32, 32)))
	for _, layer := range outputs {
		fmt.Println(layer.Name, layer.Shape())
	}
	// Output:
	// conv0 (2, 8, 32, 32)
	// pool0 (2, 8, 16, 16)
	// conv1 (2, 16, 7, 7)
	// pool1 (2, 16, 4, 4)
	// flatten0 (2, 256)
	// dense0 (2, 32)
	// dense1 (2, 10)
}

func ExampleSequential_Named() {
	net := d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}
	for name, layer := range net.Named() {
		fmt.Printf("%s: %+v\n", name, layer.(d2l.Dense).Units)
	}
	// Output:
	// dense0: 256
	// dense1: 10
}

// Residual adds its input to what its layers make of it.
type Residual struct{ Layers d2l.Sequential }

func (r Residual) Kind() string { return "residual" }

func (r Residual) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Add(x, r.Layers.Forward(scope, x))
}

// A layer of one's own, here a residual block.
func ExampleLayer() {
	net := initialized(d2l.Sequential{
		Residual{d2l.Sequential{
			d2l.Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
			d2l.Conv2D{Channels: 3, KernelSize: 3, Padding: 1},
		}},
		d2l.Dense{Units: 10},
	})
	outputs := d2l.Must(net.Outputs(zeros(1, 3, 8, 8)))
	for _, layer := range outputs {
		fmt.Println(layer.Name, layer.Shape())
	}
	// Output:
	// residual0 (1, 3, 8, 8)
	// dense0 (1, 10)
}

func ExampleNet() {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 10}})
	d2l.Check(net.Initialize(d2l.CPU(0), d2l.Xavier))
	yHat := d2l.Must(net.Forward(zeros(256, 1, 28, 28))) // Now the parameters' shapes are known.
	fmt.Println(d2l.ShapeOf(yHat), net.NumParameters(), "parameters on", net.Device())
	for _, p := range net.Parameters() {
		fmt.Println(p.Name(), d2l.Shape(p.Shape().Dimensions))
	}
	// Output:
	// (256, 10) 7850 parameters on cpu(0)
	// weights (784, 10)
	// biases (10,)
}

func ExampleNet_SaveParameters() {
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mlp.params")
	layers := d2l.Sequential{d2l.Dense{Units: 20, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}
	X := tensors.FromValue([][]float32{{1, 2, 3}, {4, 5, 6}})

	net := initialized(layers)
	y := d2l.Must(net.Forward(X))
	d2l.Check(net.SaveParameters(path))

	clone := d2l.NewNet(layers)
	d2l.Check(clone.LoadParameters(path, d2l.TryGPU(0)))
	yClone := d2l.Must(clone.Forward(X))
	fmt.Println(reflect.DeepEqual(y.Value(), yClone.Value()))
	// Output: true
}

func ExampleNet_CopyTo() {
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.CPU(0), d2l.Xavier))
	d2l.Must(net.Forward(zeros(1, 4)))
	other := d2l.Must(net.CopyTo(d2l.CPU(1)))
	fmt.Println(net.Device(), other.Device())
	// Output: cpu(0) cpu(1)
}

func ExampleSeed() {
	draw := func() any {
		net := initialized(d2l.Dense{Units: 2})
		y := d2l.Must(net.Forward(tensors.FromValue([][]float32{{1, 2, 3}})))
		return y.Value()
	}
	d2l.Seed(42)
	first := draw()
	d2l.Seed(42)
	fmt.Println(reflect.DeepEqual(first, draw()))
	// Output: true
}
