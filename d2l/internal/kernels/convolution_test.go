package kernels_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// definition computes a convolution and what follows it as their definitions say.
func definition(c kernels.Convolution, x, weights, biases *graph.Node) *graph.Node {
	for axis := range 2 {
		x = padded(x, 2+axis, c.Padding[axis])
	}
	var sum *graph.Node
	for i, seen := range windows(x, c.Window, c.Strides) {
		weight := graph.Squeeze(graph.Slice(
			weights, graph.AxisElem(i/c.Window[1]), graph.AxisElem(i%c.Window[1])), 0, 1)
		part := graph.Einsum("bihw,io->bohw", seen, weight)
		if sum == nil {
			sum = part
		} else {
			sum = graph.Add(sum, part)
		}
	}
	y := activation.Apply(c.Activation, graph.Add(sum, graph.Reshape(biases, 1, -1, 1, 1)))
	if c.Pooling == kernels.NoPooling {
		return y
	}
	var pooled *graph.Node
	for _, part := range windows(y, [2]int{2, 2}, [2]int{2, 2}) {
		switch {
		case pooled == nil:
			pooled = part
		case c.Pooling == kernels.Maximum:
			pooled = graph.Max(pooled, part)
		default:
			pooled = graph.Add(pooled, part)
		}
	}
	if c.Pooling == kernels.Average {
		pooled = graph.DivScalar(pooled, 4)
	}
	return pooled
}

// padded puts n zeros before and after x along an axis.
func padded(x *graph.Node, axis, n int) *graph.Node {
	sides := make([]compute.PadAxis, x.Rank())
	sides[axis] = compute.PadAxis{Start: n, End: n}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), sides...)
}

func TestConvolution(t *testing.T) {
	backend := started(t)
	one, three, five := [2]int{1, 1}, [2]int{3, 3}, [2]int{5, 5}
	for _, c := range []struct {
		kernels.Convolution
		input []int
		out   int
	}{
		{kernels.Convolution{five, one, [2]int{2, 2}, activation.TypeSigmoid, kernels.Average}, []int{36, 1, 28, 28}, 6}, // LeNet's.
		{kernels.Convolution{five, one, [2]int{}, activation.TypeSigmoid, kernels.Average}, []int{16, 6, 14, 14}, 16},
		{kernels.Convolution{five, one, [2]int{2, 2}, activation.TypeRelu, kernels.Maximum}, []int{3, 3, 9, 12}, 8}, // Odd height.
		{kernels.Convolution{three, one, one, activation.TypeTanh, kernels.Maximum}, []int{17, 5, 7, 7}, 13},
		{kernels.Convolution{three, one, one, activation.TypeNone, kernels.NoPooling}, []int{4, 8, 14, 14}, 16},
		{kernels.Convolution{three, [2]int{2, 2}, one, activation.TypeNone, kernels.NoPooling}, []int{5, 8, 14, 15}, 7},
		{kernels.Convolution{one, [2]int{2, 2}, [2]int{}, activation.TypeNone, kernels.NoPooling}, []int{2, 7, 9, 8}, 11},
		{kernels.Convolution{one, one, [2]int{}, activation.TypeRelu, kernels.NoPooling}, []int{2, 3, 5, 4}, 2},
		{kernels.Convolution{[2]int{7, 7}, [2]int{2, 2}, [2]int{3, 3}, activation.TypeSigmoid, kernels.NoPooling}, []int{2, 1, 11, 10}, 5},
		{kernels.Convolution{[2]int{2, 3}, [2]int{3, 1}, [2]int{0, 1}, activation.TypeTanh, kernels.NoPooling}, []int{2, 4, 8, 7}, 4},
		{kernels.Convolution{[2]int{4, 1}, [2]int{1, 3}, [2]int{5, 0}, activation.TypeNone, kernels.Average}, []int{2, 2, 4, 9}, 3},
		{kernels.Convolution{five, [2]int{2, 2}, [2]int{6, 6}, activation.TypeSigmoid, kernels.Average}, []int{2, 1, 6, 6}, 2},
		{kernels.Convolution{[2]int{11, 11}, [2]int{4, 4}, [2]int{1, 1}, activation.TypeRelu, kernels.NoPooling}, []int{2, 3, 31, 31}, 9},
		{kernels.Convolution{[2]int{2, 2}, one, [2]int{}, activation.TypeNone, kernels.NoPooling}, []int{2, 1, 3, 3}, 1}, // Fewer pixels than lanes.
		{kernels.Convolution{[2]int{2, 2}, one, [2]int{}, activation.TypeRelu, kernels.Maximum}, []int{1, 1, 3, 3}, 1},
	} {
		x, biases := waves(1, 1, c.input...), waves(3, 0.5, c.out)
		weights := waves(2, 0.5, c.Window[0], c.Window[1], c.input[1], c.out)
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			return withGradients(definition(c.Convolution, in[0], in[1], in[2]), in)
		}, x, weights, biases)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v of %v to %d", kind, c.Convolution, c.input, c.out), func(t *testing.T) {
				kernels.Use(kind)
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !c.Suits(in[0], c.out) {
						t.Error("it does not suit")
					}
					y := withGradients(c.Forward(in[0], in[1], in[2], true), in)
					return append(y, withGradients(c.Forward(in[0], in[1], in[2], false), in)...)
				}, x, weights, biases)
				for i, name := range names {
					d2ltest.Near(t, name, got[i], want[i], 1e-5)
					d2ltest.Near(t, name+" without training", got[len(names)+i], got[i], 0)
				}
			})
		}
	}
}

