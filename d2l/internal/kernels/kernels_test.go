package kernels_test

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"golang.org/x/sys/cpu"
)

func TestMain(m *testing.M) {
	remove := d2ltest.OwnCompilationCache()
	code := m.Run()
	remove()
	os.Exit(code)
}

// expected are the kinds of processor that this one is.
func expected() (kinds []string) {
	if cpu.X86.HasAVX512F {
		kinds = append(kinds, "avx512")
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		kinds = append(kinds, "avx2")
	}
	if runtime.GOARCH == "arm64" {
		kinds = append(kinds, "neon")
	}
	return kinds
}

// started returns XLA's backend for the CPU, which has the kernels. On an old processor there are none.
func started(t *testing.T) compute.Backend {
	t.Helper()
	backend := d2ltest.Must(xla.CPU.Start())(t)
	if kernels.Available() != (len(expected()) > 0) {
		t.Fatalf("kernels are available: %v, on a processor of kind %v", kernels.Available(), expected())
	}
	if !kernels.Available() {
		t.Skip("there are no kernels for this processor")
	}
	t.Cleanup(func() { kernels.Use("") })
	return backend
}

func TestUse(t *testing.T) {
	started(t)
	for _, kind := range []string{"avx512", "avx2", "neon", "sse2"} {
		if got := kernels.Use(kind); got != slices.Contains(expected(), kind) {
			t.Errorf("use of %s is %v, of a processor of kind %v", kind, got, expected())
		}
	}
}

// inGo is GoMLX's backend in Go, which computes what the kernels are compared with.
var inGo = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("") })

// values returns the outputs of a graph.
func values(
	t *testing.T, backend compute.Backend, f func(inputs []*graph.Node) []*graph.Node, inputs ...wave,
) [][]float32 {
	t.Helper()
	var args []any
	for _, x := range inputs {
		args = append(args, x.tensor())
	}
	var all [][]float32
	for _, y := range d2ltest.Must(graph.CallOnceN(backend, f, args...))(t) {
		all = append(all, d2ltest.Must(tensors.CopyFlatData[float32](y))(t))
	}
	return all
}

// A wave is a tensor of numbers between −scale and scale.
type wave struct {
	seed  int
	scale float64
	dims  []int
}

func waves(seed int, scale float64, dims ...int) wave { return wave{seed, scale, dims} }

func (w wave) tensor() *tensors.Tensor {
	size := 1
	for _, n := range w.dims {
		size *= n
	}
	return tensors.FromFlatDataAndDimensions(d2ltest.Wave(w.seed, w.scale, size), w.dims...)
}

// withGradients returns y and its gradients with respect to the inputs, with a weight of its own for each output, so
// that no two errors cancel.
func withGradients(y *graph.Node, inputs []*graph.Node) []*graph.Node {
	loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
	return append([]*graph.Node{y}, graph.Gradient(loss, inputs...)...)
}

var names = []string{"output", "dX", "dWeights", "dBiases"}

