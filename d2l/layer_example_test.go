package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
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

// Scale multiplies each feature by a number that it learns.
type Scale struct{}

func (Scale) Kind() string { return "scale" }

func (Scale) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	shape := shapes.Make(x.DType(), x.Shape().Dim(-1))
	factors := scope.WithInitializer(initializer.One).VariableWithShape("factors", shape)
	return graph.Mul(x, graph.ExpandLeftToRank(factors.NodeValue(x.Graph()), x.Rank()))
}

// StateDict gives the variable the name that it has in a PyTorch module.
func (Scale) StateDict() map[string]string { return map[string]string{"factors": "weight"} }

// A layer with parameters of its own.
func ExampleLayer_parameters() {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 3}, Scale{}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	yHat := d2l.Must(net.Forward(d2l.NewTensor([][]float32{{1, 2}})))
	fmt.Println(d2l.ShapeOf(yHat))
	for _, p := range net.Parameters() {
		fmt.Println(p.Path(), p.Shape().Dimensions)
	}
	// Output:
	// (1, 3)
	// /net/dense0/weights [2 3]
	// /net/dense0/biases [3]
	// /net/scale0/factors [3]
}
