package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// A Layer is one step of a network: it adds its computation on x to x's graph
// and returns the result.
//
// Images arrive and leave as (batch, channel, height, width), as in the book;
// inside, a layer may use another layout. Parameters are variables of scope,
// which belongs to this layer alone. Being a graph-building function, Forward
// panics on shapes it cannot work with; Net turns that into an error.
//
// Whatever GoMLX can build can be a Layer: a residual block, for example, is a
// type whose Forward adds x to what other layers make of it.
//
// Book: nn.Block, section "Layers and Blocks".
type Layer interface {
	// Kind is the stem of the layer's name: the layers of kind "conv" in a
	// Sequential are called conv0, conv1, …
	Kind() string
	Forward(scope *model.Scope, x *graph.Node) *graph.Node
}
