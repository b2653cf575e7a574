package kernels

// #include "recurrent.h"
import "C"

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// A Cell computes the next state from the one before it.
type Cell int32

const (
	RNN  Cell = C.RNN
	GRU  Cell = C.GRU  // With PyTorch's formulas: the gates reset, update, candidate.
	LSTM Cell = C.LSTM // The gates input, forget, candidate, output.
)

// Gates returns how many gates a cell has.
func (c Cell) Gates() int { return [...]int{RNN: 1, GRU: 3, LSTM: 4}[c] }

// A Recurrent is a recurrent layer in one direction.
type Recurrent struct {
	Cell       Cell
	Activation activation.Type // Of RNN: tanh or ReLU.
	Reverse    bool            // From the last step to the first.
}

// Suits reports whether Forward can compute the layer for x: if it is float32, not empty, the program is for one device,
// and the activation of RNN is tanh or ReLU.
func (r Recurrent) Suits(x *graph.Node) bool {
	known := r.Cell != RNN || r.Activation == activation.TypeTanh || r.Activation == activation.TypeRelu
	return Usable(x) && known && x.Rank() == 3 && x.Shape().Size() > 0
}

// Forward returns the states of all steps, (steps, batch, hidden) of h, or (steps, batch, 2·hidden) of h and c of an LSTM.
// x, (steps, batch, gates·hidden), is what the input gives to the gates, its biases included; weights (hidden,
// gates·hidden) and biases (gates·hidden) are those of the state, which begins with h (batch, hidden) and c of the same
// shape, if there is one. Building a second derivative panics.
func (r Recurrent) Forward(x, weights, biases *graph.Node, state []*graph.Node, training bool) *graph.Node {
	g := x.Graph()
	steps, batch, hidden := x.Shape().Dim(0), x.Shape().Dim(1), weights.Shape().Dim(0)
	flag := map[bool]int32{true: 1}
	settings := func(keep bool) *graph.Node {
		relu := r.Activation == activation.TypeRelu
		return graph.Const(g, []int32{int32(r.Cell), flag[relu], flag[r.Reverse], flag[keep], threads})
	}
	inWeights, h := graph.StopGradient(weights), graph.StopGradient(state[0])
	none, memory := float32s(1), float32s(int(C.recurrent_memory(C.int64_t(hidden), C.int64_t(r.Cell.Gates()))))
	outputs, c, cShape := 1, graph.Zeros(g, none), none
	if r.Cell == LSTM {
		outputs, c, cShape = 2, graph.StopGradient(state[1]), h.Shape()
	}
	forwardPass := func(keep bool) (y, values *graph.Node) {
		kept := none
		if keep && r.Cell != RNN {
			kept = float32s(steps, batch, C.KEPT*hidden)
		}
		results := call("recurrent_forward",
			[]*graph.Node{settings(keep), inWeights, h, c, graph.StopGradient(x), graph.StopGradient(biases)},
			float32s(steps, batch, outputs*hidden), kept, memory)
		return results[0], results[1]
	}
	y, values := forwardPass(training)

	var gradients, dParameters []*graph.Node
	backward := func(dY *graph.Node) {
		if !training {
			_, values = forwardPass(true)
		}
		dProducts := none
		if r.Cell == GRU {
			dProducts = x.Shape()
		}
		gradients = call("recurrent_backward", []*graph.Node{settings(true), inWeights, h, c, y, values, dY},
			x.Shape(), dProducts, h.Shape(), cShape, memory)
		dParameters = nil
	}
	gradient := func(i int) func() *graph.Node { return func() *graph.Node { return once(r.name(), gradients[i]) } }
	dParameter := func(i int) func() *graph.Node {
		return func() *graph.Node {
			if dParameters == nil {
				dProducts := gradients[0]
				if r.Cell == GRU {
					dProducts = gradients[1]
				}
				dProducts = graph.Reshape(dProducts, batch*steps, r.Cell.Gates()*hidden)
				dense := graph.Const(g, []int32{kinds[activation.TypeNone], threads})
				before := graph.Reshape(r.before(y, h), batch*steps, hidden)
				dParameters = call("dense_dweights", []*graph.Node{dense, before, inWeights, graph.Zeros(g, none), dProducts},
					weights.Shape(), biases.Shape(), none)
			}
			return once(r.name(), dParameters[i])
		}
	}
	inputs := []input{{x, gradient(0)}, {weights, dParameter(0)}, {biases, dParameter(1)}}
	for i, s := range state {
		inputs = append(inputs, input{s, gradient(2 + i)})
	}
	return withCustomGradient(y, backward, inputs...)
}

// before returns, for each step, the h before it, (steps, batch, hidden).
func (r Recurrent) before(y, h *graph.Node) *graph.Node {
	steps, hidden := y.Shape().Dim(0), h.Shape().Dim(1)
	first := graph.ExpandAxes(h, 0)
	rest := func(from, to int) *graph.Node {
		return graph.Slice(y, graph.AxisRange(from, to), graph.AxisRange(), graph.AxisRange(0, hidden))
	}
	switch {
	case steps == 1:
		return first
	case r.Reverse:
		return graph.Concatenate([]*graph.Node{rest(1, steps), first}, 0)
	default:
		return graph.Concatenate([]*graph.Node{first, rest(0, steps-1)}, 0)
	}
}

func (r Recurrent) name() string {
	return [...]string{RNN: "an RNN", GRU: "a GRU", LSTM: "an LSTM"}[r.Cell]
}
