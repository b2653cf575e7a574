package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// parametersOf returns the parameters of a net, initialized by init, that takes three features.
func parametersOf(layer d2l.Layer, init d2l.Initializer) []any {
	net := d2l.NewNet(layer)
	d2l.Check(net.Initialize(d2l.TryGPU(0), init))
	d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3}})))
	var values []any
	for _, p := range net.Parameters() {
		values = append(values, d2l.Must(p.Value()).Value())
	}
	return values
}

func ExampleConstant() {
	fmt.Println(parametersOf(d2l.Dense{Units: 2}, d2l.Constant(1)))
	// Output: [[[1 1] [1 1] [1 1]] [0 0]]
}

func ExampleNormal() {
	d2l.Seed(1)
	for _, w := range parametersOf(d2l.Dense{Units: 1, NoBias: true}, d2l.Normal(0.01))[0].([][]float32) {
		fmt.Println(w[0] != 0 && w[0] > -0.05 && w[0] < 0.05)
	}
	// Output:
	// true
	// true
	// true
}

func ExampleUniform() {
	d2l.Seed(1)
	for _, w := range parametersOf(d2l.Dense{Units: 1, NoBias: true}, d2l.Uniform(0.07))[0].([][]float32) {
		fmt.Println(w[0] != 0 && w[0] >= -0.07 && w[0] <= 0.07)
	}
	// Output:
	// true
	// true
	// true
}

// The first layer is initialized by Xavier, the second to 42, as in the book.
func ExampleWithInit() {
	net := d2l.Sequential{
		d2l.Dense{Units: 2, Activation: d2l.ReLU},
		d2l.WithInit(d2l.Dense{Units: 1}, d2l.Constant(42)),
	}
	fmt.Println(parametersOf(net, d2l.Xavier)[2])
	// Output: [[42] [42]]
}
