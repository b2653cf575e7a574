package d2l

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// On a CPU, XLA computes a convolution of few channels at a small part of the
// processor's rate, and pooling moves all its output through memory once more.
// Where pooling of 2 × 2 follows, both are done here together, with the examples of
// the batch side by side in the registers (see batchLast). What the convolution makes
// is kept as four images of half the height and width, one for each place in the
// windows of 2 × 2; pooling adds them up. The numbers are the same but for rounding.
//
// Below, ofX is the gradient with respect to x, and seen what the window sees at each
// position.

// poolsWithConv reports whether convolution and pooling of x are better done
// together. With more channels XLA's own convolutions do well; with smaller
// windows the zeros that fill up the window of blocks cost too much.
func poolsWithConv(layer, next Layer, x *graph.Node) bool {
	conv, isConv := layer.(Conv2D)
	if !isConv || !conv.valid() || conv.Strides > 1 || !hasSlope(conv.Activation) || !pools2x2(next) ||
		x.Rank() != 4 || x.Shape().Dim(0) == 0 || x.DType() != dtypes.Float32 || !isCPU(x.Graph().Backend()) {
		return false
	}
	c := convPool{Conv2D: conv}
	rows, cols := c.pooledSize(x)
	return rows > 0 && cols > 0 && x.Shape().Dim(1)*conv.Channels <= 128 &&
		(c.isDirect(x) || conv.KernelSize >= 5 && conv.KernelSize%2 == 1)
}

// pools2x2 reports whether a layer pools windows of 2 × 2 side by side.
func pools2x2(layer Layer) bool {
	pool, ok := layer.(AvgPool2D)
	if maximum, isMax := layer.(MaxPool2D); isMax {
		pool, ok = AvgPool2D(maximum), true
	}
	return ok && pool.PoolSize == 2 && (pool.Strides == 0 || pool.Strides == 2) && pool.Padding == 0
}

// convPool is a convolution with the pooling that follows it.
type convPool struct {
	Conv2D
	max bool // Maximum pooling; otherwise average pooling.
}

func newConvPool(conv, pool Layer) convPool {
	_, isMax := pool.(MaxPool2D)
	return convPool{conv.(Conv2D), isMax}
}

// isDirect reports whether the convolution is written out as a sum over the
// window: as long as the weights for one output fit into the registers.
func (c convPool) isDirect(x *graph.Node) bool {
	return x.Shape().Dim(1)*c.KernelSize*c.KernelSize <= 32
}

// pooledSize returns the height and width of images x after the convolution and
// the pooling; a last odd row or column is left out.
func (c convPool) pooledSize(x *graph.Node) (rows, cols int) {
	size := func(axis int) int { return (x.Shape().Dim(axis) + 2*c.Padding - c.KernelSize + 1) / 2 }
	return size(2), size(3)
}

// window is the size of the convolution's window in blocks of 2 × 2.
func (c convPool) window() int { return c.KernelSize/2 + 1 }

// Forward adds both layers to the graph of x.
func (c convPool) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	in, height, width := x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	rows, cols := c.pooledSize(x)
	weights, biases := weightsAndBiases(scope, x, c.KernelSize, c.KernelSize, in, c.Channels)
	training := scope.IsTraining(x.Graph())
	direct := c.isDirect(x)
	y := withOwnGradient([]*graph.Node{batchLast(x), weights, biases}, func(inputs []*graph.Node) (*graph.Node, func(*graph.Node) []func() *graph.Node) {
		x, weights, biases := inputs[0], inputs[1], inputs[2]
		groups := x.Shape().Dim(0)
		x = materialized(fit(x, c.Padding, 2*(rows+c.window()-1), 2*(cols+c.window()-1)))
		seenBy := func(x *graph.Node) *graph.Node { return patches(blocks(x), c.window()) }
		kernel := materialized(graph.TransposeAllAxes(blockKernel(weights, c.window()), 1, 0))
		kernel = graph.BroadcastToDims(graph.ExpandAxes(kernel, 0), groups, kernel.Shape().Dim(0), kernel.Shape().Dim(1))

		var seen *graph.Node
		var places []*graph.Node // For each place in a block (group, channel, row, col, example).
		if direct {
			places = c.direct(x, weights, rows, cols)
		} else {
			seen = seenBy(x)
			places = c.product(kernel, seen, rows, cols)
		}
		biases = graph.Reshape(biases, 1, c.Channels, 1, 1, 1)
		for i, y := range places {
			places[i] = activate(c.Activation, graph.Add(y, biases))
		}
		if training { // They are used again on the way back; without a barrier they would be computed again.
			places = graph.OptimizationBarriers(places...)
		}
		pooled := materialized(c.pool(places))

		return pooled, func(v *graph.Node) []func() *graph.Node {
			ofPlaces := materialized(graph.Stack(c.poolGradient(places, pooled, materialized(v)), 1))
			ofProduct := graph.Reshape(ofPlaces, groups, 4*c.Channels, -1)
			return []func() *graph.Node{
				func() *graph.Node {
					ofSeen := graph.DotGeneral(kernel, []int{1}, []int{0}, ofProduct, []int{1}, []int{0})
					ofX := pixels(sumPatches(ofSeen, c.window(), 4*in, rows, cols))
					return unfit(ofX, c.Padding, height, width)
				},
				func() *graph.Node {
					seen := seen
					if direct { // Patches are many times the image: none before they are wanted.
						seen = seenBy(graph.OptimizationBarriers(x, ofProduct)[0])
					}
					ofKernel := graph.ReduceSum(graph.DotGeneral(seen, []int{2}, []int{0}, ofProduct, []int{2}, []int{0}), 0)
					return sumBlockKernel(ofKernel, c.window(), c.KernelSize, in, c.Channels)
				},
				func() *graph.Node {
					return graph.ReduceSum(graph.Reshape(ofProduct, groups, 4, c.Channels, -1), 0, 1, 3)
				},
			}
		}
	})
	return batchFirst(y)
}

