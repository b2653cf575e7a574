package d2l

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// A recurrent layer is what RNN, GRU and LSTM have in common. Where a kernel does not compute it, its steps are unrolled
// in the graph: GoMLX v0.28.8 has no gradient of a loop.
type recurrent struct {
	kind           string
	kernel         kernels.Recurrent
	hidden, layers int
	states         int // Arrays in a cell's state, of which the first, h, is its output.
	bidirectional  bool
	dropout        float64
	stateful       bool
	// cell is what the kernel computes in a step, where there is none: from W_ih·x + b_ih and W_hh·h + b_hh, both of shape
	// (batch, gates·hidden), and the state before the step it returns the state after it.
	cell func(x, h *graph.Node, state []*graph.Node) []*graph.Node
}

// forward adds the layer to the graph of x, with the state of the last training step if it has to.
func (r recurrent) forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if !r.stateful || !scope.IsTraining(x.Graph()) {
		y, _ := r.run(scope, x, nil)
		return y
	}
	if r.bidirectional {
		panic(fmt.Sprintf("d2l: a Bidirectional %s cannot be Stateful: what comes next has not been seen", r.kind))
	}
	r.requireSequences(x)
	key := "state of " + scope.Scope()
	if _, again := scope.Store().RootScope().GetGraphParam(x.Graph(), key); again {
		panic(fmt.Sprintf("d2l: a Stateful %s that is shared would begin with the state that it has at its other place: leave "+
			"Stateful out", r.kind))
	}
	scope.Store().RootScope().SetGraphParam(x.Graph(), key, true)
	kept := scope.Store().Scope(stateScope + scope.Scope()).WithInitializer(initializer.Zero)
	var variables []*model.Variable
	var state []*graph.Node
	shape := shapes.Make(x.DType(), x.Shape().Dim(0), r.hidden)
	for i := range r.numStates() {
		v := kept.GetVariable(fmt.Sprintf("state%d", i))
		if v == nil {
			v = kept.VariableWithShape(fmt.Sprintf("state%d", i), shape).SetTrainable(false)
		}
		if !v.Shape().Equal(shape) {
			panic(fmt.Sprintf("d2l: the state of a Stateful %s is that of batches of %d examples, but this one has %d: "+
				"leave out a smaller last batch, or make a new Trainer", r.kind, v.Shape().Dim(0), x.Shape().Dim(0)))
		}
		variables, state = append(variables, v), append(state, v.NodeValue(x.Graph()))
	}
	y, next := r.run(scope, x, state)
	for i, v := range variables {
		v.SetNodeValue(graph.StopGradient(next[i]))
	}
	return y
}

// forwardN is run of the input and, if it is there, the state.
func (r recurrent) forwardN(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	if r.stateful {
		panic(fmt.Sprintf("d2l: a Stateful %s in an encoder or decoder would not keep its state: leave Stateful out", r.kind))
	}
	y, last := r.run(scope, inputs[0], inputs[1:])
	return append([]*graph.Node{y}, last...)
}

// stateScope is where Stateful layers keep their states, at their own paths: apart from the net's variables, so that
// files have none of it and a new Trainer starts afresh.
const stateScope = "/state"

// run adds the layer to the graph of x.
func (r recurrent) run(scope *model.Scope, x *graph.Node, state []*graph.Node) (y *graph.Node, last []*graph.Node) {
	r.requireSequences(x)
	shape := shapes.Make(x.DType(), x.Shape().Dim(0), r.hidden)
	if len(state) == 0 {
		state = slices.Repeat([]*graph.Node{graph.Zeros(x.Graph(), shape)}, r.numStates())
	}
	if len(state) != r.numStates() {
		panic(fmt.Sprintf("d2l: the state of this %s has %d arrays, got %d", r.kind, r.numStates(), len(state)))
	}
	for _, s := range state {
		if !s.Shape().Equal(shape) {
			panic(fmt.Sprintf("d2l: the state of this %s has arrays of shape %v, (batch, HiddenSize), of %v, got %v of %v",
				r.kind, Shape(shape.Dimensions), shape.DType, Shape(s.Shape().Dimensions), s.DType()))
		}
	}
	x = graph.Transpose(x, 0, 1) // A step's numbers side by side.
	for layer := range max(r.layers, 1) {
		if layer > 0 && r.dropout > 0 {
			x = Dropout{r.dropout}.Forward(scope, x)
		}
		var outputs []*graph.Node
		for i, suffix := range r.directions() {
			out, next := r.oneWay(scope, fmt.Sprintf("_l%d%s", layer, suffix), i > 0, x, state[len(last):][:r.states])
			outputs, last = append(outputs, out), append(last, next...)
		}
		x = graph.Concatenate(outputs, -1)
	}
	return graph.Transpose(x, 0, 1), last
}

