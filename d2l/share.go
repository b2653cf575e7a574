package d2l

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Share returns a Layer that has the same parameters wherever it stands in a net; gradients
// are summed over all places. A Layer that is not shared has parameters of its own in each
// place, also if it is one variable of the program:
//
//	shared := d2l.Share(d2l.Dense{Units: 8, Activation: d2l.ReLU})
//	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 8}, shared, shared, d2l.Dense{Units: 1}})
//
// The parameters have the name of the first place, here dense1.weight, in files too. All
// places need the same parameters: a Dense, inputs of the same width. Nets that have the
// same shared layer do not share parameters with each other: see Net.Apply. Share panics if
// layer is nil.
//
// A layer of your own shares by calling Forward of a shared layer several times.
// Forward of another layer twice on one scope is an error.
//
// Book: params, section "Parameter Management".
func Share(layer Layer) Layer {
	if nothing := absent(layer); nothing != "" {
		panic("d2l: Share got " + nothing + ", not a layer")
	}
	return &shared{layer}
}

// A shared layer is told from others of the same kind by its address.
type shared struct{ Layer }

func (s *shared) wrapped() Layer { return s.Layer }

// Forward applies the layer in the scope of its first place.
func (s *shared) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	var y *graph.Node
	s.inFirst(scope, x, func(first *model.Scope) { y = s.Layer.Forward(first, x) })
	return y
}

// ForwardN does the same for several inputs and outputs: see Layer.
func (s *shared) ForwardN(scope *model.Scope, inputs ...*graph.Node) (outputs []*graph.Node) {
	s.inFirst(scope, inputs[0], func(first *model.Scope) { outputs = ForwardN(s.Layer, first, inputs...) })
	return outputs
}

func (s *shared) inFirst(scope *model.Scope, x *graph.Node, forward func(first *model.Scope)) {
	first := s.scopeFor(scope, x)
	if first != scope {
		defer func() {
			if e := recover(); e != nil {
				panic(fmt.Errorf("with the parameters of %s, which it shares: %w", inNet(first.Scope()), report.PanicError(e)))
			}
		}()
	}
	forward(first)
}

// scopeFor returns the scope of the layer's first place in the graph of x.
func (s *shared) scopeFor(scope *model.Scope, x *graph.Node) *model.Scope {
	root, key := scope.Store().RootScope(), fmt.Sprintf("shared layer %p of %p", s, scope.Store())
	if path, ok := root.GetGraphParam(x.Graph(), key); ok {
		return scope.Store().Scope(path.(string)).WithInitializer(scope.Initializer())
	}
	root.SetGraphParam(x.Graph(), key, scope.Scope())
	return scope
}

// inNet returns a path without the scope of the net.
func inNet(path string) string { return strings.TrimPrefix(path, netScope+"/") }

// newVariable returns the variable of a layer, new or as the net has it. Two layers on one scope would have the same
// without a word: it panics.
func newVariable(scope *model.Scope, name string, shape shapes.Shape) *model.Variable {
	claim(scope, name)
	return scope.VariableWithShape(name, shape)
}

// claim panics if the name of a variable has been claimed before in this very Scope; other Scopes of the same path are
// GoMLX's own way to share.
func claim(scope *model.Scope, name string) {
	defer func() {
		if recover() != nil {
			panic(fmt.Sprintf("d2l: two layers have the same scope, %s, and would share their %s: give each a scope "+
				"of its own, such as scope.In(\"first\"), or share on purpose with d2l.Share",
				inNet(scope.Scope()), name))
		}
	}()
	scope.In("%s", name+" of d2l") // It panics if it is there already. No layer has such a name.
}

// A place is where a layer stands in a net.
type place struct {
	scope string
	layer Layer
}

// places returns the layers of a net in order, those in blocks too, but of shared layers the first places alone.
func places(layer Layer, scope string) (all []place) {
	seen := map[*shared]bool{}
	var walk func(layer Layer, scope string)
	walk = func(layer Layer, scope string) {
		for _, l := range wrappers(layer) {
			if s, ok := l.(*shared); ok {
				if seen[s] {
					return
				}
				seen[s] = true
			}
		}
		parts := partsOf(layer)
		if parts == nil {
			all = append(all, place{scope, layer})
			return
		}
		for name, inner := range parts {
			walk(inner, scope+"/"+name)
		}
	}
	walk(layer, scope)
	return all
}

// requireNoTwin panics if one pointer stands in two places and has parameters in both: in PyTorch it would share them.
func requireNoTwin(layer Layer, store *model.Store) {
	first := map[any]string{}
	for _, p := range places(layer, netScope) {
		l := bare(p.layer)
		t := reflect.TypeOf(l) // All pointers to types without a size may be the same.
		if t.Kind() != reflect.Pointer || t.Elem().Size() == 0 || store.Scope(p.scope).NumVariables() == 0 {
			continue
		}
		if other, ok := first[l]; ok {
			panic(fmt.Sprintf("d2l: %s and %s are one %T, but have parameters of their own: share them with "+
				"d2l.Share, or make a layer for each", other, inNet(p.scope), l))
		}
		first[l] = inNet(p.scope)
	}
}
