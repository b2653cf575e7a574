package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// Conv2D is a two-dimensional convolution.
//
// The output for (batch, in, h, w) is (batch, Channels, h', w'), where
// h' = (h + 2·Padding − KernelSize)/Strides + 1, rounded down, and w' likewise.
// Its parameters are weights (KernelSize, KernelSize, in, Channels) and biases
// (Channels). Building a second derivative panics, but on a GPU for few channels.
//
// Where height and width differ, KernelHW, StridesHW and PaddingHW take the place of
// KernelSize, Strides and Padding, each a pair (height, width):
//
//	Conv2D{Channels: 1, KernelHW: [2]int{3, 5}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{3, 4}}
//
// Giving both the number and the pair of a setting panics.
//
// Book: nn.Conv2D, section "Convolutions for Images".
type Conv2D struct {
	Channels   int // Output channels.
	KernelSize int // Height and width of the window.
	Strides    int // Step of the window; 0 means 1.
	Padding    int // Rows and columns of zeros added on each side.
	Activation Activation

	KernelHW  [2]int // Height and width of the window, if they differ.
	StridesHW [2]int // Steps down and to the right, if they differ; 0 means 1.
	PaddingHW [2]int // Rows of zeros above and below, columns left and right, if they differ.
	NoBias    bool   // Without biases: use_bias=False.
}

// Kind returns "conv".
func (c Conv2D) Kind() string { return "conv" }

// Notation returns the layer in the book's notation, such as 5×5 Conv (6), pad 2.
func (c Conv2D) Notation() string { return convNotation("Conv", c.Channels, c.window()) }

func convNotation(name string, channels int, w window) string {
	notation := fmt.Sprintf("%s %s (%d)%s", times(w.size), name, channels, w.padNotation())
	if w.strides != [2]int{1, 1} {
		notation += ", stride " + short(w.strides)
	}
	return notation
}

func (c Conv2D) look() netfig.Look {
	w := c.window()
	return netfig.Conv(w.size, w.strides, w.padding)
}

func (c Conv2D) window() window {
	return newWindow(c.KernelSize, c.Strides, c.Padding, c.KernelHW, c.StridesHW, c.PaddingHW, 1)
}

// Settings returns c with its default: see Layer.
func (c Conv2D) Settings() any {
	w := c.window()
	c.KernelSize, c.KernelHW = oneOrPair(w.size)
	c.Strides, c.StridesHW = oneOrPair(w.strides)
	c.Padding, c.PaddingHW = oneOrPair(w.padding)
	return c
}

// convState is what PyTorch's nn.Conv2d has, with weights of (out, in, height, width).
var convState = []weights.Rule{{Variable: "weights", Axes: 4, Name: "weight", Order: []int{3, 2, 0, 1}}}

// Forward adds the convolution to the graph of x.
func (c Conv2D) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	requireImages("Conv2D", x)
	c.require("Conv2D")
	w := c.window()
	w.require("Conv2D", x)
	weights, biases := c.parameters(scope, x)
	if kernel, ok := c.kernel(x, kernels.NoPooling); ok {
		return c.byKernel(scope, x, weights, biases, kernel)
	}
	if kernel, after, ok := w.im2col(x, c.Activation); ok {
		return after.apply(kernel.Forward(x, weights, biasesOrZeros(biases, x, c.Channels)))
	}
	if w.suitsPatches(x, c.Channels) {
		y := w.byPatches(x, weights)
		if biases != nil {
			y = graph.Add(y, graph.Reshape(biases, 1, c.Channels, 1, 1))
		}
		return c.Activation.apply(y)
	}
	y := convolve(x, weights, w)
	if biases != nil {
		y = graph.Add(y, graph.ExpandLeftToRank(biases, y.Rank()))
	}
	return channelsFirst(c.Activation.apply(y))
}

