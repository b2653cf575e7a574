package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/xla"
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
// KernelSize, Channels, in) and biases (Channels).
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
	x = channelsLast(x)
	var y *graph.Node
	if blocks := w.blocks(); xla.IsCPU(x.Graph().Backend()) && blocks[0]*blocks[1] <= maxBlocks {
		y = transposedByProduct(x, weights, w)
	} else {
		y = transposedByConvolution(x, weights, w)
	}
	if !c.NoBias {
		y = graph.Add(y, graph.ExpandLeftToRank(newBiases(scope, y, c.Channels), y.Rank()))
	}
	return channelsFirst(c.Activation.apply(y))
}

// transposedByConvolution puts zeros between the pixels of the images and convolves the result with the kernel, turned by
// 180 degrees.
func transposedByConvolution(x, weights *graph.Node, w window) *graph.Node {
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

// maxBlocks is the largest number of blocks that are added: each is a node of the graph or more.
const maxBlocks = 16

// blocks returns how many blocks of the size of a step a window has, down and to the right, the last perhaps in part.
func (w window) blocks() (n [2]int) {
	for axis := range n {
		n[axis] = (w.size[axis] + w.strides[axis] - 1) / w.strides[axis]
	}
	return n
}

// transposedByProduct multiplies each pixel by the whole window, in one product of matrices, and adds these windows where
// they overlap. It cuts them into blocks of the size of a step: those at one place in all windows tile an image, so that
// there is one sum of images for each such place. On the CPU XLA's convolution is several times as slow, as most of the
// pixels that it multiplies are zeros.
func transposedByProduct(x, weights *graph.Node, w window) *graph.Node {
	blocks, zero := w.blocks(), graph.ScalarZero(x.Graph(), x.DType())
	var filled [2]compute.PadAxis // To whole blocks.
	for axis := range filled {
		filled[axis].End = blocks[axis]*w.strides[axis] - w.size[axis]
	}
	weights = graph.Pad(weights, zero, filled[0], filled[1], compute.PadAxis{}, compute.PadAxis{})
	windows := graph.Einsum("bhwi,klci->bhwklc", x, weights)
	batch, height, width, channels := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), weights.Shape().Dim(2)
	down, right := w.strides[0], w.strides[1]
	var y *graph.Node
	for i := range blocks[0] {
		for j := range blocks[1] {
			block := graph.Slice(windows, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(i*down, (i+1)*down), graph.AxisRange(j*right, (j+1)*right), graph.AxisRange())
			block = graph.Reshape(graph.TransposeAllAxes(block, 0, 1, 3, 2, 4, 5), batch, height*down, width*right, channels)
			block = graph.Pad(block, zero, compute.PadAxis{}, compute.PadAxis{Start: i * down, End: (blocks[0] - 1 - i) * down},
				compute.PadAxis{Start: j * right, End: (blocks[1] - 1 - j) * right}, compute.PadAxis{})
			if y == nil {
				y = block
			} else {
				y = graph.Add(y, block)
			}
		}
	}
	return cropped(y, [2][2]int{{w.padding[0], w.padding[0] + filled[0].End}, {w.padding[1], w.padding[1] + filled[1].End}})
}

// cropped returns images, (batch, height, width, channels), without by[0] rows above and below and by[1] columns left and
// right.
func cropped(images *graph.Node, by [2][2]int) *graph.Node {
	rows, columns := images.Shape().Dim(1), images.Shape().Dim(2)
	return graph.Slice(images, graph.AxisRange(), graph.AxisRange(by[0][0], rows-by[0][1]),
		graph.AxisRange(by[1][0], columns-by[1][1]), graph.AxisRange())
}
