package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// GlobalAvgPool2D replaces each channel by its mean: from (batch, c, h, w) it makes
// (batch, c, 1, 1).
//
// Book: nn.GlobalAvgPool2D, section "Network in Network (NiN)".
type GlobalAvgPool2D struct{}

// Kind returns "pool".
func (GlobalAvgPool2D) Kind() string { return "pool" }

// Forward adds the pooling to the graph of x.
func (GlobalAvgPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	requireImages("GlobalAvgPool2D", x)
	return graph.ReduceAndKeep(x, graph.ReduceMean, 2, 3)
}
