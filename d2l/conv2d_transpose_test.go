package d2l

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// Both ways of computing it give the same, with the same gradients: one is a kernel for the CPU, the other for GPUs.
func TestConv2DTransposeWays(t *testing.T) {
	for _, w := range []window{
		{size: [2]int{4, 4}, strides: [2]int{2, 2}, padding: [2]int{1, 1}},
		{size: [2]int{5, 3}, strides: [2]int{3, 2}, padding: [2]int{2, 0}},
		{size: [2]int{3, 3}, strides: [2]int{1, 1}},
		{size: [2]int{2, 1}, strides: [2]int{3, 2}},
		{size: [2]int{16, 12}, strides: [2]int{8, 4}, padding: [2]int{4, 7}},
		{size: [2]int{2, 2}, strides: [2]int{1, 1}, padding: [2]int{2, 2}},
	} {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			x, weights := waves(1, 1, 2, 4, 5, 3), waves(2, 1, w.size[0], w.size[1], 2, 3)
			results := func(way func(x, weights *graph.Node, w window) *graph.Node) (all [][]float32) {
				outputs := must(CompileN(func(x, weights *graph.Node) []*graph.Node {
					y := way(x, weights, w)
					return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, weights)...)
				}, testDevice())(x, weights))(t)
				for _, output := range outputs {
					all = append(all, float32s(t, output))
				}
				return all
			}
			want := results(convolveTransposed)
			byKernel := func(x, weights *graph.Node, w window) *graph.Node {
				x = channelsFirst(x)
				kernel, _, ok := w.im2col(x, NoActivation)
				if !pairsTogether() {
					t.Skip("there are no kernels for this device")
				}
				if !ok {
					t.Fatal("no kernel takes it")
				}
				return channelsLast(kernel.Transposed(x, weights, biasesOrZeros(nil, x, weights.Shape().Dim(2))))
			}
			for i, got := range results(byKernel) {
				near(t, []string{"output", "gradient of x", "gradient of the weights"}[i], got, want[i], 1e-4)
			}
		})
	}
}
