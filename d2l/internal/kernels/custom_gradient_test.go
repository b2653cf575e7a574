package kernels_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// layersOfKernels are layers with their inputs: x, weights and biases, or what takes their place.
var layersOfKernels = map[string]struct {
	layer  func(in []*graph.Node) *graph.Node
	inputs []wave
}{
	"dense": {
		func(in []*graph.Node) *graph.Node { return kernels.Dense{}.Forward(in[0], in[1], in[2]) },
		[]wave{waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24)},
	},
	"convolution": {
		func(in []*graph.Node) *graph.Node {
			return kernels.Convolution{Window: [2]int{3, 3}, Strides: [2]int{1, 1}}.Forward(in[0], in[1], in[2], true)
		},
		[]wave{waves(1, 1, 2, 1, 8, 8), waves(2, 1, 3, 3, 1, 2), waves(3, 1, 2)},
	},
	"batch normalization": {
		func(in []*graph.Node) *graph.Node {
			y, _, _ := kernels.BatchNorm{Epsilon: 1e-5, Activation: activation.TypeTanh}.Forward(in[0], in[1], in[2])
			return y
		},
		[]wave{waves(1, 1, 3, 2, 5, 4), waves(2, 1, 2), waves(3, 1, 2)},
	},
	"RNN":  recurrentLayer(kernels.RNN),
	"GRU":  recurrentLayer(kernels.GRU),
	"LSTM": recurrentLayer(kernels.LSTM),
}

func recurrentLayer(cell kernels.Cell) (l struct {
	layer  func(in []*graph.Node) *graph.Node
	inputs []wave
}) {
	c := recurrentCase{kernels.Recurrent{Cell: cell, Activation: activation.TypeTanh}, 3, 2, 4}
	l.layer = func(in []*graph.Node) *graph.Node { return c.Forward(in[0], in[1], in[2], in[3:], true) }
	l.inputs = c.inputs()
	return l
}

// Each gradient of an output is its own, with the same parameters.
func TestSeveralGradients(t *testing.T) {
	backend := started(t)
	for name, c := range layersOfKernels {
		got := values(t, backend, func(in []*graph.Node) []*graph.Node {
			y := c.layer(in)
			sum := graph.ReduceAllSum(y)
			once := graph.Gradient(sum, in...)
			return append(once, graph.Gradient(graph.MulScalar(sum, 3), in...)...)
		}, c.inputs...)
		for i, n := 0, len(c.inputs); i < n; i++ {
			for j := range got[i] {
				got[i][j] *= 3
			}
			d2ltest.Near(t, fmt.Sprintf("%s, gradient of input %d", name, i), got[n+i], got[i], 1e-5)
		}
	}
}

// A gradient of a fully connected layer can be differentiated again; that of another says that it cannot.
func TestSecondDerivatives(t *testing.T) {
	backend := started(t)
	second := func(layer func(in []*graph.Node) *graph.Node) func(in []*graph.Node) []*graph.Node {
		return func(in []*graph.Node) []*graph.Node {
			var norm *graph.Node
			for _, d := range withGradients(layer(in), in)[1:] {
				if square := graph.ReduceAllSum(graph.Square(d)); norm == nil {
					norm = square
				} else {
					norm = graph.Add(norm, square)
				}
			}
			return graph.Gradient(norm, in...)
		}
	}
	// A ReLU of zeros has a slope of 0, and so have its gradients.
	relu := values(t, backend, second(func(in []*graph.Node) *graph.Node {
		zero := graph.MulScalar(in[0], 0)
		return kernels.Dense{Activation: activation.TypeRelu}.Forward(zero, in[1], graph.MulScalar(in[2], 0))
	}), waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24))
	for i, d := range relu {
		if slices.ContainsFunc(d, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s of ReLU at 0 is not 0", names[1+i])
		}
	}

	inputs := []wave{waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24)}
	// Twice, so that the input of one depends on the weights of the other, which are the same.
	dense := kernels.Dense{Activation: activation.TypeTanh}
	got := values(t, backend, second(func(in []*graph.Node) *graph.Node {
		return dense.Forward(dense.Forward(in[0], in[1], in[2]), in[1], in[2])
	}), inputs...)
	layer := func(x, weights, biases *graph.Node) *graph.Node {
		return graph.Tanh(graph.Add(graph.Dot(x, weights).Product(), graph.ExpandLeftToRank(biases, 2)))
	}
	want := values(t, d2ltest.Must(inGo())(t), second(func(in []*graph.Node) *graph.Node {
		return layer(layer(in[0], in[1], in[2]), in[1], in[2])
	}), inputs...)
	for i, name := range names[1:] {
		d2ltest.Near(t, name, got[i], want[i], 1e-4)
	}

	for name, c := range layersOfKernels {
		if name == "dense" {
			continue
		}
		var args []any
		for _, x := range c.inputs {
			args = append(args, x.tensor())
		}
		_, err := graph.CallOnceN(backend, second(c.layer), args...)
		d2ltest.WantError(t, err, name+" has no second derivatives", "must do without")
	}
}