// columns returns some columns of x.
func columns(x *graph.Node, from, to int) *graph.Node {
	return graph.SliceAxis(x, -1, graph.AxisRange(from, to))
}

// directions returns what the names of the parameters of each direction end with.
func (r recurrent) directions() []string {
	if r.bidirectional {
		return []string{"", "_reverse"}
	}
	return []string{""}
}

func (r recurrent) numStates() int { return r.states * max(r.layers, 1) * len(r.directions()) }

// oneWay goes once through the steps of x, (steps, batch, features), from the last one if it is reversed, with the
// parameters whose names end with suffix. It returns h of each step, (steps, batch, hidden), and the last state.
func (r recurrent) oneWay(scope *model.Scope, suffix string, reverse bool, x *graph.Node, state []*graph.Node) (
	out *graph.Node, last []*graph.Node) {
	g, dtype := x.Graph(), x.DType()
	steps, features, rows := x.Shape().Dim(0), x.Shape().Dim(2), r.kernel.Cell.Gates()*r.hidden
	parameter := func(name string, sizes ...int) *graph.Node {
		return newVariable(scope, name+suffix, shapes.Make(dtype, sizes...)).NodeValue(g)
	}
	wx := graph.Transpose(parameter("weight_ih", rows, features), 0, 1)
	wh := graph.Transpose(parameter("weight_hh", rows, r.hidden), 0, 1)
	bx, bh := parameter("bias_ih", rows), parameter("bias_hh", rows)
	x = Dense{}.product(x, wx, bx) // Of all steps at once.

	end := steps - 1
	if reverse {
		end = 0
	}
	if kernel, ok := r.kernelFor(x, reverse); ok {
		y := kernel.Forward(x, wh, bh, state, scope.IsTraining(g))
		for i := range state {
			of := columns(y, i*r.hidden, (i+1)*r.hidden)
			last = append(last, graph.Squeeze(graph.SliceAxis(of, 0, graph.AxisElem(end)), 0))
		}
		return columns(y, 0, r.hidden), last
	}
	outputs, bh := make([]*graph.Node, steps), graph.ExpandAxes(bh, 0)
	for i := range steps {
		t := i
		if reverse {
			t = steps - 1 - i
		}
		h := graph.Add(graph.MatMul(state[0], wh), bh)
		state = r.cell(graph.Squeeze(graph.SliceAxis(x, 0, graph.AxisElem(t)), 0), h, state)
		outputs[t] = state[0]
	}
	return graph.Stack(outputs, 0), state
}

// kernelFor returns the kernel for one direction, whose input gives x to the gates, and whether it can compute it.
func (r recurrent) kernelFor(x *graph.Node, reverse bool) (kernel kernels.Recurrent, ok bool) {
	kernel = r.kernel
	kernel.Reverse = reverse
	return kernel, xla.IsCPU(x.Graph().Backend()) && kernel.Suits(x)
}

// requireSequences panics unless x is a batch of sequences.
func (r recurrent) requireSequences(x *graph.Node) {
	if r.hidden <= 0 || r.layers < 0 {
		panic(fmt.Sprintf("d2l: %s needs a positive HiddenSize and NumLayers, got %d and %d", r.kind, r.hidden, r.layers))
	}
	if r.dropout > 0 && r.layers < 2 {
		report.WarnOnce(fmt.Sprintf("d2l: the Dropout of %v of a %s with one layer does nothing: it is between layers", r.dropout, r.kind))
	}
	if !(r.dropout >= 0 && r.dropout < 1) {
		panic(fmt.Sprintf("d2l: %s needs a Dropout from 0 to below 1, got %v", r.kind, r.dropout))
	}
	if x.Rank() != 3 || !x.DType().IsFloat() || x.Shape().Dim(2) == 0 {
		panic(fmt.Sprintf("d2l: %s takes sequences of shape (batch, steps, features) of floating-point numbers, "+
			"got %v of %v: for tokens put Embedding or OneHot before it", r.kind, Shape(x.Shape().Dimensions), x.DType()))
	}
}

// isStateful reports whether a layer of the net is Stateful.
func isStateful(n *Net) bool {
	return slices.ContainsFunc(places(n.layer, netScope), func(p place) bool {
		switch l := bare(p.layer).(type) {
		case RNN:
			return l.Stateful
		case GRU:
			return l.Stateful
		case LSTM:
			return l.Stateful
		}
		return false
	})
}

// ResetState makes the states of Stateful layers 0, as at the beginning of a sequence. A new Trainer starts with 0, too.
//
// Book: begin_state, section "Implementation of Recurrent Neural Networks from Scratch".
func (n *Net) ResetState() error {
	requireMade(n, "Net.ResetState", "NewNet")
	if n.store == nil {
		return errNoParameters
	}
	for v := range n.store.Scope(stateScope).IterVariables() {
		if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
			return fmt.Errorf("resetting the state %s: %w", v.Path(), err)
		}
	}
	return nil
}
