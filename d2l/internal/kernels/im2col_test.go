package kernels_test

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

var im2cols = []struct {
	kernels.Im2col
	input []int
	out   int
}{
	{kernels.Im2col{[2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, activation.TypeRelu}, []int{2, 20, 12, 12}, 24},
	{kernels.Im2col{[2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, activation.TypeNone}, []int{2, 17, 7, 9}, 100}, // By Winograd's algorithm.
	{kernels.Im2col{[2]int{3, 3}, [2]int{1, 1}, [2]int{}, activation.TypeTanh}, []int{1, 70, 6, 13}, 19},
	{kernels.Im2col{[2]int{3, 3}, [2]int{1, 1}, [2]int{2, 0}, activation.TypeSigmoid}, []int{3, 16, 4, 7}, 16},
	{kernels.Im2col{[2]int{1, 1}, [2]int{1, 1}, [2]int{}, activation.TypeNone}, []int{3, 40, 7, 7}, 150}, // Several tiles of rows.
	{kernels.Im2col{[2]int{1, 1}, [2]int{2, 2}, [2]int{}, activation.TypeNone}, []int{2, 7, 9, 8}, 11},
	{kernels.Im2col{[2]int{7, 7}, [2]int{2, 2}, [2]int{3, 3}, activation.TypeSigmoid}, []int{2, 1, 31, 30}, 9},
	{kernels.Im2col{[2]int{11, 11}, [2]int{4, 4}, [2]int{1, 1}, activation.TypeRelu}, []int{1, 3, 15, 19}, 9},
	{kernels.Im2col{[2]int{2, 3}, [2]int{3, 1}, [2]int{0, 1}, activation.TypeTanh}, []int{2, 4, 8, 7}, 4},
	{kernels.Im2col{[2]int{4, 1}, [2]int{1, 3}, [2]int{5, 0}, activation.TypeNone}, []int{2, 2, 4, 9}, 3},
	{kernels.Im2col{[2]int{5, 5}, [2]int{2, 2}, [2]int{6, 6}, activation.TypeNone}, []int{2, 1, 6, 6}, 2},  // More padding than the window.
	{kernels.Im2col{[2]int{1, 2}, [2]int{3, 4}, [2]int{0, 0}, activation.TypeNone}, []int{1, 5, 7, 10}, 3}, // Pixels that no window sees.
	{kernels.Im2col{[2]int{2, 2}, [2]int{1, 1}, [2]int{}, activation.TypeNone}, []int{1, 1, 2, 2}, 1},
	{kernels.Im2col{[2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, activation.TypeNone}, []int{9, 3, 10, 10}, 5}, // Several splits of the positions.
	{kernels.Im2col{[2]int{3, 1}, [2]int{1, 1}, [2]int{}, activation.TypeTanh}, []int{3, 70, 3, 3}, 130},
}

func (c im2colCase) convolution() kernels.Convolution {
	return kernels.Convolution{Window: c.Window, Strides: c.Strides, Padding: c.Padding, Activation: c.Activation}
}

type im2colCase struct{ kernels.Im2col }

func TestIm2col(t *testing.T) {
	backend := started(t)
	for _, c := range im2cols {
		x, biases := waves(1, 1, c.input...), waves(3, 0.5, c.out)
		weights := waves(2, 0.5, c.Window[0], c.Window[1], c.input[1], c.out)
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			return withGradients(definition(im2colCase{c.Im2col}.convolution(), in[0], in[1], in[2]), in)
		}, x, weights, biases)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v of %v to %d", kind, c.Im2col, c.input, c.out), func(t *testing.T) {
				kernels.Use(kind)
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !c.Suits(in[0]) {
						t.Error("it does not suit")
					}
					return withGradients(c.Forward(in[0], in[1], in[2]), in)
				}, x, weights, biases)
				for i, name := range names {
					d2ltest.Near(t, name, got[i], want[i], 1e-5)
				}
			})
		}
	}
}

func TestIm2colOnThreads(t *testing.T) {
	c := kernels.Im2col{Window: [2]int{3, 3}, Strides: [2]int{2, 1}, Padding: [2]int{1, 1}, Activation: activation.TypeTanh}
	sameOnThreads(t, func(in []*graph.Node) []*graph.Node {
		return withGradients(c.Transposed(c.Forward(in[0], in[1], in[2]), in[3], in[4]), in)
	}, waves(1, 1, 9, 3, 12, 11), waves(2, 1, 3, 3, 3, 20), waves(3, 1, 20), waves(4, 1, 3, 3, 5, 20), waves(5, 1, 5))
	winograd := kernels.Im2col{Window: [2]int{3, 3}, Strides: [2]int{1, 1}, Padding: [2]int{1, 1}}
	sameOnThreads(t, func(in []*graph.Node) []*graph.Node {
		return withGradients(winograd.Forward(in[0], in[1], in[2]), in)
	}, waves(1, 1, 9, 17, 12, 11), waves(2, 1, 3, 3, 17, 100), waves(3, 1, 100))
}

// A transposed convolution is the gradient of a convolution with respect to its images.
func TestIm2colTransposed(t *testing.T) {
	backend := started(t)
	for _, c := range im2cols {
		size := func(axis int) int {
			return (c.input[2+axis]-1)*c.Strides[axis] + c.Window[axis] - 2*c.Padding[axis]
		}
		if size(0) <= 0 || size(1) <= 0 {
			continue
		}
		x, biases := waves(1, 1, c.input...), waves(3, 0.5, c.out)
		weights := waves(2, 0.5, c.Window[0], c.Window[1], c.out, c.input[1])
		linear := im2colCase{c.Im2col}.convolution()
		linear.Activation = activation.TypeNone
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			images := graph.Zeros(in[0].Graph(), wave{0, 0, []int{c.input[0], c.out, size(0), size(1)}}.tensor().Shape())
			none := graph.Zeros(in[0].Graph(), waves(0, 0, c.input[1]).tensor().Shape())
			y := definition(linear, images, in[1], none)
			y = graph.Gradient(graph.ReduceAllSum(graph.Mul(y, in[0])), images)[0]
			y = graph.Add(y, graph.Reshape(in[2], 1, -1, 1, 1))
			return withGradients(activation.Apply(c.Activation, y), in)
		}, x, weights, biases)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v of %v to %d", kind, c.Im2col, c.input, c.out), func(t *testing.T) {
				kernels.Use(kind)
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					return withGradients(c.Transposed(in[0], in[1], in[2]), in)
				}, x, weights, biases)
				for i, name := range names {
					d2ltest.Near(t, name, got[i], want[i], 1e-5)
				}
			})
		}
	}
}

// Counts of positions are of C's type int.
func TestIm2colSuits(t *testing.T) {
	backend := started(t)
	one := kernels.Im2col{Window: [2]int{1, 1}, Strides: [2]int{1, 1}}
	for images, want := range map[int]bool{1 << 10: true, 1 << 16: false} {
		g := graph.NewGraph(backend, "suits")
		if got := one.Suits(graph.Parameter(g, "x", shapes.Make(dtypes.Float32, images, 1, 182, 182))); got != want {
			t.Errorf("%d images suit: %v", images, got)
		}
	}
}
