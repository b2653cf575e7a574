package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
)

// BatchNorm normalizes each channel of images (batch, channel, height, width), or each
// feature of vectors (batch, features), and applies a learned scale and offset. The shape
// stays. Its parameters are scale and offset (channels), initially ones and zeros.
//
// In training, mean and variance are those of the batch, over all examples and pixels,
// and 1e-5 is added to the variance. Net.Forward uses running statistics instead, so that
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
// still trained, unless the optimizer's WithRates has 0 for them. This is for fine tuning
// with batches too small or too different for statistics of their own. Files are the same
// with and without it.
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

const batchCount = "avg_weight"

// Forward adds the normalization to the graph of x.
func (b BatchNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	normalize := func(x *graph.Node, axis int) *graph.Node {
		claim(scope, "scale")
		builder := norm.BatchNorm(scope, x, axis).Momentum(0.9).Epsilon(1e-5).CurrentScope()
		builder = builder.FrozenAverages(b.UseGlobalStats)
		// GoMLX in pure Go has no operation for inference; without it the gradients in training would be wrong.
		known := x.Graph().Backend().Capabilities().Operations[compute.OpTypeBatchNormForInference]
		return builder.UseBackendInference(known || scope.IsTraining(x.Graph())).Done()
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
