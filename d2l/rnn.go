package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// RNN is a recurrent layer: h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t-1} + b_hh), from h = 0. The
// output for (batch, steps, features) is (batch, steps, HiddenSize), of the last of its layers, twice
// as wide if it is Bidirectional. The book has steps before batch.
//
// Parameters have PyTorch's names and shapes, such as weight_ih_l0 (HiddenSize, features),
// weight_hh_l0, bias_ih_l0 and bias_hh_l0, _l1 of the second layer, with _reverse of the way back.
// On the CPU, building a second derivative for float32 panics.
//
// Book: rnn.RNN, section "Concise Implementation of Recurrent Neural Networks".
type RNN struct {
	HiddenSize int        // Units of each layer.
	NumLayers  int        // 1 if it is 0.
	Activation Activation // Tanh if it is NoActivation.
	// Bidirectional adds the same from the last step to the first, to the end of the output's last axis.
	Bidirectional bool
	Dropout       float64 // The rate between layers, in training.
	// Stateful starts each training step with the state that the one before it has ended with, as for
	// batches whose examples go on where those of the last batch have ended; no gradient goes through.
	// Net.ResetState makes it 0 again. Net.Forward and whatever does not train start with 0.
	Stateful bool
}

// Kind returns "rnn".
func (RNN) Kind() string { return "rnn" }

// Notation returns the layer's name and size, such as RNN (256).
func (r RNN) Notation() string { return r.recurrent().notation("RNN") }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (r RNN) Settings() any {
	r.Dropout, r.Stateful = 0, false
	return r
}

// Forward adds the layer to the graph of x.
func (r RNN) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return r.recurrent().forward(scope, x)
}

// ForwardFrom adds the layer to the graph of x, for a layer of your own such as a decoder. It starts
// with a state, or with 0 if that is nil, and returns the output and the last state: of h an array
// (batch, HiddenSize) for each layer, and for each of its directions.
//
// Book: the call rnn_layer(X, state), section "Concise Implementation of Recurrent Neural Networks".
func (r RNN) ForwardFrom(scope *model.Scope, x *graph.Node, state []*graph.Node) (y *graph.Node, next []*graph.Node) {
	return r.recurrent().run(scope, x, state)
}

// ForwardN is ForwardFrom as EncoderDecoder calls it: see Layer. The state, if there is one, comes after x.
func (r RNN) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return r.recurrent().forwardN(scope, inputs)
}

func (r RNN) recurrent() recurrent {
	function := r.Activation
	if function == NoActivation {
		function = Tanh
	}
	return recurrent{
		kind: "RNN", kernel: kernels.Recurrent{Cell: kernels.RNN, Activation: activation.Type(function)},
		hidden: r.HiddenSize, layers: r.NumLayers, states: 1, bidirectional: r.Bidirectional,
		dropout: r.Dropout, stateful: r.Stateful,
		cell: func(x, h *graph.Node, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{function.apply(graph.Add(x, h))}
		},
	}
}

// GRU is a layer of gated recurrent units, with PyTorch's formulas: the reset gate applies to
// W_hn·h + b_hn. Fields, shapes and names are those of RNN; weights have the gates reset, update, new
// one after the other, as weight_ih_l0 (3·HiddenSize, features). Building a second derivative is as for RNN.
//
// Book: rnn.GRU, section "Gated Recurrent Units (GRU)".
type GRU struct {
	HiddenSize    int     // Units of each layer.
	NumLayers     int     // 1 if it is 0.
	Bidirectional bool    // As in RNN.
	Dropout       float64 // As in RNN.
	Stateful      bool    // As in RNN.
}

// Kind returns "gru".
func (GRU) Kind() string { return "gru" }

// Notation returns the layer's name and size, such as GRU (256).
func (l GRU) Notation() string { return l.recurrent().notation("GRU") }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (l GRU) Settings() any {
	l.Dropout, l.Stateful = 0, false
	return l
}

// Forward adds the layer to the graph of x.
func (l GRU) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return l.recurrent().forward(scope, x)
}

