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
		fmt.Println(layer)
	}
	// Output:
	// residual0: (1, 3, 8, 8)
	// dense0: (1, 10)
}

// WideAndDeep has two inputs, of which one goes through hidden units and the other does not.
type WideAndDeep struct{ Units int }

func (WideAndDeep) Kind() string { return "wideanddeep" }

func (w WideAndDeep) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return w.ForwardN(scope, x)[0]
}

func (w WideAndDeep) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	wide, deep := inputs[0], inputs[1]
	deep = d2l.Dense{Units: w.Units, Activation: d2l.ReLU}.Forward(scope.In("hidden"), deep)
	return []*graph.Node{graph.Concatenate([]*graph.Node{wide, deep}, 1)}
}

// A layer of two inputs, which the net begins with.
func ExampleLayer_severalInputs() {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Sequential{WideAndDeep{Units: 8}, d2l.Dense{Units: 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	wide, deep := d2l.NewTensor([][]float32{{1, 2}, {3, 4}}), d2l.NewTensor([][]float32{{1, 2, 3}, {4, 5, 6}})
	y := d2l.Must(net.Forward(wide, deep))
	fmt.Println(d2l.ShapeOf(y))
	for _, layer := range d2l.Must(net.Shapes()) { // For inputs as it has seen them.
		fmt.Println(layer.Name, layer.Shape)
	}
	labels := d2l.NewTensor([][]float32{{1}, {0}})
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01))).WithLoss(d2l.L2Loss{})
	data := d2l.LoadArrays([]*d2l.Tensor{wide, deep}, labels, 2, true)
	before := d2l.Must(trainer.EvaluateLoss(data))
	for range 100 {
		for range trainer.Steps(data, nil) {
		}
		d2l.Check(trainer.Err())
	}
	fmt.Println(d2l.Must(trainer.EvaluateLoss(data)) < before/10)
	// Output:
	// (2, 1)
	// wideanddeep0 (1, 10)
	// dense0 (1, 1)
	// true
}

// LastState has the last state of a recurrent layer as its output.
type LastState struct{ Of d2l.Layer }

func (LastState) Kind() string { return "laststate" }

func (l LastState) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d2l.ForwardN(l.Of, scope, x)[1]
}

// A layer of your own that takes another output than the first of the layer in it.
func ExampleForwardN() {
	net := d2l.NewNet(d2l.Sequential{LastState{d2l.GRU{HiddenSize: 32}}, d2l.Dense{Units: 10}})
	for _, layer := range d2l.Must(net.Shapes(5, 3)) {
		fmt.Println(layer)
	}
	// Output:
	// laststate0: (1, 32)
	// dense0: (1, 10)
}

// A step on a batch of two inputs, in a loop of your own.
func ExampleTrainer_StepBatch() {
	X := d2l.NewTensor([][]float32{{1, 2}, {3, 4}})
	data := d2l.LoadArrays([]*d2l.Tensor{X, X}, d2l.NewTensor([]int32{0, 1}), 2, true)
	net := d2l.NewNet(d2l.Sequential{WideAndDeep{Units: 8}, d2l.Dense{Units: 2}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.01)))
	for batch, err := range data.Iter() {
		d2l.Check(err)
		step := d2l.Must(trainer.StepBatch(batch))
		fmt.Println(step.Examples, "examples")
	}
	// Output: 2 examples
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
