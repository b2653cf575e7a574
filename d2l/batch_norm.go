package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// BatchNorm normalizes each channel of images (batch, channel, height, width), or each
// feature of vectors (batch, features), and applies a learned scale and offset. The shape
// stays. Its parameters are scale and offset (channels), initially ones and zeros.
//
// In training, mean and variance are those of the batch, over all examples and pixels,
// and 1e-5 is added to the variance; a batch with one value for each channel is refused,
// as in PyTorch. Net.Forward uses running statistics instead, so that
// the output for an example does not depend on the rest of its batch. The net keeps them
// beside its parameters, and SaveParameters saves them.
//
// The running statistics have the book's momentum of 0.9, which PyTorch calls 0.1: each
// step adds a tenth of the batch's mean and variance to nine tenths of the old ones. Both
// variances are biased, as in the book; PyTorch's running variance is unbiased. The
// first ten batches have equal weights, so that the initial zeros and ones do not count,
// unlike in the book: a net can be evaluated after a few steps.
//
// With UseGlobalStats training normalizes with the running statistics as well, and does not
// change them: they are frozen as in a PyTorch module in eval mode. Scale and offset are
// still trained, unless the optimizer's WithRates has 0 for them, or SetTrainable(false) was
// called for them. This is for fine tuning with batches too small or too different for
// statistics of their own. Files are the same with and without it.
//
// Building a second derivative of training panics.
//
// Book: nn.BatchNorm, section "Batch Normalization".
type BatchNorm struct {
	UseGlobalStats bool // Whether the running statistics are frozen; Gluon's use_global_stats.
}

// Kind returns "batchnorm".
func (BatchNorm) Kind() string { return "batchnorm" }

// Notation returns "BatchNorm".
func (BatchNorm) Notation() string { return "BatchNorm" }

// batchNormState is what PyTorch's nn.BatchNorm2d has. GoMLX counts the batches once for
// each channel, and its variables' names alone do not tell what they are.
var batchNormState = []weights.Rule{
	{Variable: "scale", Axes: 1, Beside: batchCount, Name: "weight"},
	{Variable: "offset", Axes: 1, Beside: batchCount, Name: "bias"},
	{Variable: "mean", Axes: 1, Beside: batchCount, Name: "running_mean"},
	{Variable: "variance", Axes: 1, Beside: batchCount, Name: "running_var"},
	{Variable: batchCount, Axes: 1, Beside: "variance", Name: "num_batches_tracked", Count: true},
}

const (
	batchCount    = "avg_weight"
	batchMomentum = 0.9  // Of the running statistics.
	batchEpsilon  = 1e-5 // What is added to the variance.
)

// Forward adds the normalization to the graph of x.
func (b BatchNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	b.requireSeveral(scope, x)
	if kernel, ok := b.kernel(scope, x, NoActivation); ok {
		return b.byKernel(scope, x, kernel)
	}
	normalize := func(x *graph.Node, axis int) *graph.Node {
		claim(scope, "scale")
		builder := norm.BatchNorm(scope, x, axis).Momentum(batchMomentum).Epsilon(batchEpsilon).CurrentScope()
		builder = builder.FrozenAverages(b.UseGlobalStats)
		// In training, the gradients would be wrong without XLA's operation. That for inference, which GoMLX in pure
		// Go does not have, is faster and has no gradient.
		known := x.Graph().Backend().Capabilities().Operations[compute.OpTypeBatchNormForInference]
		return builder.UseBackendInference(scope.IsTraining(x.Graph()) || known && !applies(x.Graph())).Done()
	}
	switch x.Rank() {
	case 2:
		return normalize(x, 1)
	case 4:
		return channelsFirst(normalize(channelsLast(x), 3))
	default:
		panic(fmt.Sprintf("d2l: BatchNorm takes a batch of shape (batch, channel, height, width) or (batch, features), "+
			"got %v", Shape(x.Shape().Dimensions)))
	}
}

// ForwardWith adds the normalization and the activation after it to the graph of x together, and reports whether it
// has: Sequential calls it, see Layer. It does so in training on XLA's CPU backend if next is Sigmoid, Tanh or ReLU,
// x are float32 images that do not come from a convolution, pooling or normalization of XLA's own, and the program is
// for one device.
//
// Values and gradients are those of the two layers, but for rounding.
func (b BatchNorm) ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (y *graph.Node, ok bool) {
	a, isActivation := next.(Activation)
	if !isActivation || self != Layer(b) {
		return nil, false
	}
	kernel, ok := b.kernel(scope, x, a)
	if !ok {
		return nil, false
	}
	b.requireSeveral(scope, x)
	return b.byKernel(scope, x, kernel), true
}

