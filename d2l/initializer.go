package d2l

import (
	"fmt"
	"math"
	"regexp"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// Initializer returns the initial values of a net's parameters: any of GoMLX's.
//
// Book: init.Initializer, section "Parameter Management".
type Initializer func(model.StoreProvider) model.VariableInitializer

// Xavier draws weights uniformly from ±√(6/(fan_in + fan_out)) and sets biases
// to zero, for the reasons in the book's section "Numerical Stability and
// Initialization". For a convolution, fan_in is the window's size times the input
// channels, and fan_out the window's size times the output channels.
//
// Book: init.Xavier, section "Parameter Management".
func Xavier(store model.StoreProvider) model.VariableInitializer {
	return initializer.XavierUniformFn(store)
}

// Normal draws weights from a normal distribution with mean 0 and standard deviation
// sigma, 0.01 in most of the book, and sets biases to zero. It panics if sigma is negative
// or not a number.
//
// Book: init.Normal, section "Parameter Management".
func Normal(sigma float64) Initializer {
	if !(sigma >= 0) || math.IsInf(sigma, 0) {
		panic(fmt.Sprintf("d2l: Normal needs a standard deviation of at least 0, got %v", sigma))
	}
	return weightsBy(func(store *model.Store, g *graph.Graph, shape shapes.Shape) *graph.Node {
		return graph.MulScalar(store.RandomNormal(g, shape), sigma)
	})
}

// Uniform draws weights uniformly from −scale to scale, and sets biases to zero. It
// panics if scale is negative or not a number.
//
// Book: init.Uniform, section "Parameter Management".
func Uniform(scale float64) Initializer {
	if !(scale >= 0) || math.IsInf(scale, 0) {
		panic(fmt.Sprintf("d2l: Uniform needs a scale of at least 0, got %v", scale))
	}
	return weightsBy(func(store *model.Store, g *graph.Graph, shape shapes.Shape) *graph.Node {
		return graph.AddScalar(graph.MulScalar(store.RandomUniform(g, shape), 2*scale), -scale)
	})
}

// Constant sets all weights to a value, and biases to zero. Here, in Normal, Uniform and
// Xavier, biases are the parameters of one axis; give a layer of yours whose weights have
// one axis WithInitializer for them.
//
// Book: init.Constant, section "Parameter Management".
func Constant(value float64) Initializer {
	return weightsBy(func(_ *model.Store, g *graph.Graph, shape shapes.Shape) *graph.Node {
		return graph.BroadcastToShape(graph.Const(g, shapes.CastAsDType(value, shape.DType)), shape)
	})
}

// weightsBy returns the Initializer of weights of real numbers by draw. Parameters of less than two axes, such as
// biases, become zero, as with Xavier.
func weightsBy(draw func(*model.Store, *graph.Graph, shapes.Shape) *graph.Node) Initializer {
	return func(provider model.StoreProvider) model.VariableInitializer {
		return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
			if shape.Rank() < 2 || !shape.DType.IsFloat() {
				return graph.Zeros(g, shape)
			}
			return draw(provider.Store(), g, shape)
		}
	}
}

// warnOfZeros says which parameters that have one axis begin with 0 though their names are not those of biases: a layer
// that multiplies by them may never learn.
func warnOfZeros(parameters []*model.Variable) {
	for _, p := range parameters {
		value, err := p.Value()
		if err != nil || p.Shape().Rank() > 1 || p.DType() != dtypes.Float32 || ofBias.MatchString(p.Name()) {
			continue
		}
		if values, err := tensors.CopyFlatData[float32](value); err == nil && maxAbs(values) == 0 {
			report.WarnOnce(fmt.Sprintf("d2l: the parameter %s begins with 0, as those of one axis do, which are biases as a "+
				"rule: if it is none, give it another initial value by scope.WithInitializer; if it is, call it bias",
				inNet(p.Path())))
		}
	}
}

// ofBias are the names of parameters that begin with 0 as a rule.
var ofBias = regexp.MustCompile(`(?i)bias|offset|beta|shift|^b$`)

// WithInit returns a layer that computes as the given one and has its name, settings and
// drawing, but whose parameters are always drawn by init, whatever the net is initialized
// with: also in TrainCh5, which uses Xavier. For a block that holds for all its layers but
// those that have a WithInit of their own, and normalizations, whose scale begins with 1 and offset
// with 0 whatever the Initializer. It panics without a layer or an init, and for a normalization alone.
//
// Book: none; there a parameter has a method initialize, as of net[0].weight.
func WithInit(layer Layer, init Initializer) Layer {
	if nothing := absent(layer); nothing != "" {
		panic("d2l: WithInit got " + nothing + ", not a layer")
	}
	if init == nil {
		panic("d2l: WithInit got a nil Initializer")
	}
	switch bare(layer).(type) {
	case BatchNorm, LayerNorm:
		panic("d2l: WithInit got a normalization, whose scale begins with 1 and offset with 0: call SetParameter after the " +
			"first batch for others")
	}
	return withInit{layer, init}
}

type withInit struct {
	Layer
	init Initializer
}

// Forward applies the layer in a scope with the Initializer.
func (l withInit) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return l.Layer.Forward(l.scopeFor(scope, x), x)
}

// ForwardN does the same for several inputs and outputs: see Layer.
func (l withInit) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return ForwardN(l.Layer, l.scopeFor(scope, inputs[0]), inputs...)
}

func (l withInit) wrapped() Layer { return l.Layer }

func (l withInit) scopeFor(scope *model.Scope, _ *graph.Node) *model.Scope {
	return scope.WithInitializer(l.init(scope))
}

// ForwardWith lets the layer be computed together with the next: see Layer.
func (l withInit) ForwardWith(scope *model.Scope, x *graph.Node, _, next Layer) (*graph.Node, bool) {
	if f, ok := l.Layer.(fuser); ok {
		return f.ForwardWith(l.scopeFor(scope, x), x, l.Layer, next)
	}
	return nil, false
}

// A wrapper is a layer that decides about the scope of another.
type wrapper interface {
	Layer
	wrapped() Layer
	scopeFor(scope *model.Scope, x *graph.Node) *model.Scope // Of the wrapped layer.
}

// wrappers returns what WithInit and Share have made of a layer, from the outermost.
func wrappers(layer Layer) (all []wrapper) {
	for {
		w, ok := layer.(wrapper)
		if !ok {
			return all
		}
		all, layer = append(all, w), w.wrapped()
	}
}

// bare returns the layer within WithInit and Share, or else the layer itself.
func bare(layer Layer) Layer {
	if all := wrappers(layer); len(all) > 0 {
		return all[len(all)-1].wrapped()
	}
	return layer
}
