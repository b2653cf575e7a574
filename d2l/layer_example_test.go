package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Residual adds its input to the output of its layers.
type Residual struct{ Layers d2l.Sequential }

func (r Residual) Kind() string { return "residual" }

func (r Residual) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Add(x, r.Layers.Forward(scope, x))
}

// A layer of your own, here a residual block.
func ExampleLayer() {
	net := d2l.NewNet(d2l.Sequential{
		Residual{d2l.Sequential{
			d2l.Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
			d2l.Conv2D{Channels: 3, KernelSize: 3, Padding: 1},
		}},
		d2l.Dense{Units: 10},
	})
	for _, layer := range d2l.Must(net.Shapes(3, 8, 8)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// residual0 (1, 3, 8, 8)
	// dense0 (1, 10)
}
