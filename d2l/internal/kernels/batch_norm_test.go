package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

func TestBatchNorm(t *testing.T) {
	backend := started(t)
	for _, c := range []struct {
		activation activation.Type
		input      []int
		mean       float32 // What is added to x.
	}{
		{activation.TypeRelu, []int{100, 8, 14, 14}, 0}, // Several parts, the last a smaller one.
		{activation.TypeNone, []int{33, 3, 7, 7}, 0},
		{activation.TypeSigmoid, []int{40, 6, 28, 28}, 0},
		{activation.TypeTanh, []int{5, 2, 4, 4}, 0}, // One register.
		{activation.TypeRelu, []int{3, 5, 3, 5}, 0}, // Fewer numbers than that.
		{activation.TypeNone, []int{64, 7, 1, 1}, 0},
		{activation.TypeRelu, []int{9, 1, 3, 11}, 0},    // One more than two.
		{activation.TypeRelu, []int{2, 2, 120, 130}, 0}, // Larger than a part.
		{activation.TypeNone, []int{4, 4, 10, 10}, 30},  // Whose mean is large.
	} {
		channels := c.input[1]
		x, scale, offset := waves(1, 2, c.input...), waves(2, 1, channels), waves(3, 1, channels)
		moved := func(x *graph.Node) *graph.Node { return graph.AddScalar(x, c.mean) }
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			y, mean, variance := normalized(moved(in[0]), in[1], in[2], c.activation)
			return append(withGradients(y, in), mean, variance)
		}, x, scale, offset)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %v", kind, c), func(t *testing.T) {
				kernels.Use(kind)
				norm := kernels.BatchNorm{Epsilon: 1e-5, Activation: c.activation}
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !norm.Suits(in[0]) {
						t.Error("it does not suit")
					}
					y, mean, variance := norm.Forward(moved(in[0]), in[1], in[2])
					return append(withGradients(y, in), mean, variance)
				}, x, scale, offset)
				for i, name := range []string{"output", "dX", "dScale", "dOffset", "mean", "variance"} {
					d2ltest.Near(t, name, got[i], want[i], 2e-5)
				}
			})
		}
	}
}

// normalized computes it as its definition says, with the mean and the variance of each channel.
func normalized(x, scale, offset *graph.Node, a activation.Type) (y, mean, variance *graph.Node) {
	along := func(v *graph.Node) *graph.Node { return graph.Reshape(v, 1, v.Shape().Size(), 1, 1) }
	mean = graph.ReduceMean(x, 0, 2, 3)
	distance := graph.Sub(x, along(mean))
	variance = graph.ReduceMean(graph.Square(distance), 0, 2, 3)
	y = graph.Div(distance, graph.Sqrt(graph.AddScalar(along(variance), 1e-5)))
	y = graph.Add(graph.Mul(y, along(scale)), along(offset))
	return activation.Apply(a, y), mean, variance
}

// What is the same everywhere has no distance from its mean, although sums of it are rounded.
func TestBatchNormOfConstants(t *testing.T) {
	backend := started(t)
	for _, kind := range expected() {
		kernels.Use(kind)
		for _, dims := range [][]int{{32, 1, 28, 28}, {2048, 4, 1, 1}, {8, 3, 224, 224}} {
			for _, c := range []float32{3.3, 200.3, 1000.7, 1e5} {
				y := d2ltest.Must(graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
					scale := graph.Ones(x.Graph(), shapes.Make(x.DType(), dims[1]))
					y, _, variance := kernels.BatchNorm{Epsilon: 1e-5}.Forward(graph.BroadcastToDims(x, dims...), scale, graph.ZerosLike(scale))
					return graph.Max(graph.ReduceAllMax(graph.Abs(y)), graph.ReduceAllMax(variance))
				}, c))(t)
				if y := tensors.ToScalar[float32](y); y > 1e-6 {
					t.Errorf("%s: %v of %v: a distance or the variance is %v", kind, dims, c, y)
				}
			}
		}
	}
}

// A batch with NaN has NaN in that channel alone.
func TestBatchNormOfNaN(t *testing.T) {
	backend := started(t)
	for _, kind := range expected() {
		kernels.Use(kind)
		y := d2ltest.Must(graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
			x = graph.Reshape(x, 1, 2, 1, 20)
			ones := graph.Ones(x.Graph(), shapes.Make(x.DType(), 2))
			y, _, _ := kernels.BatchNorm{Epsilon: 1e-5, Activation: activation.TypeRelu}.Forward(x, ones, ones)
			return y
		}, append(make([]float32, 39), float32(math.NaN()))))(t)
		for i, y := range d2ltest.Must(tensors.CopyFlatData[float32](y))(t) {
			if (y != y) != (i >= 20) {
				t.Errorf("%s: output %d is %v", kind, i, y)
			}
		}
	}
}

func TestBatchNormThreads(t *testing.T) {
	sameOnThreads(t, func(in []*graph.Node) []*graph.Node {
		y, mean, variance := kernels.BatchNorm{Epsilon: 1e-5, Activation: activation.TypeRelu}.Forward(in[0], in[1], in[2])
		return append(withGradients(y, in), mean, variance)
	}, waves(1, 2, 100, 8, 14, 14), waves(2, 1, 8), waves(3, 1, 8))
}
