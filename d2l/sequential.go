package d2l

import (
	"fmt"
	"iter"
	"reflect"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Sequential is a Layer that applies its layers one after the other. They are named
// after their kind, counted from zero: conv0, pool0, conv1, …; the names are also the
// scopes of their parameters.
//
// Book: nn.Sequential, section "Layers and Blocks".
type Sequential []Layer

// Kind returns "sequential".
func (s Sequential) Kind() string { return "sequential" }

// Forward applies the layers in order, some of them together with the next one: see
// Layer.
func (s Sequential) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return s.forward(scope, []*graph.Node{x}, false)[0]
}

// ForwardN gives the first layer all inputs, and returns all outputs of the last, such as
// those of GRU: see Layer. Any other layer gets the first output of the one before it. It
// panics if there are several inputs and a layer after the first takes several, too, such
// as an attention with lengths: it would not get them.
func (s Sequential) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return s.forward(scope, inputs, true)
}

// forward returns all outputs of the last layer, or else the first.
func (s Sequential) forward(scope *model.Scope, inputs []*graph.Node, all bool) []*graph.Node {
	var names []string
	for name := range s.Named() {
		names = append(names, name)
	}
	if len(inputs) > 1 {
		for i, layer := range s {
			if i > 0 && takesSeveral(layer) {
				panic(fmt.Sprintf("d2l: layer %s of a Sequential of %d inputs has the method ForwardN, too, and would get the output of "+
					"the layer before it alone: if it takes others, such as lengths, call both in ForwardN of a layer of your own; "+
					"if not, put it into a struct that embeds it as a d2l.Layer", names[i], len(inputs)))
			}
		}
	}
	for i := 0; i < len(s); i++ {
		layerScope, last := scope.In("%s", names[i]), i+1 == len(s)
		if !last && len(inputs) == 1 {
			if y, ok := forwardFused(names[i], s[i], s[i+1], layerScope, inputs[0]); ok {
				inputs = []*graph.Node{y}
				i++
				continue
			}
		}
		if inputs = forwardStep(names[i], s[i], layerScope, inputs, last && all); !last {
			inputs = inputs[:1]
		}
	}
	return inputs
}

// forwardStep applies a layer to one input or several; if it panics, the message says which layer it was. It returns
// all its outputs, or else the first.
func forwardStep(name string, layer Layer, scope *model.Scope, inputs []*graph.Node, all bool) []*graph.Node {
	defer nameInPanic(name, inputs...)
	if len(inputs) == 1 && !all {
		return []*graph.Node{layer.Forward(scope, inputs[0])}
	}
	return ForwardN(layer, scope, inputs...)
}

// forwardNamed is forwardStep of one input and one output.
func forwardNamed(name string, layer Layer, scope *model.Scope, x *graph.Node) *graph.Node {
	return forwardStep(name, layer, scope, []*graph.Node{x}, false)[0]
}

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

// nameInPanic is deferred: it adds to a panic's message the layer's name and its inputs.
func nameInPanic(name string, inputs ...*graph.Node) {
	if e := recover(); e != nil {
		panic(fmt.Errorf("layer %s, which gets %s: %w", name, shapesText(shapesOf(inputs), true), report.PanicError(e)))
	}
}

// absent returns what stands in the place of a layer, if there is none: nil, a pointer or function that is nil, or
// a struct that embeds a Layer which is.
func absent(layer Layer) string {
	if layer == nil {
		return "nil"
	}
	switch v := reflect.ValueOf(layer); v.Kind() {
	case reflect.Pointer, reflect.Func:
		if v.IsNil() {
			return fmt.Sprintf("a nil %T", layer)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Anonymous && v.Field(i).Type() == reflect.TypeFor[Layer]() && v.Field(i).IsNil() {
				return fmt.Sprintf("a %T whose Layer is nil", layer)
			}
		}
	}
	return ""
}

// requireLayers panics unless all layers of a block, and of those in it, are there.
func requireLayers(layer Layer) {
	if parts := partsOf(layer); parts != nil {
		for _, inner := range parts {
			requireLayers(inner)
		}
	}
}

// Named iterates over the layers with their names. It panics at a layer that is nil or a nil pointer.
func (s Sequential) Named() iter.Seq2[string, Layer] { return named("a Sequential", s) }

// named iterates over the layers of a block, named after their kind.
func named(block string, layers []Layer) iter.Seq2[string, Layer] {
	return func(yield func(string, Layer) bool) {
		count, last := map[string]int{}, "at its beginning"
		for i, layer := range layers {
			if nothing := absent(layer); nothing != "" {
				const message = "d2l: layer %d of %d in %s, %s, is %s: give a layer, or leave it out"
				panic(fmt.Sprintf(message, i+1, len(layers), block, last, nothing))
			}
			kind := layer.Kind()
			name := fmt.Sprintf("%s%d", kind, count[kind])
			count[kind]++
			last = "after " + name
			if !yield(name, layer) {
				return
			}
		}
	}
}
