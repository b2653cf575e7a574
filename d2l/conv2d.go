package d2l

import (
	"fmt"
	"os"

	"github.com/d2l-go/book/d2l/internal/convpool"
	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// Conv2D is a two-dimensional convolution.
//
// The output for (batch, in, h, w) is (batch, Channels, h', w'), where
// h' = (h + 2·Padding − KernelSize)/Strides + 1, rounded down, and w' likewise.
// Its parameters are weights (KernelSize, KernelSize, in, Channels) and biases
// (Channels).
//
// Book: nn.Conv2D, section "Convolutions for Images".
type Conv2D struct {
	Channels   int // Output channels.
	KernelSize int // Height and width of the window.
	Strides    int // Step of the window; 0 means 1.
	Padding    int // Rows and columns of zeros added on each side.
	Activation Activation
}

// Kind returns "conv".
func (c Conv2D) Kind() string { return "conv" }

// Notation returns the layer in the book's notation, such as 5×5 Conv (6), pad 2.
func (c Conv2D) Notation() string {
	notation := fmt.Sprintf("%d×%[1]d Conv (%d)", c.KernelSize, c.Channels) + padNotation(c.Padding)
	if c.Strides > 1 {
		notation += fmt.Sprintf(", stride %d", c.Strides)
	}
	return notation
}

func padNotation(padding int) string {
	if padding == 0 {
		return ""
	}
	return fmt.Sprintf(", pad %d", padding)
}

func (c Conv2D) look() netfig.Look { return netfig.Conv(c.KernelSize, max(c.Strides, 1), c.Padding) }

// Settings returns c with its default: see Layer.
func (c Conv2D) Settings() any {
	c.Strides = max(c.Strides, 1)
	return c
}

// convState is what PyTorch's nn.Conv2d has, with weights of (out, in, height, width).
var convState = []weights.Rule{{Variable: "weights", Axes: 4, Name: "weight", Order: []int{3, 2, 0, 1}}}

// Forward adds the convolution to the graph of x.
func (c Conv2D) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	requireImages("Conv2D", x)
	if !c.valid() {
		panic(fmt.Sprintf(
			"d2l: Conv2D needs positive Channels and KernelSize and no negative Strides or Padding, got %+v", c))
	}
	requireWindow("Conv2D", c.KernelSize, c.Padding, x)
	weights, biases := c.parameters(scope, x)
	x = channelsLast(x)
	kernel, padding := differentiable(weights, c.Padding)
	y := graph.Convolve(x, kernel).Strides(max(c.Strides, 1)).PaddingPerDim([][2]int{padding, padding}).Done()
	y = graph.Add(y, graph.ExpandLeftToRank(biases, y.Rank()))
	return channelsFirst(c.Activation.apply(y))
}

// ForwardWith adds the convolution and the pooling after it to the graph of x together,
// and reports whether it has: Sequential calls it, see Layer. It does so on XLA's CPU
// backend if next is an AvgPool2D or MaxPool2D of 2 × 2 with strides of 2 and no padding,
// x is float32, Strides is 1, Activation is none, Sigmoid, Tanh or ReLU, input times
// output channels are at most 128, and the window is odd and either 5 × 5 or larger, or
// has at most 32 weights over all input channels.
//
// Values and gradients are those of the two layers, but for rounding, where x is finite. A second derivative
// is an error, unless a layer stands between the two.
func (c Conv2D) ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (y *graph.Node, ok bool) {
	pair, ok := c.pooledBy(next, x)
	if !ok || self != Layer(c) {
		return nil, false
	}
	weights, biases := c.parameters(scope, x)
	return pair.Forward(x, weights, biases, scope.IsTraining(x.Graph())), true
}

// pooledBy returns the convolution with next as one computation, and whether that is
// possible and faster.
func (c Conv2D) pooledBy(next Layer, x *graph.Node) (pair convpool.Config, ok bool) {
	isMax, ok := pools2x2(next)
	pair = convpool.Config{
		Channels: c.Channels, KernelSize: c.KernelSize, Padding: c.Padding,
		Activation: activation.Type(c.Activation), Max: isMax,
	}
	return pair, ok && c.valid() && c.Strides <= 1 && (fuseEverywhere || xla.IsCPU(x.Graph().Backend())) && pair.Suits(x)
}

// fuseEverywhere makes ForwardWith compute two layers together on other backends than XLA's for the CPU as well, to
// measure whether that pays there: scripts/bench --gpu does.
var fuseEverywhere = os.Getenv("D2L_FUSE_EVERYWHERE") == "1"

func (c Conv2D) parameters(scope *model.Scope, x *graph.Node) (weights, biases *graph.Node) {
	return weightsAndBiases(scope, x, c.KernelSize, c.KernelSize, x.Shape().Dim(1), c.Channels)
}

func (c Conv2D) valid() bool {
	return c.Channels > 0 && c.KernelSize > 0 && c.Strides >= 0 && c.Padding >= 0
}

// differentiable returns the same convolution, as a kernel and its padding, in a form
// whose gradient GoMLX v0.28.8 gets right: with respect to x it is wrong for windows of
// even size, and missing for a padding as wide as the window. Such a kernel is padded
// with zeros.
func differentiable(kernel *graph.Node, padding int) (*graph.Node, [2]int) {
	size := kernel.Shape().Dim(0)
	before := max(padding-(size-1), 0)
	after := before + 1 - size%2
	if after == 0 {
		return kernel, [2]int{padding, padding}
	}
	zeros := compute.PadAxis{Start: before, End: after}
	zero := graph.ScalarZero(kernel.Graph(), kernel.DType())
	kernel = graph.Pad(kernel, zero, zeros, zeros, compute.PadAxis{}, compute.PadAxis{})
	return kernel, [2]int{padding + before, padding + after}
}
