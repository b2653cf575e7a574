package d2l

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Sequential is a Layer that applies its layers one after the other, the
// book's nn.Sequential (section "Layers and Blocks"). Its layers are named
// after their kind, counted from zero: conv0, pool0, conv1, …; the names are
// also the scopes of their parameters.
type Sequential []Layer

// Kind returns "sequential".
func (s Sequential) Kind() string { return "sequential" }

// Forward applies the layers in order.
func (s Sequential) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	for name, layer := range s.Named() {
		x = layer.Forward(scope.In("%s", name), x)
	}
	return x
}

// Named iterates over the layers with their names.
func (s Sequential) Named() iter.Seq2[string, Layer] {
	return func(yield func(string, Layer) bool) {
		count := map[string]int{}
		for _, layer := range s {
			kind := layer.Kind()
			name := fmt.Sprintf("%s%d", kind, count[kind])
			count[kind]++
			if !yield(name, layer) {
				return
			}
		}
	}
}
