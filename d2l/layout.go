package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// At the surface of every layer images are (batch, channel, height, width), as
// in the book. XLA computes convolutions and pooling fastest with the channels
// last, so those layers transpose on entry and back on exit: XLA cancels the
// pair between two such layers, and a one-channel input needs no data moved.

func channelsLast(x *graph.Node) *graph.Node  { return graph.TransposeAllAxes(x, 0, 2, 3, 1) }
func channelsFirst(x *graph.Node) *graph.Node { return graph.TransposeAllAxes(x, 0, 3, 1, 2) }

// requireImages panics unless x is a batch of images.
func requireImages(layer string, x *graph.Node) {
	if x.Rank() != 4 {
		panic(fmt.Sprintf("d2l: %s takes images of shape (batch, channel, height, width), got %v", layer, Shape(x.Shape().Dimensions)))
	}
}