// definition computes a convolution and what follows it as their definitions say.
func definition(c kernels.Convolution, x, weights, biases *graph.Node) *graph.Node {
	for axis := range 2 {
		x = padded(x, 2+axis, c.Padding[axis])
	}
	size := func(axis int) int { return (x.Shape().Dim(2+axis)-c.Window[axis])/c.Strides[axis] + 1 }
	rows, cols := size(0), size(1)
	var sum *graph.Node
	for down := range c.Window[0] {
		for right := range c.Window[1] {
			seen := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(down, down+(rows-1)*c.Strides[0]+1).Stride(c.Strides[0]),
				graph.AxisRange(right, right+(cols-1)*c.Strides[1]+1).Stride(c.Strides[1]))
			weight := graph.Squeeze(graph.Slice(weights, graph.AxisElem(down), graph.AxisElem(right)), 0, 1)
			part := graph.Einsum("bihw,io->bohw", seen, weight)
			if sum == nil {
				sum = part
			} else {
				sum = graph.Add(sum, part)
			}
		}
	}
	y := activation.Apply(c.Activation, graph.Add(sum, graph.Reshape(biases, 1, -1, 1, 1)))
	if c.Pooling == kernels.NoPooling {
		return y
	}
	var pooled *graph.Node
	for phase := range 4 {
		part := graph.Slice(y, graph.AxisRange(), graph.AxisRange(),
			graph.AxisRange(phase/2, phase/2+rows/2*2-1).Stride(2), graph.AxisRange(phase%2, phase%2+cols/2*2-1).Stride(2))
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
		t.Run(fmt.Sprintf("%+v of %v", c.MaxPool, c.input), func(t *testing.T) {
			x := waves(1, 1, c.input...)
			want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
				return withGradients(maximumOfWindows(c.MaxPool, in[0]), in)
			}, x)
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
	size := func(axis int) int {
		return (x.Shape().Dim(2+axis)+2*p.Padding[axis]-p.Window[axis])/p.Strides[axis] + 1
	}
	rows, cols := size(0), size(1)
	sides := make([]compute.PadAxis, 4)
	for axis := range 2 {
		sides[2+axis] = compute.PadAxis{Start: p.Padding[axis], End: p.Padding[axis]}
	}
	x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), -100), sides...)
	var y *graph.Node
	for down := range p.Window[0] {
		for right := range p.Window[1] {
			seen := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(down, down+(rows-1)*p.Strides[0]+1).Stride(p.Strides[0]),
				graph.AxisRange(right, right+(cols-1)*p.Strides[1]+1).Stride(p.Strides[1]))
			if y == nil {
				y = seen
			} else {
				y = graph.Max(y, seen)
			}
		}
	}
	return y
}

func TestDense(t *testing.T) {
	backend := started(t)
	for _, c := range []struct {
		activation     activation.Type
		batch, in, out int
	}{
		{activation.TypeSigmoid, 256, 400, 120},
		{activation.TypeNone, 17, 84, 10},
		{activation.TypeRelu, 1, 53, 64},
		{activation.TypeTanh, 8, 16, 33},
	} {
		x, weights, biases := waves(1, 1, c.batch, c.in), waves(2, 0.5, c.in, c.out), waves(3, 0.5, c.out)
		want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) []*graph.Node {
			y := graph.Add(graph.Dot(in[0], in[1]).Product(), graph.ExpandLeftToRank(in[2], 2))
			return withGradients(activation.Apply(c.activation, y), in)
		}, x, weights, biases)
		for _, kind := range expected() {
			t.Run(fmt.Sprintf("%s: %+v", kind, c), func(t *testing.T) {
				kernels.Use(kind)
				dense := kernels.Dense{Activation: c.activation}
				got := values(t, backend, func(in []*graph.Node) []*graph.Node {
					if !dense.Suits(in[0], c.out) {
						t.Error("it does not suit")
					}
					return withGradients(dense.Forward(in[0], in[1], in[2]), in)
				}, x, weights, biases)
				for i, name := range names {
					d2ltest.Near(t, name, got[i], want[i], 2e-5)
				}
			})
		}
	}
}

// Each gradient of an output is its own, with the same parameters.
func TestSeveralGradients(t *testing.T) {
	backend := started(t)
	for name, c := range map[string]struct {
		layer  func(in []*graph.Node) *graph.Node
		inputs []wave
	}{
		"dense": {func(in []*graph.Node) *graph.Node { return kernels.Dense{}.Forward(in[0], in[1], in[2]) },
			[]wave{waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24)}},
		"convolution": {func(in []*graph.Node) *graph.Node {
			return kernels.Convolution{Window: [2]int{3, 3}, Strides: [2]int{1, 1}}.Forward(in[0], in[1], in[2], true)
		}, []wave{waves(1, 1, 2, 1, 8, 8), waves(2, 1, 3, 3, 1, 2), waves(3, 1, 2)}},
	} {
		got := values(t, backend, func(in []*graph.Node) []*graph.Node {
			y := c.layer(in)
			sum := graph.ReduceAllSum(y)
			once := graph.Gradient(sum, in...)
			return append(once, graph.Gradient(graph.MulScalar(sum, 3), in...)...)
		}, c.inputs...)
		for i := range 3 {
			for j := range got[i] {
				got[i][j] *= 3
			}
			d2ltest.Near(t, name+", "+names[1+i], got[3+i], got[i], 1e-5)
		}
	}
}