// isBatchCount reports whether a variable of the net is the number of batches in running statistics.
func isBatchCount(n *Net, v *model.Variable) bool {
	return v.Name() == batchCount && n.store.GetVariable(v.Scope()+"/variance") != nil
}

// countForAll returns a number of batches, a whole number as PyTorch's num_batches_tracked, as the variable has it: for
// each channel. Other values it returns as they are.
func countForAll(v *model.Variable, given *tensors.Tensor) (*tensors.Tensor, error) {
	if given.Rank() > 0 || !given.DType().IsInt() {
		return given, nil
	}
	count, err := wholeNumbers(given)
	if err != nil {
		return nil, err
	}
	if len(count) != 1 || count[0] < 0 {
		return nil, fmt.Errorf("a number of batches is 0 or more, got %v", given.Value())
	}
	all := tensors.FromShape(v.Shape())
	return all, all.MutableBytes(func(data []byte) {
		copy(data, weights.PerChannel(count[0], v.DType(), v.Shape().Size()))
	})
}

// keptStatistics returns the count of batches beside running statistics that are given a value, and what it becomes:
// the value counts as that of a file does, or it would be replaced in the first steps. Of other variables it returns
// nil, and so it does where the count has been given a value, too.
func keptStatistics(n *Net, v *model.Variable) (count *model.Variable, kept *tensors.Tensor, err error) {
	count = n.store.GetVariable(v.Scope() + "/" + batchCount)
	if count == nil || v.Name() != "mean" && v.Name() != "variance" || n.counted[count.Path()] {
		return nil, nil, nil
	}
	value, err := xla.HostValue(count)
	if err != nil {
		return nil, nil, err
	}
	if value.DType() == dtypes.Float32 { // To compile a function would take longer than all else.
		return count, value, tensors.MutableFlatData(value, func(counts []float32) {
			for i := range counts {
				counts[i] = max(counts[i], weights.KeptStatistics)
			}
		})
	}
	backend, _, err := n.device.Backend()
	if err != nil {
		return nil, nil, err
	}
	kept, err = graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
		return graph.MaxScalar(x, weights.KeptStatistics)
	}, value)
	return count, kept, err
}

// requireSeveral panics if a batch in training has one value for each channel: that would become 0, and its variance
// too.
func (b BatchNorm) requireSeveral(scope *model.Scope, x *graph.Node) {
	if scope.IsTraining(x.Graph()) && !b.UseGlobalStats && x.Rank() >= 2 && x.Shape().Size() == x.Shape().Dim(1) {
		panic(fmt.Sprintf("d2l: BatchNorm needs more than one value for each channel in training, got a batch of shape %v: "+
			"choose a batch size that leaves no single example, or UseGlobalStats", Shape(x.Shape().Dimensions)))
	}
}

// kernel returns the normalization of x and the activation after it as one of the kernels, and whether that is possible
// and faster.
func (b BatchNorm) kernel(scope *model.Scope, x *graph.Node, a Activation) (kernel kernels.BatchNorm, ok bool) {
	kernel = kernels.BatchNorm{Epsilon: batchEpsilon, Activation: activation.Type(a)}
	training := scope.IsTraining(x.Graph()) && !b.UseGlobalStats
	return kernel, training && xla.IsCPU(x.Graph().Backend()) && kernel.Suits(x)
}

// byKernel has the variables of GoMLX's layer, and computes with them what that does in training.
func (b BatchNorm) byKernel(scope *model.Scope, x *graph.Node, kernel kernels.BatchNorm) *graph.Node {
	claim(scope, "scale")
	g, shape := x.Graph(), shapes.Make(x.DType(), x.Shape().Dim(1))
	variable := func(name string, init model.VariableInitializer, trained bool) *model.Variable {
		return scope.WithInitializer(init).VariableWithShape(name, shape).SetTrainable(trained)
	}
	scale, offset := variable("scale", initializer.One, true), variable("offset", initializer.Zero, true)
	mean, variance := variable("mean", initializer.Zero, false), variable("variance", initializer.One, false)
	batches := variable(batchCount, initializer.Zero, false)
	if factor := model.GetParamOr(scope, regularizer.ParamL2, 0.0); factor > 0 {
		regularizer.L2(factor)(g, scale)
	}
	y, batchMean, batchVariance := kernel.Forward(x, scale.NodeValue(g), offset.NodeValue(g))

	n := graph.OnePlus(batches.NodeValue(g))
	batches.SetNodeValue(n)
	old := graph.Min(graph.Scalar(g, x.DType(), batchMomentum), graph.OneMinus(graph.Reciprocal(n)))
	update := func(v *model.Variable, ofBatch *graph.Node) {
		v.SetNodeValue(graph.Add(graph.Mul(old, v.NodeValue(g)), graph.Mul(graph.OneMinus(old), ofBatch)))
	}
	update(mean, batchMean)
	update(variance, batchVariance)
	return y
}
