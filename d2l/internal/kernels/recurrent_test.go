package kernels_test

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// A recurrentCase is a layer with the sizes of its input.
type recurrentCase struct {
	kernels.Recurrent
	steps, batch, hidden int
}

// inputs returns x, weights, biases and the state.
func (c recurrentCase) inputs() []wave {
	gates := c.Cell.Gates() * c.hidden
	inputs := []wave{waves(1, 1, c.steps, c.batch, gates), waves(2, 0.3, c.hidden, gates), waves(3, 0.5, gates), waves(4, 1, c.batch, c.hidden)}
	if c.Cell == kernels.LSTM {
		inputs = append(inputs, waves(5, 1, c.batch, c.hidden))
	}
	return inputs
}

func TestRecurrent(t *testing.T) {
	backend := started(t)
	relu := kernels.Recurrent{Cell: kernels.RNN, Activation: activation.TypeRelu}
	tanh := kernels.Recurrent{Cell: kernels.RNN, Activation: activation.TypeTanh}
	for _, c := range []recurrentCase{
		{tanh, 5, 3, 40},
		{relu, 3, 70, 7}, // Two parts of examples; fewer units than a register has.
		{kernels.Recurrent{Cell: kernels.GRU}, 6, 4, 33},
		{kernels.Recurrent{Cell: kernels.GRU, Reverse: true}, 4, 65, 16},
		{kernels.Recurrent{Cell: kernels.LSTM}, 7, 2, 50},
		{kernels.Recurrent{Cell: kernels.LSTM, Reverse: true}, 3, 9, 300}, // More than is multiplied at a time.
		{kernels.Recurrent{Cell: kernels.LSTM}, 1, 1, 1},
		{kernels.Recurrent{Cell: kernels.GRU}, 35, 32, 64},
	} {
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			return withGradients(recurrentByDefinition(c, in), in)
		}, c.inputs()...)
		for _, kind := range expected() {
			for _, training := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s: %+v, training: %v", kind, c, training), func(t *testing.T) {
					kernels.Use(kind)
					got := values(t, backend, func(in []*graph.Node) []*graph.Node {
						if !c.Suits(in[0]) {
							t.Error("it does not suit")
						}
						return withGradients(c.Forward(in[0], in[1], in[2], in[3:], training), in)
					}, c.inputs()...)
					for i, name := range []string{"output", "dX", "dWeights", "dBiases", "dH", "dC"}[:len(got)] {
						d2ltest.Near(t, name, got[i], want[i], 2e-5)
					}
				})
			}
		}
	}
}

// What no kernel computes: another activation of RNN, other numbers.
func TestRecurrentSuits(t *testing.T) {
	backend := started(t)
	values(t, backend, func(in []*graph.Node) []*graph.Node {
		for kernel, want := range map[kernels.Recurrent]bool{
			{Cell: kernels.RNN, Activation: activation.TypeTanh}:    true,
			{Cell: kernels.RNN, Activation: activation.TypeSigmoid}: false,
			{Cell: kernels.RNN, Activation: activation.TypeGelu}:    false,
			{Cell: kernels.GRU}:  true,
			{Cell: kernels.LSTM}: true,
		} {
			if kernel.Suits(in[0]) != want || kernel.Suits(graph.ConvertDType(in[0], dtypes.Float64)) {
				t.Errorf("%+v suits: %v for float32", kernel, kernel.Suits(in[0]))
			}
		}
		return in
	}, waves(1, 1, 2, 3, 12))
}

// recurrentByDefinition computes a layer step by step.
func recurrentByDefinition(c recurrentCase, in []*graph.Node) *graph.Node {
	h, memory, n := in[3], in[len(in)-1], c.hidden // The memory of LSTM alone.
	gate := func(x *graph.Node, i int) *graph.Node { return graph.SliceAxis(x, -1, graph.AxisRange(i*n, (i+1)*n)) }
	outputs := make([]*graph.Node, c.steps)
	for i := range c.steps {
		t := i
		if c.Reverse {
			t = c.steps - 1 - i
		}
		x := graph.Squeeze(graph.SliceAxis(in[0], 0, graph.AxisElem(t)), 0)
		z := graph.Add(graph.MatMul(h, in[1]), graph.ExpandAxes(in[2], 0))
		sum := func(i int) *graph.Node { return graph.Add(gate(x, i), gate(z, i)) }
		switch c.Cell {
		case kernels.RNN:
			h = activation.Apply(c.Activation, sum(0))
			outputs[t] = h
		case kernels.GRU:
			reset, update := graph.Sigmoid(sum(0)), graph.Sigmoid(sum(1))
			candidate := graph.Tanh(graph.Add(gate(x, 2), graph.Mul(reset, gate(z, 2))))
			h = graph.Add(graph.Mul(graph.OneMinus(update), candidate), graph.Mul(update, h))
			outputs[t] = h
		case kernels.LSTM:
			memory = graph.Add(graph.Mul(graph.Sigmoid(sum(1)), memory), graph.Mul(graph.Sigmoid(sum(0)), graph.Tanh(sum(2))))
			h = graph.Mul(graph.Sigmoid(sum(3)), graph.Tanh(memory))
			outputs[t] = graph.Concatenate([]*graph.Node{h, memory}, -1)
		}
	}
	return graph.Stack(outputs, 0)
}

func TestRecurrentThreads(t *testing.T) {
	c := recurrentCase{kernels.Recurrent{Cell: kernels.LSTM}, 10, 70, 80}
	sameOnThreads(t, func(in []*graph.Node) []*graph.Node {
		return withGradients(c.Forward(in[0], in[1], in[2], in[3:], true), in)
	}, c.inputs()...)
}
