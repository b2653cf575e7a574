package convpool

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// backend is GoMLX's in Go. Package d2l tests the layers on XLA.
var backend = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("") })

// evaluate returns the outputs of a graph.
func evaluate(t *testing.T, f func(inputs []*graph.Node) []*graph.Node, inputs ...*tensors.Tensor) [][]float32 {
	t.Helper()
	args := make([]any, len(inputs))
	for i, x := range inputs {
		args[i] = x
	}
	outputs := d2ltest.Must(graph.CallOnceN(d2ltest.Must(backend())(t), f, args...))(t)
	values := make([][]float32, len(outputs))
	for i, y := range outputs {
		values[i] = d2ltest.Must(tensors.CopyFlatData[float32](y))(t)
	}
	return values
}

// waves returns a tensor of numbers between −scale and scale.
func waves(seed int, scale float64, dims ...int) *tensors.Tensor {
	size := 1
	for _, n := range dims {
		size *= n
	}
	return tensors.FromFlatDataAndDimensions(d2ltest.Wave(seed, scale, size), dims...)
}

// layers computes the two layers as their definitions say.
func (c Config) layers(x, weights, biases *graph.Node) *graph.Node {
	sides := [2]int{c.Padding, c.Padding}
	x = padAxes(x, map[int][2]int{2: sides, 3: sides})
	rows, cols := x.Shape().Dim(2)-c.KernelSize+1, x.Shape().Dim(3)-c.KernelSize+1
	var sum *graph.Node
	for down := range c.KernelSize {
		for right := range c.KernelSize {
			seen := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(down, down+rows), graph.AxisRange(right, right+cols))
			weight := graph.Squeeze(graph.Slice(weights, graph.AxisElem(down), graph.AxisElem(right)), 0, 1)
			sum = add(sum, graph.Einsum("bihw,io->bohw", seen, weight))
		}
	}
	y := activation.Apply(c.Activation, graph.Add(sum, graph.Reshape(biases, 1, c.Channels, 1, 1)))
	var pooled *graph.Node
	for phase := range 4 {
		part := graph.Slice(y, graph.AxisRange(), graph.AxisRange(),
			graph.AxisRange(phase/2, phase/2+rows/2*2-1).Stride(2), graph.AxisRange(phase%2, phase%2+cols/2*2-1).Stride(2))
		switch {
		case pooled == nil:
			pooled = part
		case c.Max:
			pooled = graph.Max(pooled, part)
		default:
			pooled = graph.Add(pooled, part)
		}
	}
	if c.Max {
		return pooled
	}
	return graph.DivScalar(pooled, 4)
}

func TestForward(t *testing.T) {
	for _, c := range []struct {
		Config
		input []int
	}{
		{Config{6, 5, 2, activation.TypeSigmoid, false}, []int{4, 1, 28, 28}},
		{Config{16, 5, 0, activation.TypeSigmoid, true}, []int{3, 6, 14, 14}},
		{Config{2, 5, 0, activation.TypeTanh, false}, []int{66, 1, 10, 10}}, // Two groups.
		{Config{2, 5, 0, activation.TypeSigmoid, false}, []int{64, 2, 10, 10}},
		{Config{4, 5, 2, activation.TypeRelu, false}, []int{1, 3, 9, 12}}, // Odd height.
		{Config{3, 7, 3, activation.TypeNone, true}, []int{2, 2, 9, 11}},
		{Config{2, 5, 6, activation.TypeSigmoid, false}, []int{2, 1, 6, 6}},
		{Config{2, 4, 0, activation.TypeTanh, true}, []int{2, 1, 8, 9}}, // An even window.
		{Config{2, 1, 0, activation.TypeNone, false}, []int{2, 3, 5, 4}},
	} {
		t.Run(fmt.Sprintf("%+v of %v", c.Config, c.input), func(t *testing.T) {
			x := waves(1, 1, c.input...)
			weights, biases := waves(2, 0.5, c.KernelSize, c.KernelSize, c.input[1], c.Channels), waves(3, 0.5, c.Channels)
			for _, training := range []bool{true, false} {
				results := evaluate(t, func(inputs []*graph.Node) (results []*graph.Node) {
					if !c.Suits(inputs[0]) {
						t.Error("it does not suit")
					}
					for _, y := range []*graph.Node{
						c.layers(inputs[0], inputs[1], inputs[2]), c.Forward(inputs[0], inputs[1], inputs[2], training),
					} {
						// A weight of its own for each output, so that no two errors cancel.
						loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
						results = append(append(results, y), graph.Gradient(loss, inputs...)...)
					}
					return results
				}, x, weights, biases)
				for i, name := range []string{"output", "dX", "dWeights", "dBiases"} {
					d2ltest.Near(t, name, results[4+i], results[i], 1e-5)
				}
			}
		})
	}
}

