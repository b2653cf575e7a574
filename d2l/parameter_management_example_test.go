package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Parameter Management": parameters of a net, of nested blocks, drawn in several ways, and shared.
func Example_parameterManagement() {
	layers := d2l.Sequential{d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 1}}
	net, X := d2l.NewNet(layers), d2l.NewTensor([][]float32{{1, 2, 3, 4}, {5, 6, 7, 8}})
	// drawn returns a net's parameter after it has been drawn anew by init.
	drawn := func(net *d2l.Net, init d2l.Initializer, name string) any {
		d2l.Check(net.Initialize(d2l.TryGPU(0), init))
		d2l.Must(net.Forward(X))
		return d2l.Must(d2l.Must(net.Parameter(name)).Value()).Value()
	}
	fmt.Println(drawn(net, d2l.Xavier, "dense1.bias"))
	for _, p := range net.Parameters() {
		fmt.Println(p.Path(), p.Shape().Dimensions)
	}

	block1 := d2l.Sequential{d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 4, Activation: d2l.ReLU}}
	block2 := d2l.Sequential{block1, block1, block1, block1}
	rgnet := d2l.NewNet(d2l.Sequential{block2, d2l.Dense{Units: 1}})
	fmt.Println(drawn(rgnet, d2l.Xavier, "sequential0.sequential1.dense0.bias"), len(rgnet.Parameters()), "parameters")

	fmt.Println(drawn(net, d2l.Constant(1), "dense1.weight"))
	fmt.Println(drawn(net, d2l.Normal(0.01), "dense1.bias"))
	both := d2l.NewNet(d2l.Sequential{layers[0], d2l.WithInit(layers[1], d2l.Constant(42))})
	fmt.Println(drawn(both, d2l.Xavier, "dense1.weight"))

	weight := drawn(net, d2l.Uniform(10), "dense1.weight").([][]float32)
	for _, row := range weight { // The book's my_init.
		if -5 < row[0] && row[0] < 5 {
			row[0] = 0
		}
	}
	weight[0][0] = 42
	d2l.Check(net.SetParameter("dense1.weight", weight))
	fmt.Println(d2l.Values[float32](d2l.Must(d2l.Must(net.Parameter("dense1.weight")).Value()))[0])

	shared := d2l.Share(d2l.Dense{Units: 8, Activation: d2l.ReLU})
	tied := d2l.NewNet(d2l.Sequential{layers[0], shared, shared, d2l.Dense{Units: 1}})
	drawn(tied, d2l.Constant(1), "dense1.weight")
	for _, p := range tied.Parameters()[2:4] { // The second of the shared layers has none of its own.
		fmt.Println(p.Path(), "of", len(tied.Parameters()))
	}
	// Output:
	// [0]
	// /net/dense0/weights [4 8]
	// /net/dense0/biases [8]
	// /net/dense1/weights [8 1]
	// /net/dense1/biases [1]
	// [0 0 0 0 0 0 0 0] 18 parameters
	// [[1] [1] [1] [1] [1] [1] [1] [1]]
	// [0]
	// [[42] [42] [42] [42] [42] [42] [42] [42]]
	// 42
	// /net/dense1/weights of 6
	// /net/dense1/biases of 6
}
