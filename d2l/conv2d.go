package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Conv2D is a two-dimensional convolution.
//
// From (batch, in, h, w) it makes (batch, Channels, h', w'), where
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

// Forward adds the convolution to the graph of x.
func (c Conv2D) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	requireImages("Conv2D", x)
	if !c.valid() {
		panic(fmt.Sprintf("d2l: Conv2D needs positive Channels and KernelSize and no negative Strides or Padding, got %+v", c))
	}
	x = channelsLast(x)
	weights, biases := weightsAndBiases(scope, x, c.KernelSize, c.KernelSize, x.Shape().Dim(-1), c.Channels)
	kernel, padding := withGradient(weights, c.Padding)
	y := graph.Convolve(x, kernel).Strides(max(c.Strides, 1)).PaddingPerDim([][2]int{padding, padding}).Done()
	y = graph.Add(y, graph.ExpandLeftToRank(biases, y.Rank()))
	return channelsFirst(c.Activation.apply(y))
}

func (c Conv2D) valid() bool {
	return c.Channels > 0 && c.KernelSize > 0 && c.Strides >= 0 && c.Padding >= 0
}

// withGradient returns the same convolution, as a kernel and its padding, in a
// form of which GoMLX v0.28.8 finds the gradient: that with respect to x is
// wrong for windows of even size, and missing for a padding as wide as the
// window. Such a kernel gets a frame of zeros.
func withGradient(kernel *graph.Node, padding int) (*graph.Node, [2]int) {
	size := kernel.Shape().Dim(0)
	before := max(padding-(size-1), 0)
	after := before + 1 - size%2
	if after == 0 {
		return kernel, [2]int{padding, padding}
	}
	frame := [2]int{before, after}
	return padded(kernel, map[int][2]int{0: frame, 1: frame}), [2]int{padding + before, padding + after}
}
