package d2l_test

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// The parameters of a layer, as in the book's section "Parameter Management".
func ExampleNet_Parameter() {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	_, err := net.Parameter("dense1.bias")
	fmt.Println(err)
	d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	fmt.Println(d2l.Must(net.Parameter("dense1.bias")).MustValue().Value())
	_, err = net.Parameter("dense2.bias")
	fmt.Println(err)
	// Output:
	// the net has no parameters yet, so no dense1.bias: they are drawn when the first batch shows the shape of the input, as in net.Forward(X)
	// [0]
	// the net has no parameter dense2.bias, but dense0.weight, dense0.bias, dense1.weight, dense1.bias
}

// All layers but the last are frozen.
func ExampleNet_NamedParameters() {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	for name, p := range net.NamedParameters() {
		p.SetTrainable(strings.HasPrefix(name, "dense1."))
		fmt.Println(name, p.Shape().Dimensions, p.Trainable)
	}
	fmt.Println(net.NumParameters(), "are trained")
	// Output:
	// dense0.weight [4 8] false
	// dense0.bias [8] false
	// dense1.weight [8 1] true
	// dense1.bias [1] true
	// 9 are trained
}

func ExampleNet_SetParameter() {
	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][]float32{{1, 2}})
	d2l.Must(net.Forward(X))
	d2l.Check(net.SetParameter("weight", [][]float32{{10}, {1}}))
	fmt.Println(d2l.Must(net.Forward(X)).Value())
	fmt.Println(net.SetParameter("weight", []float32{10, 1}))
	// Output:
	// [[12]]
	// weight takes a value of the shape (Float32)[2, 1], got (Float32)[2]
}

// Batch normalization keeps running statistics beside its parameters.
func ExampleNet_Variables() {
	net := d2l.NewNet(d2l.BatchNorm{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	fmt.Println(len(net.Parameters()), "parameters")
	for _, v := range net.Variables() {
		fmt.Println(v.Name(), v.Shape().Dimensions)
	}
	fmt.Println(d2l.Must(net.Parameter("running_mean")).Path())
	// Output:
	// 2 parameters
	// scale [4]
	// offset [4]
	// mean [4]
	// variance [4]
	// avg_weight [4]
	// /net/mean
}
