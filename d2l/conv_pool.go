package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// A convolution of few channels keeps a processor's wide arithmetic units mostly
// idle. Where average pooling of 2 × 2 follows, both are done on blocks of 2 × 2
// pixels instead, side by side in the channels: the same window at the four
// places of a block is one window over blocks, with four times the channels, and
// the pooling is the mean of the four groups of channels it puts out. The numbers
// are the same but for rounding.

// poolsInBlocks reports whether convolution and pooling of x are better done
// together. With more channels, or smaller windows, the zeros that fill up the
// window of blocks cost more than the width of the units gains.
func poolsInBlocks(layer, next Layer, x *graph.Node) bool {
	conv, isConv := layer.(Conv2D)
	pool, isPool := next.(AvgPool2D)
	if !isConv || !isPool || x.Rank() != 4 {
		return false
	}
	rows, cols := conv.pooledSize(x)
	return conv.valid() && conv.Strides <= 1 && conv.KernelSize >= 5 && conv.KernelSize%2 == 1 &&
		x.Shape().Dim(1)*conv.Channels <= 128 && rows > 0 && cols > 0 &&
		pool.PoolSize == 2 && (pool.Strides == 0 || pool.Strides == 2) && pool.Padding == 0
}

// pooledSize returns the height and width of images x after the convolution and
// pooling of 2 × 2; a last odd row or column is left out.
func (c Conv2D) pooledSize(x *graph.Node) (rows, cols int) {
	size := func(axis int) int { return (x.Shape().Dim(axis) + 2*c.Padding - c.KernelSize + 1) / 2 }
	return size(2), size(3)
}

// convPool adds the convolution and average pooling of 2 × 2 to the graph of x.
func convPool(conv Conv2D, scope *model.Scope, x *graph.Node) *graph.Node {
	rows, cols := conv.pooledSize(x)
	window := conv.KernelSize/2 + 1 // In blocks: the pixels of KernelSize + 1.
	x = channelsLast(x)
	weights, biases := weightsAndBiases(scope, x, conv.KernelSize, conv.KernelSize, x.Shape().Dim(-1), conv.Channels)
	x = fit(x, 1, conv.Padding, 2*(rows+window-1))
	x = fit(x, 2, conv.Padding, 2*(cols+window-1))
	kernel, padding := withGradient(blockKernel(weights, window), 0)
	y := graph.Convolve(blocks(x), kernel).PaddingPerDim([][2]int{padding, padding}).Done()
	y = graph.Add(y, graph.ExpandLeftToRank(graph.Concatenate([]*graph.Node{biases, biases, biases, biases}, 0), 4))
	y = activation.Apply(conv.Activation, y)
	var sum *graph.Node
	for place := range 4 {
		group := graph.SliceAxis(y, 3, graph.AxisRange(place*conv.Channels, (place+1)*conv.Channels))
		if sum == nil {
			sum = group
		} else {
			sum = graph.Add(sum, group)
		}
	}
	return channelsFirst(graph.DivScalar(sum, 4))
}

// blocks turns (batch, 2h, 2w, c) into (batch, h, w, 4c).
func blocks(x *graph.Node) *graph.Node {
	batch, height, width, channels := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = graph.Reshape(x, batch, height/2, 2, width/2, 2, channels)
	x = graph.TransposeAllAxes(x, 0, 1, 3, 2, 4, 5)
	return graph.Reshape(x, batch, height/2, width/2, 4*channels)
}

// blockKernel turns the kernel (size, size, in, out) over pixels into the one
// over blocks, (window, window, 4·in, 4·out): for each place in a block, the
// kernel moved there and filled up with zeros.
func blockKernel(kernel *graph.Node, window int) *graph.Node {
	in, out := kernel.Shape().Dim(2), kernel.Shape().Dim(3)
	var places []*graph.Node
	for down := range 2 {
		for right := range 2 {
			k := fit(fit(kernel, 0, down, 2*window), 1, right, 2*window)
			k = graph.Reshape(k, window, 2, window, 2, in, out)
			k = graph.TransposeAllAxes(k, 0, 2, 1, 3, 4, 5)
			places = append(places, graph.Reshape(k, window, window, 4*in, out))
		}
	}
	return graph.Concatenate(places, -1)
}

// fit puts zeros before x along an axis, and cuts it off or fills it up with
// zeros so that the axis has the given size. (GoMLX's Pad has no gradient.)
func fit(x *graph.Node, axis, before, size int) *graph.Node {
	if room := size - before; x.Shape().Dim(axis) > room {
		x = graph.SliceAxis(x, axis, graph.AxisRange(0, room))
	}
	after := size - before - x.Shape().Dim(axis)
	return withZeros(x, axis, before, after)
}

// withZeros puts zeros before and after x along an axis.
func withZeros(x *graph.Node, axis, before, after int) *graph.Node {
	zeros := func(n int) *graph.Node {
		shape := x.Shape().Clone()
		shape.Dimensions[axis] = n
		return graph.Zeros(x.Graph(), shape)
	}
	parts := []*graph.Node{x}
	if before > 0 {
		parts = append([]*graph.Node{zeros(before)}, parts...)
	}
	if after > 0 {
		parts = append(parts, zeros(after))
	}
	if len(parts) == 1 {
		return x
	}
	return graph.Concatenate(parts, axis)
}
