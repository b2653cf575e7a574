package convpool

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// batchLast returns images (batch, channel, height, width) as (group, channel, height,
// width, example): the batch in groups, and in each group the examples side by side, so
// that what is done for one example is done for a whole register of them, however few
// channels there are.
func batchLast(x *graph.Node) *graph.Node {
	batch, channels, height, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	groups := numGroups(batch)
	x = graph.Reshape(x, groups, batch/groups, channels, height, width)
	return graph.TransposeAllAxes(x, 0, 2, 3, 4, 1)
}

// batchFirst undoes batchLast.
func batchFirst(x *graph.Node) *graph.Node {
	groups, channels, height, width, examples := dims5(x)
	x = graph.TransposeAllAxes(x, 0, 4, 1, 2, 3)
	return graph.Reshape(x, groups*examples, channels, height, width)
}

func dims5(x *graph.Node) (groups, channels, height, width, examples int) {
	dims := x.Shape().Dimensions
	return dims[0], dims[1], dims[2], dims[3], dims[4]
}

// numGroups returns the number of groups of a batch: groups of 32, which fill the
// widest registers twice and whose images stay in the cache, or a few equal ones if
// 32 does not divide the batch.
func numGroups(batch int) int {
	if batch%32 == 0 {
		return batch / 32
	}
	for groups := 8; groups > 1; groups /= 2 {
		if batch%groups == 0 && batch/groups > 32 {
			return groups
		}
	}
	return 1
}

// pad puts rows and columns of zeros before an image, and crops it or adds zeros after
// it so that it has the given numbers of both.
func pad(x *graph.Node, before, rows, cols int) *graph.Node {
	height, width := min(x.Shape().Dim(2), rows-before), min(x.Shape().Dim(3), cols-before)
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(0, height), graph.AxisRange(0, width))
	return padAxes(x, map[int][2]int{2: {before, rows - before - height}, 3: {before, cols - before - width}})
}

// unpad undoes pad for an image that had the given height and width.
func unpad(x *graph.Node, before, height, width int) *graph.Node {
	bottom, right := min(before+height, x.Shape().Dim(2)), min(before+width, x.Shape().Dim(3))
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
		graph.AxisRange(before, bottom), graph.AxisRange(before, right))
	return padAxes(x, map[int][2]int{2: {0, before + height - bottom}, 3: {0, before + width - right}})
}

// padAxes puts zeros before and after x along some axes.
func padAxes(x *graph.Node, zeros map[int][2]int) *graph.Node {
	sides := make([]compute.PadAxis, x.Rank())
	for axis, n := range zeros {
		sides[axis] = compute.PadAxis{Start: n[0], End: n[1]}
	}
	return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), sides...)
}

// materialized returns x as something that is written to memory. XLA would rather
// compute it again inside each operation that uses it; where there are many of them,
// or where they do more with x than run over it, that is slower.
func materialized(x *graph.Node) *graph.Node {
	// go-xla v0.4.5 ignores a barrier for a single value.
	return graph.OptimizationBarriers(x, graph.ScalarZero(x.Graph(), x.DType()))[0]
}