// A product that one thread computes has the bits of that which several do.
func TestThreads(t *testing.T) {
	backend := started(t)
	convolution := kernels.Convolution{Window: [2]int{5, 5}, Strides: [2]int{1, 1}, Activation: activation.TypeSigmoid, Pooling: kernels.Average}
	run := func(threads int) [][]float32 {
		defer kernels.Threads(threads)()
		return values(t, backend, func(in []*graph.Node) []*graph.Node {
			y := convolution.Forward(in[0], in[1], in[2], true)
			y = graph.Reshape(y, y.Shape().Dim(0), -1)
			return withGradients(kernels.Dense{}.Forward(y, in[3], in[4]), in)
		}, waves(1, 1, 200, 1, 12, 12), waves(2, 1, 5, 5, 1, 6), waves(3, 1, 6), waves(4, 1, 96, 20), waves(5, 1, 20))
	}
	want := run(1)
	for _, threads := range []int{2, 3, 16} {
		for i, got := range run(threads) {
			if !slices.Equal(got, want[i]) {
				t.Errorf("output %d has other bits with %d threads", i, threads)
			}
		}
	}
}

// NaN stays where it is: in the block that is pooled, and in the gradients that it has a part in.
func TestNaN(t *testing.T) {
	backend := started(t)
	nan := float32(math.NaN())
	x := make([]float32, 2*4*4)
	x[16+5] = nan // In the second image's first block.
	for _, kind := range expected() {
		kernels.Use(kind)
		for _, pooling := range []kernels.Pooling{kernels.Average, kernels.Maximum} {
			for _, a := range []activation.Type{activation.TypeNone, activation.TypeSigmoid, activation.TypeTanh, activation.TypeRelu} {
				c := kernels.Convolution{Window: [2]int{1, 1}, Strides: [2]int{1, 1}, Activation: a, Pooling: pooling}
				outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
					return withGradients(c.Forward(graph.Reshape(in[0], 2, 1, 4, 4), in[1], in[2], true), in[1:])
				}, x, [][][][]float32{{{{1}}}}, []float32{1}))(t)
				y := d2ltest.Must(tensors.CopyFlatData[float32](outputs[0]))(t)
				for i, v := range y {
					if isNaN := v != v; isNaN != (i == 4) {
						t.Errorf("%s, %v, %v: output %d is %v", kind, a, pooling, i, v)
					}
				}
				if d := d2ltest.Must(tensors.CopyFlatData[float32](outputs[1]))(t)[0]; d == d {
					t.Errorf("%s, %v, %v: the gradient of the weight is %v", kind, a, pooling, d)
				}
			}
		}
	}
}

