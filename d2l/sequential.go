package d2l

import (
	"fmt"
	"iter"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Sequential is a Layer that applies its layers one after the other. Its layers
// are named after their kind, counted from zero: conv0, pool0, conv1, …; the
// names are also the scopes of their parameters.
//
// Book: nn.Sequential, section "Layers and Blocks".
type Sequential []Layer

// Kind returns "sequential".
func (s Sequential) Kind() string { return "sequential" }

// Forward applies the layers in order.
//
// On XLA's CPU backend a Conv2D and the pooling of 2 × 2 that follows it are computed
// together, if they are float32, the strides are 1, the activation is none, Sigmoid,
// Tanh or ReLU, input times output channels are at most 128, and the window is odd
// and either 5 × 5 or more, or has at most 32 weights over all input channels. Values
// and gradients are the same but for rounding. Second derivatives are not supported
// there: they come out as zero.
func (s Sequential) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	var names []string
	for name := range s.Named() {
		names = append(names, name)
	}
	for i := 0; i < len(s); i++ {
		layerScope := scope.In("%s", names[i])
		if i+1 < len(s) && poolsWithConv(s[i], s[i+1], x) {
			x = forwardNamed(names[i], newConvPool(s[i], s[i+1]), layerScope, x)
			i++
			continue
		}
		x = forwardNamed(names[i], s[i], layerScope, x)
	}
	return x
}

// forward applies the net's layers. Sequential names those of its own that panic;
// any other net counts as one layer.
func (n *Net) forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if _, ok := n.layer.(Sequential); ok {
		return n.layer.Forward(scope, x)
	}
	return forwardNamed(n.layer.Kind(), n.layer, scope, x)
}

// forwardNamed applies a layer; if it panics, the message says which one it was
// and what reached it.
func forwardNamed(name string, layer Layer, scope *model.Scope, x *graph.Node) *graph.Node {
	defer func() {
		if e := recover(); e != nil {
			of := ""
			if x.DType() != dtypes.Float32 {
				of = fmt.Sprintf(" of %v", x.DType())
			}
			panic(fmt.Errorf("layer %s, which gets %v%s: %w", name, Shape(x.Shape().Dimensions), of, report.PanicError(e)))
		}
	}()
	return layer.Forward(scope, x)
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
