package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Flatten turns each example into a vector: from (batch, c, h, w) it makes
// (batch, c·h·w). Dense does so by itself.
//
// Book: nn.Flatten, section "Network in Network (NiN)".
type Flatten struct{}

// Kind returns "flatten".
func (Flatten) Kind() string { return "flatten" }

// Forward adds the reshaping to the graph of x.
func (Flatten) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return flatten(x) }

func flatten(x *graph.Node) *graph.Node {
	if x.Rank() == 2 {
		return x
	}
	batch := x.Shape().Dim(0)
	return graph.Reshape(x, batch, x.Shape().Size()/batch)
}