// NaN and infinity are of their pixel and their image alone.
func TestNeighboursOfNaN(t *testing.T) {
	backend := started(t)
	x := make([]float32, 3*4*4)
	x[16+5], x[0] = float32(math.NaN()), float32(math.Inf(1))
	for _, kind := range expected() {
		kernels.Use(kind)
		for a := range map[activation.Type]int{activation.TypeSigmoid: 0, activation.TypeTanh: 0, activation.TypeRelu: 0} {
			c := kernels.Convolution{Window: [2]int{1, 1}, Strides: [2]int{1, 1}, Activation: a}
			outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
				y := c.Forward(graph.Reshape(in[0], 3, 1, 4, 4), in[1], in[2], true)
				// Of the third image alone: the weight is infinite, and so would 0 · ∞ be in images that are not there.
				third := graph.Slice(c.Forward(graph.Ones(y.Graph(), shapes.Make(dtypes.Float32, 3, 1, 4, 4)), in[3], in[2], true), graph.AxisElem(2))
				return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(third), in[3])[0]}
			}, x, [][][][]float32{{{{1}}}}, []float32{0}, [][][][]float32{{{{float32(math.Inf(1))}}}}))(t)
			for i, v := range d2ltest.Must(tensors.CopyFlatData[float32](outputs[0]))(t) {
				if isNaN := v != v; isNaN != (i == 16+5) {
					t.Errorf("%s, %v: output %d is %v", kind, a, i, v)
				}
			}
			if d := d2ltest.Must(tensors.CopyFlatData[float32](outputs[1]))(t)[0]; d != d {
				t.Errorf("%s, %v: the gradient of an infinite weight is NaN", kind, a)
			}
		}
	}
}

// Suits accepts what is small enough.
func TestSuits(t *testing.T) {
	backend := started(t)
	one, large := [2]int{1, 1}, [2]int{2000, 2000}
	for _, c := range []struct {
		kernels.Convolution
		input []int
		out   int
		want  bool
	}{
		{kernels.Convolution{Window: one, Strides: one}, []int{4, 3, 12, 12}, 8, true},
		{kernels.Convolution{Window: one, Strides: large, Padding: large}, []int{4, 3, 12, 12}, 8, false},
		{kernels.Convolution{Window: [2]int{8, 8}, Strides: one}, []int{64, 64, 9, 9}, 64, true},
		{kernels.Convolution{Window: [2]int{8, 8}, Strides: one}, []int{60_000, 64, 9, 9}, 64, false},
		{kernels.Convolution{Window: [2]int{13, 13}, Strides: one}, []int{4, 1, 12, 12}, 8, false}, // Larger than the image.
		{kernels.Convolution{Window: one, Strides: one}, []int{4, 3, 96, 96}, 8, false},
		{kernels.Convolution{Window: one, Strides: one, Activation: activation.TypeGelu}, []int{4, 3, 12, 12}, 8, false},
	} {
		g := graph.NewGraph(backend, "suits")
		if got := c.Suits(graph.Parameter(g, "x", shapes.Make(dtypes.Float32, c.input...)), c.out); got != c.want {
			t.Errorf("%+v of %v to %d suits: %v", c.Convolution, c.input, c.out, got)
		}
	}
}

// The first of several maxima gets the gradient, as in PyTorch.
func TestTies(t *testing.T) {
	backend := started(t)
	for _, kind := range expected() {
		kernels.Use(kind)
		c := kernels.Convolution{Window: [2]int{1, 1}, Strides: [2]int{1, 1}, Pooling: kernels.Maximum}
		got := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
			loss := graph.ReduceAllSum(c.Forward(graph.Reshape(in[0], 1, 1, 4, 4), in[1], in[2], true))
			return graph.Gradient(loss, in[0])
		}, []float32{0, 0, 0, 1, 0, 0, 1, 1, 1, 2, 0, 0, 2, 2, 0, 3}, [][][][]float32{{{{1}}}}, []float32{0}))(t)
		want := []float32{1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}
		if d := d2ltest.Must(tensors.CopyFlatData[float32](got[0]))(t); !slices.Equal(d, want) {
			t.Errorf("%s: the gradient is %v, expected %v", kind, d, want)
		}
	}
}
