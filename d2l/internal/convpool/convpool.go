// Package convpool computes convolutions of few channels for XLA on a CPU: one together
// with the 2 × 2 pooling after it (Config), or alone (Convolution).
//
// XLA computes a convolution of few channels at a small part of the processor's rate
// there, and pooling moves all of its output through memory once more. With the pooling,
// this package puts the examples of a batch side by side in the registers (see batchLast) and keeps
// the convolution's output as four images of half the height and width, the phases:
// one for each position in the blocks of 2 × 2. Pooling is their mean or maximum.
// Values and gradients are those of the two layers, but for rounding.
//
// In names, dX is the gradient with respect to X.
package convpool

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// A Config describes the two layers. The convolution has strides of 1; the pooling
// has strides of 2 and no padding, and drops a last odd row or column.
type Config struct {
	Channels   int // Output channels.
	KernelSize int // Height and width of the convolution's window.
	Padding    int // Rows and columns of zeros added on each side for the convolution.
	Activation activation.Type
	Max        bool // Max pooling; otherwise average pooling.
}

// Suits reports whether the package can compute the layers on x, (batch, channel,
// height, width), and is faster than XLA's own operations: if x is float32, the
// activation is none, sigmoid, tanh or ReLU, input times output channels are at most
// 128, and the window is odd and either 5 × 5 or larger, or has at most 32 weights
// over all input channels. With more channels XLA's convolutions do well; with smaller
// windows the zeros that pad the window of blocks cost too much.
func (c Config) Suits(x *graph.Node) bool {
	if _, ok := activations[c.Activation]; !ok || x.Rank() != 4 || x.Shape().Dim(0) == 0 || x.DType() != dtypes.Float32 {
		return false
	}
	rows, cols := c.pooledSize(x)
	return rows > 0 && cols > 0 && x.Shape().Dim(1)*c.Channels <= 128 &&
		(c.isDirect(x) || c.KernelSize >= 5 && c.KernelSize%2 == 1)
}

// Forward returns the output for x, both (batch, channel, height, width), with weights
// (KernelSize, KernelSize, in, Channels) and biases (Channels). Building a second
// derivative panics.
func (c Config) Forward(x, weights, biases *graph.Node, training bool) *graph.Node {
	x = batchLast(x)
	p := c.newPass(graph.StopGradient(x), graph.StopGradient(weights), graph.StopGradient(biases), training)
	y := withCustomGradient(p.pooled, p.backward, input{x, p.dX}, input{weights, p.dWeights}, input{biases, p.dBiases})
	return batchFirst(y)
}

// isDirect reports whether the convolution is written out as a sum over the window:
// as long as the weights for one output fit into the registers.
func (c Config) isDirect(x *graph.Node) bool {
	return x.Shape().Dim(1)*c.KernelSize*c.KernelSize <= 32
}

// pooledSize returns the height and width of the output for images x.
func (c Config) pooledSize(x *graph.Node) (rows, cols int) {
	size := func(axis int) int { return (x.Shape().Dim(axis) + 2*c.Padding - c.KernelSize + 1) / 2 }
	return size(2), size(3)
}

// window is the size of the convolution's window in blocks of 2 × 2.
func (c Config) window() int { return c.KernelSize/2 + 1 }

// A pass holds what the backward pass needs from the forward pass. Images are (group,
// channel, height, width, example).
type pass struct {
	Config
	in, height, width int // Of the input.
	rows, cols        int // Of the output.

	x       *graph.Node   // The input, padded.
	kernel  *graph.Node   // Over blocks: (group, 4·Channels, window·window·4·in).
	patches *graph.Node   // (group, window·window·4·in, rows·cols·example), nil if the convolution is direct.
	phases  []*graph.Node // After the activation; each (group, Channels, rows, cols, example).
	pooled  *graph.Node   // The output.

	dPhases *graph.Node // (group, 4·Channels, rows·cols·example), before the activation; set by backward.
}