// direct writes the convolution out: for each place in a block the sum, over
// the window, of a weight times the image moved. XLA makes one loop of the four
// sums, in which a pixel is loaded once for all the windows that see it.
func (c convPool) direct(x, weights *graph.Node, rows, cols int) []*graph.Node {
	groups, in, examples := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(4)
	weights = graph.Reshape(weights, c.KernelSize, c.KernelSize, in, c.Channels)
	var places []*graph.Node
	for place := range 4 {
		var sum *graph.Node
		for down := range c.KernelSize {
			for right := range c.KernelSize {
				for channel := range in {
					top, left := place/2+down, place%2+right
					moved := graph.Slice(x, graph.AxisRange(), graph.AxisElem(channel),
						graph.AxisRange(top, top+2*rows-1).Stride(2), graph.AxisRange(left, left+2*cols-1).Stride(2))
					weight := graph.Slice(weights, graph.AxisElem(down), graph.AxisElem(right), graph.AxisElem(channel))
					weight = graph.Reshape(weight, 1, c.Channels, 1, 1, 1)
					term := graph.Mul(graph.BroadcastToDims(moved, groups, c.Channels, rows, cols, examples), weight)
					if sum == nil {
						sum = term
					} else {
						sum = graph.Add(sum, term)
					}
				}
			}
		}
		places = append(places, sum)
	}
	return places
}

// product computes the convolution as a product of matrices.
func (c convPool) product(kernel, seen *graph.Node, rows, cols int) []*graph.Node {
	groups := seen.Shape().Dim(0)
	examples := seen.Shape().Dim(2) / (rows * cols)
	y := graph.DotGeneral(kernel, []int{2}, []int{0}, seen, []int{1}, []int{0})
	y = graph.Reshape(y, groups, 4, c.Channels, rows, cols, examples)
	var places []*graph.Node
	for place := range 4 {
		places = append(places, graph.Squeeze(graph.SliceAxis(y, 1, graph.AxisElem(place)), 1))
	}
	return places
}

// pool puts the four places of each block together.
func (c convPool) pool(places []*graph.Node) *graph.Node {
	pooled := places[0]
	for _, y := range places[1:] {
		if c.max {
			pooled = graph.Max(pooled, y)
		} else {
			pooled = graph.Add(pooled, y)
		}
	}
	if c.max {
		return pooled
	}
	return graph.DivScalar(pooled, 4)
}

// poolGradient returns, for each place, the gradient with respect to it before
// its activation, from v, that with respect to what was pooled. Of several maxima
// the first one gets it all, as in PyTorch.
func (c convPool) poolGradient(places []*graph.Node, pooled, v *graph.Node) []*graph.Node {
	gradients := make([]*graph.Node, len(places))
	var taken *graph.Node // Where the maximum was met already.
	for i, y := range places {
		share := graph.DivScalar(v, 4)
		if c.max {
			greatest := graph.LogicalOr(graph.Equal(y, pooled), graph.NotEqual(y, y)) // NaN counts as one, so that it gets the gradient.
			share = graph.Where(greatest, v, graph.ZerosLike(v))
			if taken != nil {
				share = graph.Where(taken, graph.ZerosLike(v), share)
				greatest = graph.LogicalOr(taken, greatest)
			}
			taken = greatest
		}
		gradients[i] = graph.Mul(slope(c.Activation, y), share)
	}
	return gradients
}
