package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Conv2DTranspose is a two-dimensional transposed convolution, which makes images larger:
// its shapes are those of a Conv2D with the same window backwards.
//
// The output for (batch, in, h, w) is (batch, Channels, h', w'), where
// h' = (h − 1)·Strides + KernelSize − 2·Padding, and w' likewise: Padding takes rows and
// columns away. The pairs are those of Conv2D. Its parameters are weights (KernelSize,
// KernelSize, Channels, in) and biases (Channels). On the CPU, building a second derivative for float32 panics.
//
// Book: nn.Conv2DTranspose, section "Transposed Convolution".
type Conv2DTranspose struct {
	Channels   int // Output channels.
	KernelSize int // Height and width of the window.
	Strides    int // Step of the window over the output; 0 means 1.
	Padding    int // Rows and columns taken away on each side.
	Activation Activation

	KernelHW  [2]int // Height and width of the window, if they differ.
	StridesHW [2]int // Steps down and to the right, if they differ; 0 means 1.
	PaddingHW [2]int // Rows taken away above and below, columns left and right, if they differ.
	NoBias    bool   // Without biases: use_bias=False.
}

// Kind returns "convtranspose".
func (c Conv2DTranspose) Kind() string { return "convtranspose" }

// Notation returns the layer in the book's notation, such as 4×4 TransConv (10), stride 2.
func (c Conv2DTranspose) Notation() string {
	return convNotation("TransConv", c.Channels, Conv2D(c).window())
}

func (c Conv2DTranspose) look() netfig.Look {
	look := netfig.Box
	look.Fill = Conv2D(c).look().Fill
	return look
}

// Settings returns c with its default: see Layer.
func (c Conv2DTranspose) Settings() any { return Conv2DTranspose(Conv2D(c).Settings().(Conv2D)) }

// Forward adds the transposed convolution to the graph of x.
func (c Conv2DTranspose) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	requireImages("Conv2DTranspose", x)
	Conv2D(c).require("Conv2DTranspose")
	w := Conv2D(c).window()
	for axis := range 2 {
		if size := (x.Shape().Dim(2+axis)-1)*w.strides[axis] + w.size[axis] - 2*w.padding[axis]; size <= 0 {
			const message = "d2l: Conv2DTranspose with a window of %s and a padding of %s leaves nothing of images %v " +
				"(height, width): reduce the padding"
			panic(fmt.Sprintf(message, times(w.size), short(w.padding), Shape(x.Shape().Dimensions[2:])))
		}
	}
	// The order of axes in which PyTorch's (in, out, height, width) is to ours as for Conv2D.
	weights, _ := weightsAndBiases(scope, x, false, w.size[0], w.size[1], c.Channels, x.Shape().Dim(1))
	var biases *graph.Node
	if !c.NoBias {
		biases = newBiases(scope, x, c.Channels)
	}
	if kernel, after, ok := w.im2col(x, c.Activation); ok {
		return after.apply(kernel.Transposed(x, weights, biasesOrZeros(biases, x, c.Channels)))
	}
	y := convolveTransposed(channelsLast(x), weights, w)
	if biases != nil {
		y = graph.Add(y, graph.ExpandLeftToRank(biases, y.Rank()))
	}
	return channelsFirst(c.Activation.apply(y))
}

// convolveTransposed puts zeros between the pixels of images, (batch, height, width, channel), and convolves the result with the
// kernel, turned by 180 degrees.
func convolveTransposed(x, weights *graph.Node, w window) *graph.Node {
	kernel := graph.Reverse(graph.TransposeAllAxes(weights, 0, 1, 3, 2), 0, 1)
	zero := graph.ScalarZero(x.Graph(), x.DType())
	x = graph.Pad(x, zero, compute.PadAxis{}, compute.PadAxis{Interior: w.strides[0] - 1},
		compute.PadAxis{Interior: w.strides[1] - 1}, compute.PadAxis{})
	var padding, taken [2]int // Around the images, or where that is negative, from the output.
	for axis := range padding {
		padding[axis] = max(w.size[axis]-1-w.padding[axis], 0)
		taken[axis] = max(w.padding[axis]-(w.size[axis]-1), 0)
	}
	kernel, paddings := differentiable(kernel, padding)
	y := graph.Convolve(x, kernel).PaddingPerDim(paddings).Done()
	return cropped(y, [2][2]int{{taken[0], taken[0]}, {taken[1], taken[1]}})
}

// cropped returns images, (batch, height, width, channels), without by[0] rows above and below and by[1] columns left and
// right.
func cropped(images *graph.Node, by [2][2]int) *graph.Node {
	rows, columns := images.Shape().Dim(1), images.Shape().Dim(2)
	return graph.Slice(images, graph.AxisRange(), graph.AxisRange(by[0][0], rows-by[0][1]),
		graph.AxisRange(by[1][0], columns-by[1][1]), graph.AxisRange())
}
