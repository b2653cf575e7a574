package d2l

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// fuser is a Layer with the optional method that Layer describes.
type fuser interface {
	ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (y *graph.Node, ok bool)
}

// forwardFused applies a layer together with the next one, if it can; if it panics, the
// message says which layer it was.
func forwardFused(name string, layer, next Layer, scope *model.Scope, x *graph.Node) (y *graph.Node, ok bool) {
	defer nameInPanic(name, x)
	if f, isFuser := layer.(fuser); isFuser {
		return f.ForwardWith(scope, x, layer, next)
	}
	return nil, false
}
