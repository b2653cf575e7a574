package kernels_test

import (
	"math"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Activations are near the exact values everywhere.
func TestActivations(t *testing.T) {
	backend := started(t)
	const rows, cols = 60, 100
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = float32(i-len(x)/2) / 100
	}
	exact := map[activation.Type]func(x float64) float64{
		activation.TypeSigmoid: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		activation.TypeTanh:    math.Tanh,
		activation.TypeRelu:    func(x float64) float64 { return max(x, 0) },
		activation.TypeNone:    func(x float64) float64 { return x },
	}
	for _, kind := range expected() {
		kernels.Use(kind)
		for a, f := range exact {
			c := kernels.Convolution{Window: [2]int{1, 1}, Strides: [2]int{1, 1}, Activation: a}
			outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
				return []*graph.Node{c.Forward(graph.Reshape(in[0], 1, 1, rows, cols), in[1], in[2], false)}
			}, x, [][][][]float32{{{{1}}}}, []float32{0}))(t)
			for i, y := range d2ltest.Must(tensors.CopyFlatData[float32](outputs[0]))(t) {
				tolerance := 3e-7
				if a == activation.TypeTanh {
					tolerance = 4e-7
				}
				if want := f(float64(x[i])); math.Abs(float64(y)-want) > tolerance {
					t.Errorf("%s: the %v of %v is %v, expected %v", kind, a, x[i], y, want)
				}
			}
		}
	}
}
