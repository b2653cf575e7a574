package d2l_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

func ExampleNet() {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 10}})
	device := d2l.TryGPU(0)
	d2l.Check(net.Initialize(device, d2l.Xavier))
	yHat := d2l.Must(net.Forward(d2l.Zeros(256, 1, 28, 28))) // Now the parameters' shapes are known.
	fmt.Println(d2l.ShapeOf(yHat), net.NumParameters(), "parameters on the device:", net.Device() == device)
	for _, p := range net.Parameters() {
		fmt.Println(p.Path(), d2l.Shape(p.Shape().Dimensions))
	}
	// Output:
	// (256, 10) 7850 parameters on the device: true
	// /net/dense0/weights (784, 10)
	// /net/dense0/biases (10,)
}

func ExampleNet_String() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2},
		d2l.Sequential{d2l.BatchNorm{}, d2l.ReLU},
		d2l.Dense{Units: 10},
	})
	fmt.Println(net)
	// Output:
	// net without parameters yet
	//   conv0: 5×5 Conv (6), pad 2
	//   sequential0: sequential
	//     batchnorm0: BatchNorm
	//     relu0: relu
	//   dense0: Dense (10)
}

func ExampleNet_Shapes() {
	layers := d2l.Must(lenet.New().Shapes(1, 28, 28))
	for _, layer := range layers {
		fmt.Println(layer.Name, "output shape:", layer.Shape)
	}
	// Output:
	// conv0 output shape: (1, 6, 28, 28)
	// pool0 output shape: (1, 6, 14, 14)
	// conv1 output shape: (1, 16, 10, 10)
	// pool1 output shape: (1, 16, 5, 5)
	// dense0 output shape: (1, 120)
	// dense1 output shape: (1, 84)
	// dense2 output shape: (1, 10)
}

func ExampleLayerShape() {
	layers := d2l.Must(lenet.New().Shapes(1, 28, 28))
	last := layers[len(layers)-1]
	fmt.Println(last.Name, last.Shape)
	// Output: dense2 (1, 10)
}

// The output of each layer for a batch, for a look inside.
func ExampleNet_Outputs() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Flatten{},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][][][]float32{{{{1, 5, 2, 0}, {3, 4, 0, 7}}}})
	for _, layer := range d2l.Must(net.Outputs(X)) {
		fmt.Println(layer.Name, layer.Shape(), layer.Value.Value())
	}
	// Output:
	// pool0 (1, 1, 1, 2) [[[[5 7]]]]
	// flatten0 (1, 2) [[5 7]]
}

// The activations of LeNet's second convolution.
func ExampleLayerOutput() {
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	outputs := d2l.Must(net.Outputs(d2l.Zeros(4, 1, 28, 28)))
	conv1 := outputs[2]
	maps := d2l.Must(d2l.FeatureMaps(conv1.Value)) // Pictures of them.
	fmt.Println(conv1.Name, conv1.Shape(), len(maps), "rows of", len(maps[0]))
	// Output: conv1 (4, 16, 10, 10) 4 rows of 16
}

// What Initialize draws takes shape with the first batch.
func ExampleNet_Initialize() {
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	fmt.Println(net.NumParameters())
	d2l.Must(net.Forward(d2l.Zeros(1, 1, 28, 28)))
	fmt.Println(net.NumParameters())
	// Output:
	// 0
	// 61706
}

func ExampleXavier() {
	net := d2l.NewNet(d2l.Dense{Units: 256})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.Zeros(1, 784)))
	weights := d2l.Values[float32](d2l.Must(net.Parameters()[0].Value()))
	maxAbs := 0.0
	for _, w := range weights {
		maxAbs = max(maxAbs, math.Abs(float64(w)))
	}
	fmt.Printf("%d weights, none beyond %.3f: %v\n", len(weights), math.Sqrt(6./(784+256)), maxAbs <= math.Sqrt(6./(784+256)))
	// Output: 200704 weights, none beyond 0.076: true
}

// He's initialization, for nets with ReLU, is one of GoMLX's.
func ExampleInitializer() {
	net := d2l.NewNet(d2l.Dense{Units: 256, Activation: d2l.ReLU})
	d2l.Check(net.Initialize(d2l.TryGPU(0), initializer.HeFn))
	y := d2l.Must(net.Forward(d2l.Zeros(1, 784)))
	fmt.Println(d2l.ShapeOf(y))
	// Output: (1, 256)
}

// A net is saved, and its parameters are loaded by another of the same layers: in
// a notebook, by that of a later cell.
func ExampleNet_SaveParameters() {
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mlp.params")
	layers := d2l.Sequential{d2l.Dense{Units: 20, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}
	X := d2l.NewTensor([][]float32{{1, 2, 3}, {4, 5, 6}})

	net := d2l.NewNet(layers)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(X))
	d2l.Check(net.SaveParameters(path))

	clone := d2l.NewNet(layers)
	d2l.Check(clone.LoadParameters(path, d2l.TryGPU(0)))
	yClone := d2l.Must(clone.Forward(X))
	fmt.Println(reflect.DeepEqual(y.Value(), yClone.Value()))
	// Output: true
}

// The file of another net is refused, and the net stays as it was.
func ExampleNet_LoadParameters() {
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "small.params")
	small := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(small.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(small.Forward(d2l.Zeros(1, 4)))
	d2l.Check(small.SaveParameters(path))

	err := lenet.New().LoadParameters(path, d2l.TryGPU(0))
	fmt.Println("refused:", err != nil)
	// Output: refused: true
}

// The parameters that PyTorch saved with
//
//	safetensors.torch.save_file(net.state_dict(), "lenet.safetensors")
//
// PyTorch's files do not contain the shape of an example: the last numbers give it.
func ExampleNet_LoadParameters_pyTorch() {
	net := lenet.New()
	d2l.Check(net.LoadParameters("../lenet/testdata/lenet.safetensors", d2l.TryGPU(0), 1, 28, 28))
	fmt.Println(net.NumParameters(), "parameters")
	// Output: 61706 parameters
}

func ExampleNet_CopyTo() {
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.Zeros(1, 4)))
	devices := d2l.TryAllGPUs()
	last := devices[len(devices)-1]
	other := d2l.Must(net.CopyTo(last))
	fmt.Println(other.NumParameters(), "parameters on the last device:", other.Device() == last)
	// Output: 50 parameters on the last device: true
}

// At the start of a program whose results must be the same in every run, also on a GPU.
func ExampleUseDeterministicAlgorithms() {
	d2l.UseDeterministicAlgorithms(true)
	d2l.Seed(42)
	fmt.Println("on", d2l.TryGPU(0))
}

// After the same seed, the same parameters are drawn.
func ExampleSeed() {
	draw := func() any {
		net := d2l.NewNet(d2l.Dense{Units: 2})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		y := d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3}})))
		return y.Value()
	}
	d2l.Seed(42)
	first := draw()
	d2l.Seed(42)
	fmt.Println(reflect.DeepEqual(first, draw()))
	// Output: true
}