// A gradient of a fully connected layer can be differentiated again; that of a convolution says that it cannot.
func TestSecondDerivatives(t *testing.T) {
	backend := started(t)
	second := func(layer func(in []*graph.Node) *graph.Node) func(in []*graph.Node) []*graph.Node {
		return func(in []*graph.Node) []*graph.Node {
			var norm *graph.Node
			for _, d := range withGradients(layer(in), in)[1:] {
				if square := graph.ReduceAllSum(graph.Square(d)); norm == nil {
					norm = square
				} else {
					norm = graph.Add(norm, square)
				}
			}
			return graph.Gradient(norm, in...)
		}
	}
	// A ReLU of zeros has a slope of 0, and so have its gradients.
	relu := values(t, backend, second(func(in []*graph.Node) *graph.Node {
		zero := graph.MulScalar(in[0], 0)
		return kernels.Dense{Activation: activation.TypeRelu}.Forward(zero, in[1], graph.MulScalar(in[2], 0))
	}), waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24))
	for i, d := range relu {
		if slices.ContainsFunc(d, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s of ReLU at 0 is not 0", names[1+i])
		}
	}

	inputs := []wave{waves(1, 1, 5, 24), waves(2, 0.5, 24, 24), waves(3, 0.5, 24)}
	// Twice, so that the input of one depends on the weights of the other, which are the same.
	dense := kernels.Dense{Activation: activation.TypeTanh}
	got := values(t, backend, second(func(in []*graph.Node) *graph.Node {
		return dense.Forward(dense.Forward(in[0], in[1], in[2]), in[1], in[2])
	}), inputs...)
	layer := func(x, weights, biases *graph.Node) *graph.Node {
		return graph.Tanh(graph.Add(graph.Dot(x, weights).Product(), graph.ExpandLeftToRank(biases, 2)))
	}
	want := values(t, d2ltest.Must(inGo())(t), second(func(in []*graph.Node) *graph.Node {
		return layer(layer(in[0], in[1], in[2]), in[1], in[2])
	}), inputs...)
	for i, name := range names[1:] {
		d2ltest.Near(t, name, got[i], want[i], 1e-4)
	}

	var args []any
	for _, x := range []wave{waves(1, 1, 1, 1, 8, 8), waves(2, 1, 5, 5, 1, 2), waves(3, 1, 2)} {
		args = append(args, x.tensor())
	}
	_, err := graph.CallOnceN(backend, second(func(in []*graph.Node) *graph.Node {
		return kernels.Convolution{Window: [2]int{5, 5}, Strides: [2]int{1, 1}}.Forward(in[0], in[1], in[2], true)
	}), args...)
	d2ltest.WantError(t, err, "no second derivatives", "must do without")
}

func TestFinite(t *testing.T) {
	backend := started(t)
	const size = 40_001 // Several threads' parts, and not a whole number of registers.
	large := func(at int, value float64) []float32 {
		x := make([]float32, size)
		for i := range x {
			x[i] = math.MaxFloat32
		}
		if at >= 0 {
			x[at] = float32(value)
		}
		return x
	}
	for _, kind := range expected() {
		kernels.Use(kind)
		for _, c := range []struct {
			a, b []float32
			want []bool
		}{
			{large(-1, 0), []float32{1}, []bool{true, true, true}},
			{large(0, math.NaN()), []float32{1}, []bool{false, true, true}},
			{large(size-1, math.Inf(1)), []float32{1}, []bool{false, true, true}},
			{large(20_000, math.Inf(-1)), []float32{float32(math.NaN())}, []bool{false, false, true}},
		} {
			outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
				scalar := graph.ReduceAllSum(graph.ZerosLike(in[0]))
				return []*graph.Node{kernels.Finite([]*graph.Node{graph.Reshape(in[0], 1, size), in[1], scalar})}
			}, c.a, c.b))(t)
			if got := d2ltest.Must(tensors.CopyFlatData[bool](outputs[0]))(t); !slices.Equal(got, c.want) {
				t.Errorf("%s: finite is %v, expected %v", kind, got, c.want)
			}
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

