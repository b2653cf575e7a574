package d2l

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// A convolution is a product of matrices: of its kernel and of the patches of the
// image, one for each position of the window. Four positions at a time, the 2 × 2
// of a block, make the matrices large enough for a processor's wide arithmetic
// units where channels are few: a window of k × k pixels at the four places of a
// block is one window of (k+1)/2 blocks (k odd) with four times the channels out.
//
// Images here are (group, channel, height, width, example), see batchLast.

// blocks makes (group, 4·channel, rows, cols, example), blocks of 2 × 2 pixels
// side by side in the channels, of (group, channel, 2·rows, 2·cols, example).
func blocks(x *graph.Node) *graph.Node {
	groups, channels, rows, cols, examples := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)/2, x.Shape().Dim(3)/2, x.Shape().Dim(4)
	x = graph.Reshape(x, groups, channels, rows, 2, cols, 2, examples)
	x = graph.TransposeAllAxes(x, 0, 3, 5, 1, 2, 4, 6)
	return graph.Reshape(x, groups, 4*channels, rows, cols, examples)
}

// pixels undoes blocks.
func pixels(x *graph.Node) *graph.Node {
	groups, channels, rows, cols, examples := x.Shape().Dim(0), x.Shape().Dim(1)/4, x.Shape().Dim(2), x.Shape().Dim(3), x.Shape().Dim(4)
	x = graph.Reshape(x, groups, 2, 2, channels, rows, cols, examples)
	x = graph.TransposeAllAxes(x, 0, 3, 4, 1, 5, 2, 6)
	return graph.Reshape(x, groups, channels, 2*rows, 2*cols, examples)
}

// patches makes (group, window·window·channel, rows·cols·example) of (group,
// channel, rows+window−1, cols+window−1, example): for each position, what the
// window sees there.
func patches(x *graph.Node, window int) *graph.Node {
	groups, channels, examples := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(4)
	rows, cols := x.Shape().Dim(2)-window+1, x.Shape().Dim(3)-window+1
	dims := []int{groups, window * window, channels, rows, cols, examples}
	offset := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, window*window, 1, 1, 1, 1), 1)
	var all *graph.Node
	// A choice between slices, and not their concatenation, which XLA's CPU backend
	// does piece by piece on one core.
	for i := range window * window {
		down, right := i/window, i%window
		part := graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(down, down+rows), graph.AxisRange(right, right+cols))
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

// sumPatches undoes patches: what windows see in one place is summed. rows and
// cols are the numbers of positions.
func sumPatches(p *graph.Node, window, channels, rows, cols int) *graph.Node {
	groups := p.Shape().Dim(0)
	examples := p.Shape().Dim(2) / (rows * cols)
	p = graph.Reshape(p, groups, window, window, channels, rows, cols, examples)
	var sum *graph.Node
	for down := range window {
		for right := range window {
			part := graph.Slice(p, graph.AxisRange(), graph.AxisElem(down), graph.AxisElem(right))
			part = graph.Reshape(part, groups, channels, rows, cols, examples)
			part = padded(part, map[int][2]int{2: {down, window - 1 - down}, 3: {right, window - 1 - right}})
			if sum == nil {
				sum = part
			} else {
				sum = graph.Add(sum, part)
			}
		}
	}
	return sum
}

// blockKernel makes of a kernel (size, size, in, out) over pixels the one over
// blocks as a matrix, (window·window·4·in, 4·out): for each place in a block, the
// kernel moved there and filled up with zeros.
func blockKernel(kernel *graph.Node, window int) *graph.Node {
	size, in, out := kernel.Shape().Dim(0), kernel.Shape().Dim(2), kernel.Shape().Dim(3)
	var places []*graph.Node
	for down := range 2 {
		for right := range 2 {
			k := padded(kernel, map[int][2]int{0: {down, 2*window - size - down}, 1: {right, 2*window - size - right}})
			k = graph.Reshape(k, window, 2, window, 2, in, out)
			k = graph.TransposeAllAxes(k, 0, 2, 1, 3, 4, 5)
			places = append(places, graph.Reshape(k, window*window*4*in, out))
		}
	}
	return graph.Concatenate(places, 1)
}

// sumBlockKernel undoes blockKernel: it sums the kernel's four places.
func sumBlockKernel(k *graph.Node, window, size, in, out int) *graph.Node {
	k = graph.Reshape(k, window, window, 2, 2, in, 2, 2, out)
	k = graph.TransposeAllAxes(k, 5, 6, 0, 2, 1, 3, 4, 7)
	k = graph.Reshape(k, 2, 2, 2*window, 2*window, in, out)
	var sum *graph.Node
	for down := range 2 {
		for right := range 2 {
			place := graph.Slice(k, graph.AxisElem(down), graph.AxisElem(right), graph.AxisRange(down, down+size), graph.AxisRange(right, right+size))
			place = graph.Reshape(place, size, size, in, out)
			if sum == nil {
				sum = place
			} else {
				sum = graph.Add(sum, place)
			}
		}
	}
	return sum
}

// fit puts zeros before an image's rows and columns, and cuts it off or fills it
// up with zeros so that it has the given numbers of them.
func fit(x *graph.Node, before, rows, cols int) *graph.Node {
	height, width := min(x.Shape().Dim(2), rows-before), min(x.Shape().Dim(3), cols-before)
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(0, height), graph.AxisRange(0, width))
	return padded(x, map[int][2]int{2: {before, rows - before - height}, 3: {before, cols - before - width}})
}

// unfit undoes fit for an image that had the given height and width.
func unfit(x *graph.Node, before, height, width int) *graph.Node {
	bottom, right := min(before+height, x.Shape().Dim(2)), min(before+width, x.Shape().Dim(3))
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(before, bottom), graph.AxisRange(before, right))
	return padded(x, map[int][2]int{2: {0, before + height - bottom}, 3: {0, before + width - right}})
}

// padded puts zeros before and after x along some axes.
func padded(x *graph.Node, zeros map[int][2]int) *graph.Node {
	sides := make([]compute.PadAxis, x.Rank())
	for axis, n := range zeros {
		sides[axis] = compute.PadAxis{Start: n[0], End: n[1]}
	}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), sides...)
}
