package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
)

// Tensors and parameters in files, as in the book's section "File I/O".
func ExampleSaveTensors() {
	folder := d2l.Must(os.MkdirTemp("", "file-io"))
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "mydict")
	x, y := d2l.NewTensor([]float32{0, 1, 2, 3}), d2l.NewTensor(make([]float32, 4))
	d2l.Check(d2l.SaveTensors(path, map[string]*d2l.Tensor{"x": x, "y": y}))
	mydict := d2l.Must(d2l.LoadTensors(path))
	fmt.Println(mydict["x"].Value(), mydict["y"].Value())

	MLP := d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}
	net, clone := d2l.NewNet(MLP), d2l.NewNet(MLP)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X, _ := d2l.SyntheticData(make([]float32, 20), 0, 2) // Two examples of 20 features.
	Y := d2l.Must(net.Forward(X))
	d2l.Check(net.SaveParameters(filepath.Join(folder, "mlp.params")))
	d2l.Check(clone.LoadParameters(filepath.Join(folder, "mlp.params"), d2l.TryGPU(0)))
	fmt.Println(d2l.ShapeOf(Y), d2l.Must(clone.Forward(X)).Equal(Y))
	// Output:
	// [0 1 2 3] [0 0 0 0]
	// (2, 10) true
}

// The tensors of a net's file, as PyTorch has them.
func ExampleLoadTensors() {
	path := filepath.Join(os.TempDir(), "example-load-tensors.params")
	defer os.Remove(path)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.Zeros(1, 4)))
	d2l.Check(net.SaveParameters(path))
	for name, value := range d2l.Must(d2l.LoadTensors(path)) {
		if name == "weight" {
			fmt.Println(name, d2l.ShapeOf(value))
		}
	}
	// Output: weight (10, 4)
}