// What is not asked for is not built.
func TestCustomGradientIsLazy(t *testing.T) {
	var built []string
	results := evaluate(t, func(inputs []*graph.Node) []*graph.Node {
		var dY *graph.Node
		gradient := func(name string, factor float64) func() *graph.Node {
			return func() *graph.Node {
				built = append(built, name)
				return graph.MulScalar(dY, factor)
			}
		}
		y := graph.Mul(graph.StopGradient(inputs[0]), graph.StopGradient(inputs[1]))
		y = withCustomGradient(y, func(v *graph.Node) { dY = v },
			input{inputs[0], gradient("a", 5)}, input{inputs[1], gradient("b", 7)})
		loss := graph.ReduceAllSum(graph.MulScalar(y, 2))
		return append(graph.Gradient(loss, inputs[1]), y)
	}, waves(1, 1, 3), waves(2, 1, 3))
	if !slices.Equal(built, []string{"b"}) || !slices.Equal(results[0], []float32{14, 14, 14}) {
		t.Errorf("built %v, the gradient is %v", built, results[0])
	}
	for i, v := range results[1] {
		if want := d2ltest.Wave(1, 1, 3)[i] * d2ltest.Wave(2, 1, 3)[i]; v != want {
			t.Errorf("output %d is %v, expected %v", i, v, want)
		}
	}
}

// Each function that undoes another returns the input.
func TestInverses(t *testing.T) {
	for name, f := range map[string]func(x *graph.Node) *graph.Node{
		"batchLast": func(x *graph.Node) *graph.Node { return batchFirst(batchLast(x)) },
		"blocks":    func(x *graph.Node) *graph.Node { return batchFirst(pixels(blocks(batchLast(x)))) },
		"pad":       func(x *graph.Node) *graph.Node { return batchFirst(unpad(pad(batchLast(x), 2, 11, 13), 2, 6, 8)) },
	} {
		for _, batch := range []int{1, 33, 64, 66} {
			x := waves(1, 1, batch, 2, 6, 8)
			got := evaluate(t, func(inputs []*graph.Node) []*graph.Node { return []*graph.Node{f(inputs[0])} }, x)
			if want := d2ltest.Must(tensors.CopyFlatData[float32](x))(t); !slices.Equal(got[0], want) {
				t.Errorf("%s and back, of a batch of %d, gives other values", name, batch)
			}
		}
	}
}

func TestNumGroups(t *testing.T) {
	for batch, want := range map[int]int{1: 1, 32: 1, 33: 1, 66: 2, 96: 3, 256: 8, 264: 8, 1000: 8, 10: 1, 132: 4} {
		if got := numGroups(batch); got != want {
			t.Errorf("%d groups of a batch of %d, expected %d", got, batch, want)
		}
	}
}

func TestFastSigmoid(t *testing.T) {
	var x []float32
	for v := float32(-30); v <= 30; v += 0.01 {
		x = append(x, v)
	}
	y := evaluate(t, func(inputs []*graph.Node) []*graph.Node {
		return []*graph.Node{fastSigmoid(inputs[0])}
	}, tensors.FromValue(x))[0]
	for i, v := range x {
		if want := 1 / (1 + math.Exp(-float64(v))); math.Abs(float64(y[i])-want) > 3e-7 {
			t.Errorf("the sigmoid of %v is %v, expected %v", v, y[i], want)
		}
	}
}

// The first of several maxima gets the gradient, as in PyTorch, and NaN is one.
func TestUnpoolTies(t *testing.T) {
	nan := float32(math.NaN())
	dPhases := evaluate(t, func(phases []*graph.Node) []*graph.Node {
		p := &pass{Config: Config{Max: true}, phases: phases}
		p.pooled = p.pool()
		return p.unpool(graph.MulScalar(graph.OnesLike(phases[0]), 5))
	}, tensors.FromValue([]float32{1, 0, 1, 2, 0}), tensors.FromValue([]float32{1, 1, 2, 3, nan}),
		tensors.FromValue([]float32{1, 1, 2, 3, 0}), tensors.FromValue([]float32{1, 1, 2, 4, 0}))
	want := [][]float32{{5, 0, 0, 0, 0}, {0, 5, 5, 0, 5}, {0, 0, 0, 0, 0}, {0, 0, 0, 5, 0}}
	if !slices.EqualFunc(dPhases, want, slices.Equal[[]float32]) {
		t.Errorf("the gradients are %v, expected %v", dPhases, want)
	}
}

// A second derivative is an error, and not a wrong number.
func TestSecondDerivative(t *testing.T) {
	for name, forward := range map[string]func(x, weights, biases *graph.Node) *graph.Node{
		"with pooling": func(x, weights, biases *graph.Node) *graph.Node {
			return Config{Channels: 2, KernelSize: 5}.Forward(x, weights, biases, true)
		},
		"alone": func(x, weights, _ *graph.Node) *graph.Node {
			return Convolution{Strides: [2]int{1, 1}}.Forward(x, weights)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := graph.CallOnceN(d2ltest.Must(backend())(t), func(inputs []*graph.Node) []*graph.Node {
				y := forward(inputs[0], inputs[1], inputs[2])
				dX := graph.Gradient(graph.ReduceAllSum(graph.Square(y)), inputs[0])[0]
				return graph.Gradient(graph.ReduceAllSum(graph.Square(dX)), inputs[1])
			}, waves(1, 1, 1, 1, 8, 8), waves(2, 1, 5, 5, 1, 2), waves(3, 1, 2))
			d2ltest.WantError(t, err, "no second derivatives", "must do without")
		})
	}
}