// ForwardFrom is RNN's.
//
// Book: the call rnn_layer(X, state), section "Concise Implementation of Recurrent Neural Networks".
func (l GRU) ForwardFrom(scope *model.Scope, x *graph.Node, state []*graph.Node) (y *graph.Node, next []*graph.Node) {
	return l.recurrent().run(scope, x, state)
}

// ForwardN is RNN's.
func (l GRU) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return l.recurrent().forwardN(scope, inputs)
}

func (l GRU) recurrent() recurrent {
	return recurrent{
		kind: "GRU", kernel: kernels.Recurrent{Cell: kernels.GRU},
		hidden: l.HiddenSize, layers: l.NumLayers, states: 1, bidirectional: l.Bidirectional,
		dropout: l.Dropout, stateful: l.Stateful,
		cell: func(x, h *graph.Node, state []*graph.Node) []*graph.Node {
			n := l.HiddenSize
			both := graph.Sigmoid(graph.Add(columns(x, 0, 2*n), columns(h, 0, 2*n)))
			reset, update := columns(both, 0, n), columns(both, n, 2*n)
			candidate := graph.Tanh(graph.Add(columns(x, 2*n, 3*n), graph.Mul(reset, columns(h, 2*n, 3*n))))
			return []*graph.Node{graph.Add(candidate, graph.Mul(update, graph.Sub(state[0], candidate)))}
		},
	}
}

// LSTM is a layer of long short-term memory. Fields, shapes and names are those of RNN; weights have
// the gates input, forget, cell, output one after the other, as weight_ih_l0 (4·HiddenSize, features). Building a second
// derivative is as for RNN.
//
// Book: rnn.LSTM, section "Long Short-Term Memory (LSTM)".
type LSTM struct {
	HiddenSize    int     // Units of each layer.
	NumLayers     int     // 1 if it is 0.
	Bidirectional bool    // As in RNN.
	Dropout       float64 // As in RNN.
	Stateful      bool    // As in RNN.
}

// Kind returns "lstm".
func (LSTM) Kind() string { return "lstm" }

// Notation returns the layer's name and size, such as LSTM (256).
func (l LSTM) Notation() string { return l.recurrent().notation("LSTM") }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (l LSTM) Settings() any {
	l.Dropout, l.Stateful = 0, false
	return l
}

// Forward adds the layer to the graph of x.
func (l LSTM) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return l.recurrent().forward(scope, x)
}

// ForwardFrom is RNN's; for each layer and direction the state has two arrays, h and c.
//
// Book: the call rnn_layer(X, state), section "Concise Implementation of Recurrent Neural Networks".
func (l LSTM) ForwardFrom(scope *model.Scope, x *graph.Node, state []*graph.Node) (y *graph.Node, next []*graph.Node) {
	return l.recurrent().run(scope, x, state)
}

// ForwardN is RNN's.
func (l LSTM) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return l.recurrent().forwardN(scope, inputs)
}

func (l LSTM) recurrent() recurrent {
	return recurrent{
		kind: "LSTM", kernel: kernels.Recurrent{Cell: kernels.LSTM},
		hidden: l.HiddenSize, layers: l.NumLayers, states: 2, bidirectional: l.Bidirectional,
		dropout: l.Dropout, stateful: l.Stateful,
		cell: func(x, h *graph.Node, state []*graph.Node) []*graph.Node {
			gates := graph.Split(graph.Add(x, h), -1, 4)
			input, forget := graph.Sigmoid(gates[0]), graph.Sigmoid(gates[1])
			candidate, output := graph.Tanh(gates[2]), graph.Sigmoid(gates[3])
			c := graph.Add(graph.Mul(forget, state[1]), graph.Mul(input, candidate))
			return []*graph.Node{graph.Mul(output, graph.Tanh(c)), c}
		},
	}
}

func (r recurrent) notation(name string) string {
	if r.bidirectional {
		name = "bidirectional " + name
	}
	if r.layers > 1 {
		return fmt.Sprintf("%s (%d), %d layers", name, r.hidden, r.layers)
	}
	return fmt.Sprintf("%s (%d)", name, r.hidden)
}
