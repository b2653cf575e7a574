package kernels_test

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

func TestDense(t *testing.T) {
	backend := started(t)
	for _, c := range []struct {
		activation     activation.Type
		batch, in, out int
	}{
		{activation.TypeSigmoid, 256, 400, 120},
		{activation.TypeNone, 17, 84, 10},
		{activation.TypeRelu, 1, 53, 64},
		{activation.TypeTanh, 8, 16, 33},
		{activation.TypeNone, 600, 300, 1030}, // Several parts of the most rows, in the gradients as well.
		{activation.TypeRelu, 70, 520, 40},
	} {
		x, weights, biases := waves(1, 1, c.batch, c.in), waves(2, 0.5, c.in, c.out), waves(3, 0.5, c.out)
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			y := graph.Add(graph.Dot(in[0], in[1]).Product(), graph.ExpandLeftToRank(in[2], 2))
			return withGradients(activation.Apply(c.activation, y), in)
		}, x, weights, biases)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v", kind, c), func(t *testing.T) {
				kernels.Use(kind)
				dense := kernels.Dense{Activation: c.activation}
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !dense.Suits(in[0], c.out) {
						t.Error("it does not suit")
					}
					return withGradients(dense.Forward(in[0], in[1], in[2]), in)
				}, x, weights, biases)
				for i, name := range names {
					d2ltest.Near(t, name, got[i], want[i], 2e-5)
				}
			})
		}
	}
}
