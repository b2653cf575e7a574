package upstream

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// gradient returns the gradient of the sum of f(x) with respect to x.
func gradient(t *testing.T, f func(x *graph.Node) *graph.Node, x any) ([]float32, error) {
	t.Helper()
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(f(x)), x)[0]
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.Call(x)
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](outputs[0])
}

// The sum of a convolution of ones with a kernel of ones counts, at each pixel, the
// windows that see it.
func TestConvolutionGradientOfEvenWindow(t *testing.T) {
	windows := func(x *graph.Node) *graph.Node {
		kernel := graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 2, 1, 1, 1))
		return graph.Convolve(x, kernel).Strides(2).NoPadding().Done()
	}
	got, err := gradient(t, windows, [][][][]float32{{{{1}}, {{1}}, {{1}}}})
	if err == nil && got[0] == 1 && got[1] == 1 && got[2] == 0 {
		fixed(t, "the frame of zeros for even windows in differentiable (d2l/conv2d.go)")
	}
}

func TestConvolutionGradientOfWidePadding(t *testing.T) {
	_, err := gradient(t, func(x *graph.Node) *graph.Node {
		kernel := graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 1, 1, 1, 1))
		return graph.Convolve(x, kernel).PaddingPerDim([][2]int{{1, 1}, {1, 1}}).Done()
	}, [][][][]float32{{{{1}}}})
	if err == nil {
		fixed(t, "the frame of zeros for wide padding in differentiable (d2l/conv2d.go)")
	}
}

func TestReLUSlopeAtZero(t *testing.T) {
	got, err := gradient(t, activation.Relu, []float32{0})
	d2ltest.NoError(t, err)
	if got[0] == 0 {
		fixed(t, "the case of ReLU in Activation (d2l/activation.go)")
	}
}

func TestAbsSlopeAtZero(t *testing.T) {
	got, err := gradient(t, graph.Abs, []float32{0})
	d2ltest.NoError(t, err)
	if got[0] == 0 {
		fixed(t, "the product with the sign in L1Loss (d2l/loss.go)")
	}
}

func TestEqualMaximaEachHaveTheGradient(t *testing.T) {
	got, err := gradient(t, func(x *graph.Node) *graph.Node { return graph.ReduceMax(x, 0) }, []float32{1, 3, 3})
	d2ltest.NoError(t, err)
	if got[1]+got[2] == 1 {
		fixed(t, "the warning in Layer (d2l/layer.go)")
	}
}

func TestPureGoLacksBatchNormalization(t *testing.T) {
	b := d2ltest.Must(gobackend.New(""))(t)
	if b.Capabilities().Operations[compute.OpTypeBatchNormForInference] {
		fixed(t, "UseBackendInference in d2l/batch_norm.go")
	}
}

func TestBatchNormOfInferenceHasNoGradient(t *testing.T) {
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node {
		one := graph.OnesLike(graph.Slice(x, graph.AxisElem(0)))
		one = graph.Reshape(one, 2)
		y := graph.InternalBatchNormForInference(x, one, one, one, one, 1e-5, 1)
		return graph.Gradient(graph.ReduceAllSum(y), x)[0]
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	if _, err = program.Call([][]float32{{1, 2}, {3, 4}}); err == nil {
		fixed(t, "applies (d2l/apply.go)")
	}
}
