package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// At the surface of every layer images are (batch, channel, height, width), as
// in the book. Inside, a layer may compute in another layout: it transposes on
// entry and back on exit, and the compiler cancels the pair between two layers
// of the same one.

// channelsLast makes (batch, height, width, channel) of (batch, channel, height,
// width): what XLA's own convolutions and pooling are fastest with. An input of
// one channel needs no data moved.
func channelsLast(x *graph.Node) *graph.Node  { return graph.TransposeAllAxes(x, 0, 2, 3, 1) }
func channelsFirst(x *graph.Node) *graph.Node { return graph.TransposeAllAxes(x, 0, 3, 1, 2) }

// batchLast makes (group, channel, height, width, example) of (batch, channel,
// height, width): the batch in groups, and in each group the examples side by
// side, so that what is done for one example is done for a whole register of
// them, however few channels there are.
func batchLast(x *graph.Node) *graph.Node {
	batch, channels, height, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	groups := numGroups(batch)
	x = graph.Reshape(x, groups, batch/groups, channels, height, width)
	return graph.TransposeAllAxes(x, 0, 2, 3, 4, 1)
}

func batchFirst(x *graph.Node) *graph.Node {
	groups, channels, height, width, examples := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3), x.Shape().Dim(4)
	x = graph.TransposeAllAxes(x, 0, 4, 1, 2, 3)
	return graph.Reshape(x, groups*examples, channels, height, width)
}

// numGroups returns into how many groups a batch is cut: groups of 32, which fill
// the widest registers twice and whose images stay in the cache, or few but equal
// ones if 32 does not divide the batch.
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

// requireImages panics unless x is a batch of images.
func requireImages(layer string, x *graph.Node) {
	if x.Rank() != 4 {
		panic(fmt.Sprintf("d2l: %s takes images of shape (batch, channel, height, width), got %v", layer, Shape(x.Shape().Dimensions)))
	}
}
