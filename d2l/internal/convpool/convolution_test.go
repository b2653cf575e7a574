package convpool

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
)

// definition computes the convolution as its definition says.
func (c Convolution) definition(x, weights *graph.Node) *graph.Node {
	x = padAxes(x, map[int][2]int{2: {c.Padding[0], c.Padding[0]}, 3: {c.Padding[1], c.Padding[1]}})
	height, width := weights.Shape().Dim(0), weights.Shape().Dim(1)
	var sum *graph.Node
	for down := range height {
		for right := range width {
			seen := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(down, x.Shape().Dim(2)-height+down+1).Stride(c.Strides[0]),
				graph.AxisRange(right, x.Shape().Dim(3)-width+right+1).Stride(c.Strides[1]))
			weight := graph.Squeeze(graph.Slice(weights, graph.AxisElem(down), graph.AxisElem(right)), 0, 1)
			sum = add(sum, graph.Einsum("bihw,io->bhwo", seen, weight))
		}
	}
	return sum
}

func TestConvolution(t *testing.T) {
	for _, c := range []struct {
		Convolution
		input, weights []int
	}{
		{Convolution{[2]int{1, 1}, [2]int{1, 1}}, []int{3, 1, 6, 7}, []int{3, 3, 1, 4}},
		{Convolution{[2]int{2, 2}, [2]int{3, 3}}, []int{2, 1, 9, 9}, []int{7, 7, 1, 10}},
		{Convolution{[2]int{1, 1}, [2]int{0, 0}}, []int{2, 3, 5, 5}, []int{2, 2, 3, 3}}, // An even window.
		{Convolution{[2]int{3, 2}, [2]int{0, 1}}, []int{1, 4, 8, 7}, []int{3, 2, 4, 5}}, // What strides leave over.
		{Convolution{[2]int{1, 2}, [2]int{1, 0}}, []int{2, 2, 4, 6}, []int{2, 5, 2, 9}},
		{Convolution{[2]int{2, 2}, [2]int{0, 0}}, []int{2, 2, 4, 4}, []int{1, 1, 2, 3}},
	} {
		t.Run(fmt.Sprintf("%v of %v by %v", c.Convolution, c.input, c.weights), func(t *testing.T) {
			results := evaluate(t, func(inputs []*graph.Node) (results []*graph.Node) {
				if !c.Suits(inputs[0], inputs[1], false) {
					t.Error("it does not suit")
				}
				for _, y := range []*graph.Node{c.definition(inputs[0], inputs[1]), c.Forward(inputs[0], inputs[1])} {
					// A weight of its own for each output, so that no two errors cancel.
					loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
					results = append(append(results, y), graph.Gradient(loss, inputs...)...)
				}
				return results
			}, waves(1, 1, c.input...), waves(2, 0.5, c.weights...))
			for i, name := range []string{"output", "dX", "dWeights"} {
				d2ltest.Near(t, name, results[3+i], results[i], 1e-5)
			}
		})
	}
}

func TestConvolutionSuits(t *testing.T) {
	for _, c := range []struct {
		padding        int
		input, weights []int
		want, oneDNN   bool // Without and with oneDNN.
	}{
		{3, []int{1, 1, 28, 28}, []int{7, 7, 1, 64}, true, false},
		{1, []int{1, 1, 28, 28}, []int{2, 5, 1, 64}, true, false},
		{0, []int{1, 1, 28, 28}, []int{1, 9, 1, 64}, true, true},
		{1, []int{1, 4, 28, 28}, []int{3, 3, 4, 64}, true, true},
		{0, []int{1, 1, 28, 28}, []int{11, 11, 1, 96}, false, false}, // Too many weights.
		{1, []int{1, 5, 28, 28}, []int{3, 3, 5, 64}, false, false},   // Too many channels.
		{3, []int{1, 1, 28, 28}, []int{3, 3, 1, 64}, false, false},   // A padding as wide as the window.
		{1, []int{1, 1, 28, 28}, []int{3, 3, 1, 1}, false, false},    // Patches many times the output.
	} {
		evaluate(t, func(inputs []*graph.Node) []*graph.Node {
			own := Convolution{[2]int{1, 1}, [2]int{c.padding, c.padding}}
			for oneDNN, want := range map[bool]bool{false: c.want, true: c.oneDNN} {
				if got := own.Suits(inputs[0], inputs[1], oneDNN); got != want {
					t.Errorf("Suits is %v for a kernel of %v and a padding of %d; oneDNN: %v", got, c.weights, c.padding, oneDNN)
				}
			}
			return inputs
		}, waves(1, 1, c.input...), waves(2, 1, c.weights...))
	}
}
