package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The net of the book's "Tied Parameters": its second and third layers are one.
func ExampleShare() {
	shared := d2l.Share(d2l.Dense{Units: 8, Activation: d2l.ReLU})
	net := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 8, Activation: d2l.ReLU},
		shared,
		shared,
		d2l.Dense{Units: 10},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	for _, p := range net.Parameters() {
		fmt.Println(p.Path(), p.Shape().Dimensions)
	}
	// Output:
	// /net/dense0/weights [4 8]
	// /net/dense0/biases [8]
	// /net/dense1/weights [8 8]
	// /net/dense1/biases [8]
	// /net/dense3/weights [8 10]
	// /net/dense3/biases [10]
}
