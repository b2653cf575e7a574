package d2l

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// PyTorch's adaptive_max_pool1d has the same gradient: of equal maxima the first gets it.
func TestGlobalMaxPoolOfEqualMaxima(t *testing.T) {
	gradient := Compile(func(x *graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(GlobalMaxPool2D{}.Forward(nil, x)), x)[0]
	}, testDevice())
	for _, values := range [][]float32{{1, 3, 3, 3}, {3, 1, 3, 0}, {0, 0, 0, 0}} {
		expected := make([]float32, 4)
		expected[slices.Index(values, slices.Max(values))] = 1
		got := Values[float32](must(gradient(NewTensor(values, 1, 1, 4, 1)))(t))
		if !slices.Equal(got, expected) {
			t.Errorf("gradient for %v: %v, expected %v", values, got, expected)
		}
	}
}