// convolve returns XLA's convolution of x, (batch, in, height, width), as (batch, height, width, out).
func convolve(x, weights *graph.Node, w window) *graph.Node {
	kernel, padding := differentiable(weights, w.padding)
	return graph.Convolve(channelsLast(x), kernel).StridePerAxis(w.strides[:]...).PaddingPerDim(padding).Done()
}

// kernel returns the convolution of x and the pooling after it as one of the kernels, and whether that is possible and
// faster.
func (c Conv2D) kernel(x *graph.Node, pooling kernels.Pooling) (kernel kernels.Convolution, ok bool) {
	w := c.window()
	kernel = kernels.Convolution{
		Window: w.size, Strides: w.strides, Padding: w.padding, Activation: activation.Type(c.Activation), Pooling: pooling,
	}
	return kernel, xla.IsCPU(x.Graph().Backend()) && kernel.Suits(x, c.Channels)
}

func (c Conv2D) byKernel(scope *model.Scope, x, weights, biases *graph.Node, kernel kernels.Convolution) *graph.Node {
	return kernel.Forward(x, weights, biasesOrZeros(biases, x, c.Channels), scope.IsTraining(x.Graph()))
}

// biasesOrZeros returns zeros in the place of biases that are nil.
func biasesOrZeros(biases, x *graph.Node, channels int) *graph.Node {
	if biases == nil {
		return graph.Zeros(x.Graph(), shapes.Make(x.DType(), channels))
	}
	return biases
}

// im2col returns the convolution with an activation as a kernel of larger ones, what is left of the activation, and
// whether that is possible.
func (w window) im2col(x *graph.Node, a Activation) (kernel kernels.Im2col, after Activation, ok bool) {
	kernel = kernels.Im2col{Window: w.size, Strides: w.strides, Padding: w.padding, Activation: activation.Type(a)}
	if !kernels.Knows(kernel.Activation) {
		kernel.Activation, after = activation.TypeNone, a
	}
	return kernel, after, xla.IsCPU(x.Graph().Backend()) && kernel.Suits(x)
}

// require panics on settings that make no convolution.
func (c Conv2D) require(layer string) {
	requireOnce(layer, "KernelSize", c.KernelSize, c.KernelHW)
	requireOnce(layer, "Strides", c.Strides, c.StridesHW)
	requireOnce(layer, "Padding", c.Padding, c.PaddingHW)
	if !c.valid() {
		panic(fmt.Sprintf(
			"d2l: %s needs positive Channels and KernelSize and no negative Strides or Padding, got %+v", layer, c))
	}
}

// ForwardWith adds the convolution and the pooling after it to the graph of x together, and reports whether it has:
// Sequential calls it, see Layer. It does so on XLA's CPU backend if next is an AvgPool2D or MaxPool2D of 2 × 2 with
// strides of 2 and no padding, x is float32, Activation is none, Sigmoid, Tanh or ReLU, the program is for one device,
// there are at most 256 thousand weights, and 16 images take at most 1 MB before and after the convolution.
//
// Values and gradients are those of the two layers, but for rounding.
func (c Conv2D) ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (y *graph.Node, ok bool) {
	kernel, ok := c.pooledBy(next, x)
	if !ok || self != Layer(c) {
		return nil, false
	}
	weights, biases := c.parameters(scope, x)
	return c.byKernel(scope, x, weights, biases, kernel), true
}

// pooledBy returns the convolution with next as one kernel, and whether that is possible and faster.
func (c Conv2D) pooledBy(next Layer, x *graph.Node) (kernel kernels.Convolution, ok bool) {
	pooling := pools2x2(next)
	if pooling == kernels.NoPooling || !c.valid() {
		return kernel, false
	}
	return c.kernel(x, pooling)
}

func (c Conv2D) parameters(scope *model.Scope, x *graph.Node) (weights, biases *graph.Node) {
	size := c.window().size
	return weightsAndBiases(scope, x, !c.NoBias, size[0], size[1], x.Shape().Dim(1), c.Channels)
}

func (c Conv2D) valid() bool { return c.Channels > 0 && c.window().valid() }
