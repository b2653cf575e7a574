package kernels_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestMaxPool(t *testing.T) {
	backend := started(t)
	for _, c := range []struct {
		kernels.MaxPool
		input []int
	}{
		{kernels.MaxPool{[2]int{2, 2}, [2]int{2, 2}, [2]int{}}, []int{40, 3, 9, 12}},
		{kernels.MaxPool{[2]int{3, 3}, [2]int{2, 2}, [2]int{1, 1}}, []int{2, 5, 14, 13}},
		{kernels.MaxPool{[2]int{3, 2}, [2]int{1, 3}, [2]int{1, 0}}, []int{2, 2, 7, 8}},
		{kernels.MaxPool{[2]int{1, 4}, [2]int{5, 1}, [2]int{0, 2}}, []int{1, 1, 6, 3}},
		{kernels.MaxPool{[2]int{1, 7}, [2]int{1, 2}, [2]int{0, 2}}, []int{1, 1, 2, 3}}, // Wider than the image.
		{kernels.MaxPool{[2]int{5, 7}, [2]int{2, 3}, [2]int{2, 3}}, []int{2, 3, 5, 4}},
	} {
		x := waves(1, 1, c.input...)
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			return withGradients(maximumOfWindows(c.MaxPool, in[0]), in)
		}, x)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v of %v", kind, c.MaxPool, c.input), func(t *testing.T) {
				kernels.Use(kind)
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !c.Suits(in[0]) {
						t.Error("it does not suit")
					}
					return withGradients(c.Forward(in[0]), in)
				}, x)
				for i, name := range []string{"output", "dX"} {
					d2ltest.Near(t, name, got[i], want[i], 1e-6)
				}
			})
		}
	}
	// The first of several maxima gets the gradient; NaN is one.
	nan := float32(math.NaN())
	outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
		y := kernels.MaxPool{Window: [2]int{1, 2}, Strides: [2]int{1, 2}}.Forward(graph.Reshape(in[0], 1, 1, 1, 8))
		return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(y), in[0])[0]}
	}, []float32{1, 1, 0, 2, nan, 3, 3, nan}))(t)
	y := d2ltest.Must(tensors.CopyFlatData[float32](outputs[0]))(t)
	if y[0] != 1 || y[1] != 2 || y[2] == y[2] || y[3] == y[3] {
		t.Errorf("the maxima are %v", y)
	}
	if d := d2ltest.Must(tensors.CopyFlatData[float32](outputs[1]))(t); !slices.Equal(d, []float32{1, 0, 0, 1, 1, 0, 0, 1}) {
		t.Errorf("the gradient is %v", d)
	}
}

// maximumOfWindows computes it as its definition says.
func maximumOfWindows(p kernels.MaxPool, x *graph.Node) *graph.Node {
	sides := make([]compute.PadAxis, 4)
	for axis := range 2 {
		sides[2+axis] = compute.PadAxis{Start: p.Padding[axis], End: p.Padding[axis]}
	}
	x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), -100), sides...)
	var y *graph.Node
	for _, seen := range windows(x, p.Window, p.Strides) {
		if y == nil {
			y = seen
		} else {
			y = graph.Max(y, seen)
		}
	}
	return y
}
