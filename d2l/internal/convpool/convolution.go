package convpool

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// A Convolution is one of few input channels, such as the first of a net on grey or colour images. XLA's own takes
// its patches one number at a time; here it is written out as a sum over the window, which XLA compiles to one loop
// over the output channels.
type Convolution struct {
	Strides, Padding [2]int // Down and to the right.
}

// Suits reports whether the package can compute the convolution of x, (batch, channel, height, width), with weights
// (height, width, in, out), and is faster than XLA: if both are float32, there are at most 4 input channels and 49
// weights for one output channel, and the padding is less than the window. The patches that the gradient makes are at
// most 5 times the output. Where XLA has oneDNN, that is faster with windows of more than 3 × 3 pixels.
func (c Convolution) Suits(x, weights *graph.Node, oneDNN bool) bool {
	if x.Rank() != 4 || x.Shape().Size() == 0 || x.DType() != dtypes.Float32 || weights.DType() != dtypes.Float32 {
		return false
	}
	w := weights.Shape().Dimensions
	if oneDNN && w[0]*w[1] > 9 {
		return false
	}
	return w[2] <= 4 && w[0]*w[1]*w[2] <= min(49, 5*w[3]) && c.Padding[0] < w[0] && c.Padding[1] < w[1]
}

// Forward returns the output, (batch, height, width, out), without biases. Building a second derivative panics.
func (c Convolution) Forward(x, weights *graph.Node) *graph.Node {
	p := &convolution{Convolution: c, height: x.Shape().Dim(2), width: x.Shape().Dim(3)}
	p.weights = graph.StopGradient(weights)
	w := weights.Shape().Dimensions
	p.rows = (p.height+2*c.Padding[0]-w[0])/c.Strides[0] + 1
	p.cols = (p.width+2*c.Padding[1]-w[1])/c.Strides[1] + 1
	p.x = materialized(padAxes(graph.StopGradient(x), map[int][2]int{
		2: {c.Padding[0], c.Padding[0]}, 3: {c.Padding[1], c.Padding[1]},
	}))
	return withCustomGradient(p.y(), func(dY *graph.Node) { p.dY = dY }, input{x, p.dX}, input{weights, p.dWeights})
}

// A convolution holds what the backward pass needs from the forward pass.
type convolution struct {
	Convolution
	height, width int         // Of the input.
	rows, cols    int         // Of the output.
	x             *graph.Node // The input, padded.
	weights       *graph.Node
	dY            *graph.Node // Set by the backward pass.
}

// seen returns, for each position of the window, what it sees of the images: (batch, channel, rows, cols).
func (c *convolution) seen() (shifted []*graph.Node) {
	for down := range c.weights.Shape().Dim(0) {
		for right := range c.weights.Shape().Dim(1) {
			shifted = append(shifted, graph.Slice(c.x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(down, down+(c.rows-1)*c.Strides[0]+1).Stride(c.Strides[0]),
				graph.AxisRange(right, right+(c.cols-1)*c.Strides[1]+1).Stride(c.Strides[1])))
		}
	}
	return shifted
}

// y sums eight products at a time: a longer sum waits for each addition before the next.
func (c *convolution) y() *graph.Node {
	in, out := c.weights.Shape().Dim(2), c.weights.Shape().Dim(3)
	weights := graph.Reshape(c.weights, -1, out)
	dims := []int{c.x.Shape().Dim(0), c.rows, c.cols, out}
	var sum, part *graph.Node
	for i, shifted := range c.seen() {
		for channel := range in {
			pixel := graph.Squeeze(graph.SliceAxis(shifted, 1, graph.AxisElem(channel)), 1)
			weight := graph.SliceAxis(weights, 0, graph.AxisElem(i*in+channel))
			part = add(part, graph.Mul(graph.BroadcastToDims(graph.ExpandAxes(pixel, -1), dims...),
				graph.BroadcastToDims(graph.Reshape(weight, 1, 1, 1, out), dims...)))
			if (i*in+channel)%8 == 7 {
				sum, part = add(sum, part), nil
			}
		}
	}
	return add(sum, part)
}

// dX is the convolution of dY, with zeros between its pixels for the strides, with the kernel turned round.
func (c *convolution) dX() *graph.Node {
	kernel := graph.TransposeAllAxes(graph.Reverse(c.weights, 0, 1), 0, 1, 3, 2)
	padding := make([][2]int, 2)
	for axis, size := range [2]int{c.height, c.width} {
		padding[axis] = [2]int{
			c.weights.Shape().Dim(axis) - 1 - c.Padding[axis],
			size - 1 + c.Padding[axis] - ([2]int{c.rows, c.cols}[axis]-1)*c.Strides[axis],
		}
	}
	dX := graph.Convolve(c.dY, kernel).PaddingPerDim(padding).InputDilationPerAxis(c.Strides[:]...).Done()
	return graph.TransposeAllAxes(dX, 0, 3, 1, 2)
}

// dWeights is a product of matrices for each image.
func (c *convolution) dWeights() *graph.Node {
	batch, positions := c.x.Shape().Dim(0), c.rows*c.cols
	patches := materialized(graph.Concatenate(c.seen(), 1))
	patches = graph.Reshape(patches, batch, -1, positions)
	dY := graph.Reshape(c.dY, batch, positions, -1)
	dWeights := graph.DotGeneral(patches, []int{2}, []int{0}, dY, []int{1}, []int{0})
	return graph.Reshape(graph.ReduceSum(dWeights, 0), c.weights.Shape().Dimensions...)
}