// newPass adds the forward pass on x, (group, channel, height, width, example), to its graph.
func (c Config) newPass(x, weights, biases *graph.Node, training bool) *pass {
	p := &pass{Config: c, in: x.Shape().Dim(1), height: x.Shape().Dim(2), width: x.Shape().Dim(3)}
	p.rows, p.cols = c.pooledSize(x)
	groups := x.Shape().Dim(0)
	p.x = materialized(pad(x, c.Padding, 2*(p.rows+c.window()-1), 2*(p.cols+c.window()-1)))
	kernel := materialized(graph.TransposeAllAxes(blockKernel(weights, c.window()), 1, 0))
	p.kernel = graph.BroadcastToDims(
		graph.ExpandAxes(kernel, 0), groups, kernel.Shape().Dim(0), kernel.Shape().Dim(1))
	if c.isDirect(x) {
		p.phases = p.direct(weights, training)
	} else {
		p.patches = patches(blocks(p.x), c.window())
		p.phases = p.product()
	}
	biases = graph.Reshape(biases, 1, c.Channels, 1, 1, 1)
	for i, y := range p.phases {
		p.phases[i] = activations[c.Activation].value(graph.Add(y, biases))
	}
	if training { // Without a barrier the backward pass would compute them again.
		p.phases = graph.OptimizationBarriers(p.phases...)
	}
	p.pooled = materialized(p.pool())
	return p
}

// direct writes the convolution out: each phase is the sum, over the window, of a
// weight times the shifted image. XLA makes one loop of the four sums, in which a
// pixel is loaded once for all the windows that it is in. In training, where each phase
// is kept, each has a loop of its own: there the rows of the window are summed one by
// one, as a sum of 25 waits for each addition before the next.
func (p *pass) direct(weights *graph.Node, training bool) []*graph.Node {
	groups, examples := p.x.Shape().Dim(0), p.x.Shape().Dim(4)
	weights = graph.Reshape(weights, p.KernelSize, p.KernelSize, p.in, p.Channels)
	var phases []*graph.Node
	for phase := range 4 {
		var sum, row *graph.Node
		for down := range p.KernelSize {
			for right := range p.KernelSize {
				for channel := range p.in {
					top, left := phase/2+down, phase%2+right
					shifted := graph.Slice(p.x, graph.AxisRange(), graph.AxisElem(channel),
						graph.AxisRange(top, top+2*p.rows-1).Stride(2), graph.AxisRange(left, left+2*p.cols-1).Stride(2))
					weight := graph.Slice(weights, graph.AxisElem(down), graph.AxisElem(right), graph.AxisElem(channel))
					weight = graph.Reshape(weight, 1, p.Channels, 1, 1, 1)
					shifted = graph.BroadcastToDims(shifted, groups, p.Channels, p.rows, p.cols, examples)
					row = add(row, graph.Mul(shifted, weight))
				}
			}
			if training {
				sum, row = add(sum, row), nil
			}
		}
		phases = append(phases, add(row, sum))
	}
	return phases
}

// product computes the convolution as a product of matrices.
func (p *pass) product() []*graph.Node {
	groups, examples := p.x.Shape().Dim(0), p.x.Shape().Dim(4)
	y := graph.DotGeneral(p.kernel, []int{2}, []int{0}, p.patches, []int{1}, []int{0})
	y = graph.Reshape(y, groups, 4, p.Channels, p.rows, p.cols, examples)
	var phases []*graph.Node
	for phase := range 4 {
		phases = append(phases, graph.Squeeze(graph.SliceAxis(y, 1, graph.AxisElem(phase)), 1))
	}
	return phases
}

// pool returns the mean or the maximum of the phases.
func (p *pass) pool() *graph.Node {
	pooled := p.phases[0]
	for _, y := range p.phases[1:] {
		if p.Max {
			// Not graph.Max: XLA's maxima on the CPU drop NaN.
			kept := graph.LogicalOr(graph.GreaterOrEqual(pooled, y), graph.NotEqual(pooled, pooled))
			pooled = graph.Where(kept, pooled, y)
		} else {
			pooled = graph.Add(pooled, y)
		}
	}
	if p.Max {
		return pooled
	}
	return graph.DivScalar(pooled, 4)
}

// add returns a + b; nil is zero.
func add(a, b *graph.Node) *graph.Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return graph.Add(a, b)
}
