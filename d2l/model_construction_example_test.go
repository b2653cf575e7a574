package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// MLP is the multilayer perceptron of the book's section "Layers and Blocks": a block of one's own.
type MLP struct{}

func (MLP) Kind() string { return "mlp" }

func (MLP) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	X = d2l.Dense{Units: 256, Activation: d2l.ReLU}.Forward(scope.In("hidden"), X)
	return d2l.Dense{Units: 10}.Forward(scope.In("out"), X)
}

// MySequential applies its layers in order, as d2l.Sequential does.
type MySequential []d2l.Layer

func (MySequential) Kind() string { return "mysequential" }

func (s MySequential) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	for i, layer := range s {
		X = layer.Forward(scope.In("%d", i), X)
	}
	return X
}

// FixedHiddenMLP has weights that are never trained, a layer in two places, and control flow.
type FixedHiddenMLP struct{}

func (FixedHiddenMLP) Kind() string { return "fixedhidden" }

func (FixedHiddenMLP) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	linear, shared := d2l.Share(d2l.Dense{Units: 20}), scope.In("linear")
	X = linear.Forward(shared, X)
	weight := scope.In("fixed").VariableWithShape("weight", shapes.Make(X.DType(), 20, 20)).SetTrainable(false)
	X = d2l.ReLU.Forward(scope, graph.AddScalar(graph.MatMul(X, weight.NodeValue(X.Graph())), 1))
	X = linear.Forward(shared, X)
	// While the sum is above 1, halve it: graph.While does it too, but has no gradient.
	halvings := graph.Ceil(graph.DivScalar(graph.Log(graph.ReduceAllSum(graph.Abs(X))), math.Ln2))
	X = graph.Div(X, graph.Exp(graph.MulScalar(graph.MaxScalar(halvings, 0), math.Ln2)))
	return graph.ReduceAndKeep(X, graph.ReduceSum, 1)
}

// CenteredLayer and MyLinear are the layers of the book's section "Custom Layers".
type CenteredLayer struct{}

func (CenteredLayer) Kind() string { return "centered" }

func (CenteredLayer) Forward(_ *model.Scope, X *graph.Node) *graph.Node {
	return graph.Sub(X, graph.ReduceAllMean(X))
}

type MyLinear struct{ Units int }

func (MyLinear) Kind() string { return "mylinear" }

func (l MyLinear) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	weight := scope.VariableWithShape("weight", shapes.Make(X.DType(), X.Shape().Dim(1), l.Units))
	bias := scope.VariableWithShape("bias", shapes.Make(X.DType(), 1, l.Units))
	linear := graph.Add(graph.MatMul(X, weight.NodeValue(X.Graph())), bias.NodeValue(X.Graph()))
	return d2l.ReLU.Forward(scope, linear)
}

// Blocks and layers of one's own, in nets.
func Example_modelConstruction() {
	d2l.Seed(1)
	inner := d2l.Sequential{d2l.Dense{Units: 64, Activation: d2l.ReLU}, d2l.Dense{Units: 32, Activation: d2l.ReLU}}
	nest := d2l.Sequential{inner, d2l.Dense{Units: 16}}
	for _, layer := range []d2l.Layer{
		d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}},
		MLP{}, MySequential{d2l.Dense{Units: 256}, d2l.ReLU, d2l.Dense{Units: 10}}, FixedHiddenMLP{},
		d2l.Sequential{nest, d2l.Dense{Units: 20}, FixedHiddenMLP{}},
		d2l.Sequential{d2l.Dense{Units: 128}, CenteredLayer{}}, d2l.Sequential{MyLinear{8}, MyLinear{1}},
	} {
		net := d2l.NewNet(layer)
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		fmt.Println(layer.Kind(), d2l.ShapeOf(d2l.Must(net.Forward(d2l.Randn(2, 20)))), net.NumParameters())
	}
	// Output:
	// sequential (2, 10) 7946
	// mlp (2, 10) 7946
	// mysequential (2, 10) 7946
	// fixedhidden (2, 1) 420
	// sequential (2, 1) 4712
	// sequential (2, 128) 2688
	// sequential (2, 1) 177
}