func TestRewrite(t *testing.T) {
	const program = `module @a {
  func.func @d2l_kernel_dense_forward_12(%arg0: tensor<2xi32>, %x1: tensor<3x4xf32>, %x2: tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>) {
    %0 = "stablehlo.iota"() {iota_dimension = 0 : i64} : () -> tensor<3x5xf32>
    %1 = "stablehlo.iota"() {iota_dimension = 0 : i64} : () -> tensor<1xf32>
    "stablehlo.return"(%0, %1) : (tensor<3x5xf32>, tensor<1xf32>) -> ()
  }

  func.func @d2l_kernel_other_forward_3(%x: tensor<1xf32>) -> tensor<1xf32> {
    "stablehlo.return"(%x) : (tensor<1xf32>) -> ()
  }

  func.func @main(%a: tensor<1xf32>) -> tensor<1xf32> {
    %0:2 = "func.call"(%a) {callee = @d2l_kernel_dense_forward_12} : () -> ()
    "stablehlo.return"(%a) : (tensor<1xf32>) -> ()
  }
}`
	const want = `module @a {
  func.func @d2l_kernel_dense_forward_12(%arg0: tensor<2xi32>, %x1: tensor<3x4xf32>, %x2: tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>) {
    %r:2 = "stablehlo.custom_call"(%arg0, %x1, %x2) {call_target_name = "d2l_kernel_dense_forward", api_version = 4 : i32, ` +
		`operand_layouts = [dense<[0]> : tensor<1xindex>, dense<[1, 0]> : tensor<2xindex>, dense<> : tensor<0xindex>], ` +
		`result_layouts = [dense<[1, 0]> : tensor<2xindex>, dense<[0]> : tensor<1xindex>]} : ` +
		`(tensor<2xi32>, tensor<3x4xf32>, tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>)
    "stablehlo.return"(%r#0, %r#1) : (tensor<3x5xf32>, tensor<1xf32>) -> ()
  }

  func.func @d2l_kernel_other_forward_3(%x: tensor<1xf32>) -> tensor<1xf32> {
    %r:1 = "stablehlo.custom_call"(%x) {call_target_name = "d2l_kernel_other_forward", api_version = 4 : i32, ` +
		`operand_layouts = [dense<[0]> : tensor<1xindex>], result_layouts = [dense<[0]> : tensor<1xindex>]} : ` +
		`(tensor<1xf32>) -> (tensor<1xf32>)
    "stablehlo.return"(%r#0) : (tensor<1xf32>) -> ()
  }

  func.func @main(%a: tensor<1xf32>) -> tensor<1xf32> {
    %0:2 = "func.call"(%a) {callee = @d2l_kernel_dense_forward_12} : () -> ()
    "stablehlo.return"(%a) : (tensor<1xf32>) -> ()
  }
}`
	if got := string(kernels.Rewrite([]byte(program))); got != want {
		t.Errorf("the program is\n%s\nexpected\n%s", got, want)
	}
	// One that is written in another way does not compile.
	other := strings.Replace(program, "-> tensor<1xf32> {\n    \"stablehlo.return\"(%x)", "-> tensor<1xf32>\n  {\n    \"stablehlo.return\"(%x)", 1)
	if got := string(kernels.Rewrite([]byte(other))); strings.Contains(got, "func.func @d2l_kernel") {
		t.Errorf("the program is\n%s", got)
	}
	if other := []byte(strings.ReplaceAll(program, "d2l_kernel", "d2l")); !slices.Equal(kernels.Rewrite(other), other) {
		t.Error("a program without kernels has changed")
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
