package d2l

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// At 0 the slope is that of what is negative, as in PyTorch.
func TestLeakyReLUGradient(t *testing.T) {
	slope := must(Compile(func(x *graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(LeakyReLU{Alpha: 0.2}.Forward(nil, x)), x)[0]
	}, testDevice())([]float32{-1, 0, 1}))(t)
	near(t, "slopes", float32s(t, slope), []float32{0.2, 0.2, 1}, 0)
	wantPanic(t, func() { LeakyReLU{}.Forward(nil, nil) }, "LeakyReLU needs an Alpha")
}
