package convpool

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// A convolution is a product of matrices: of its kernel and of the patches of the
// image, one for each position of the window. Four positions at a time, the 2 × 2
// of a block, make the matrices large enough for a processor's wide arithmetic units
// where channels are few: a window of k × k pixels at the four positions in a block is
// one window of (k+1)/2 blocks (k odd) with four times the output channels.
//
// Images here are (group, channel, height, width, example), see batchLast.

// blocks returns images (group, channel, 2·rows, 2·cols, example) with the pixels of
// each block of 2 × 2 side by side in the channels: (group, 4·channel, rows, cols,
// example).
func blocks(x *graph.Node) *graph.Node {
	groups, channels, height, width, examples := dims5(x)
	x = graph.Reshape(x, groups, channels, height/2, 2, width/2, 2, examples)
	x = graph.TransposeAllAxes(x, 0, 3, 5, 1, 2, 4, 6)
	return graph.Reshape(x, groups, 4*channels, height/2, width/2, examples)
}

// pixels undoes blocks.
func pixels(x *graph.Node) *graph.Node {
	groups, channels, rows, cols, examples := dims5(x)
	x = graph.Reshape(x, groups, 2, 2, channels/4, rows, cols, examples)
	x = graph.TransposeAllAxes(x, 0, 3, 4, 1, 5, 2, 6)
	return graph.Reshape(x, groups, channels/4, 2*rows, 2*cols, examples)
}

// patches returns what the window sees at each position of images (group, channel,
// rows+window−1, cols+window−1, example): (group, window·window·channel,
// rows·cols·example).
func patches(x *graph.Node, window int) *graph.Node {
	groups, channels, height, width, examples := dims5(x)
	rows, cols := height-window+1, width-window+1
	dims := []int{groups, window * window, channels, rows, cols, examples}
	offset := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, window*window, 1, 1, 1, 1), 1)
	var all *graph.Node
	// A choice between slices, not their concatenation: XLA's CPU backend does that
	// piece by piece on one core.
	for i := range window * window {
		down, right := i/window, i%window
		part := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
			graph.AxisRange(down, down+rows), graph.AxisRange(right, right+cols))
		part = graph.BroadcastToDims(graph.ExpandAxes(part, 1), dims...)
		if all == nil {
			all = part
			continue
		}
		here := graph.Equal(offset, graph.Scalar(x.Graph(), dtypes.Int32, i))
		all = graph.Where(graph.BroadcastToDims(here, dims...), part, all)
	}
	all = materialized(all) // Keeps the loop over examples the innermost one.
	return graph.Reshape(all, groups, window*window*channels, rows*cols*examples)
}

// sumPatches is the gradient of patches: it adds up what the windows see of each pixel.
// rows and cols are the numbers of positions.
func sumPatches(p *graph.Node, window, channels, rows, cols int) *graph.Node {
	groups := p.Shape().Dim(0)
	examples := p.Shape().Dim(2) / (rows * cols)
	p = graph.Reshape(p, groups, window, window, channels, rows, cols, examples)
	// Offsets to the right first, then downwards: each pixel is then in fewer sums with a condition on the border.
	sum := func(p *graph.Node, offsets, positions int) *graph.Node {
		var sum *graph.Node
		for i := range window {
			part := padAxes(graph.SliceAxis(p, offsets, graph.AxisElem(i)), map[int][2]int{positions: {i, window - 1 - i}})
			sum = add(sum, graph.Squeeze(part, offsets))
		}
		return sum
	}
	return sum(materialized(sum(p, 2, 5)), 1, 3)
}

// blockKernel returns a kernel (size, size, in, out) over pixels as the one over blocks,
// a matrix (window·window·4·in, 4·out): for each phase, the kernel shifted by its
// position in the block and padded with zeros.
func blockKernel(kernel *graph.Node, window int) *graph.Node {
	size, in, out := kernel.Shape().Dim(0), kernel.Shape().Dim(2), kernel.Shape().Dim(3)
	var phases []*graph.Node
	for down := range 2 {
		for right := range 2 {
			k := padAxes(kernel, map[int][2]int{0: {down, 2*window - size - down}, 1: {right, 2*window - size - right}})
			k = graph.Reshape(k, window, 2, window, 2, in, out)
			k = graph.TransposeAllAxes(k, 0, 2, 1, 3, 4, 5)
			phases = append(phases, graph.Reshape(k, window*window*4*in, out))
		}
	}
	return graph.Concatenate(phases, 1)
}

// sumBlockKernel is the gradient of blockKernel: it adds up the kernel's phases.
func sumBlockKernel(k *graph.Node, window, size, in, out int) *graph.Node {
	k = graph.Reshape(k, window, window, 2, 2, in, 2, 2, out)
	k = graph.TransposeAllAxes(k, 5, 6, 0, 2, 1, 3, 4, 7)
	k = graph.Reshape(k, 2, 2, 2*window, 2*window, in, out)
	var sum *graph.Node
	for down := range 2 {
		for right := range 2 {
			phase := graph.Slice(k, graph.AxisElem(down), graph.AxisElem(right),
				graph.AxisRange(down, down+size), graph.AxisRange(right, right+size))
			sum = add(sum, graph.Reshape(phase, size, size, in, out))
		}
	}
	return sum
}
