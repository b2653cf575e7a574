package d2l

import (
	"iter"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Branches is a Layer that applies all its layers to the same input and concatenates their outputs in order, as an
// Inception block does: along axis 1, the channels of images or the features of vectors, and for sequences, (batch,
// steps, features), along the last axis. All other axes of the outputs must agree. The layers are named as in a
// Sequential, and the names are the scopes of their parameters.
//
// An empty Sequential passes its input on, so Branches{Sequential{}, f} appends the output of f to the input, as
// DenseNet does.
//
// Book: Inception, section "Networks with Parallel Concatenations (GoogLeNet)".
type Branches []Layer

// Kind returns "branches".
func (b Branches) Kind() string { return "branches" }

// Forward adds the branches to the graph of x.
func (b Branches) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if len(b) == 0 {
		panic("d2l: Branches needs at least one layer")
	}
	if x.Rank() < 2 {
		panic("d2l: Branches takes a batch with channels, or features, in axis 1, got " +
			Shape(x.Shape().Dimensions).String())
	}
	var outputs []*graph.Node
	var names []string
	for name, layer := range named("Branches", b) {
		outputs, names = append(outputs, forwardNamed(name, layer, scope.In("%s", name), x)), append(names, name)
	}
	axis := 1
	if outputs[0].Rank() == 3 { // Sequences.
		axis = 2
	}
	for i, y := range outputs {
		if !sameBut(axis, outputs[0], y) {
			panic("d2l: the branches " + names[0] + " and " + names[i] + " give " +
				Shape(outputs[0].Shape().Dimensions).String() + " and " + Shape(y.Shape().Dimensions).String() +
				", which cannot be concatenated: all but axis " + strconv.Itoa(axis) + " must agree")
		}
	}
	return graph.Concatenate(outputs, axis)
}

// sameBut reports whether shapes differ in the axis channels alone.
func sameBut(channels int, a, b *graph.Node) bool {
	if a.Rank() != b.Rank() || b.Rank() < 2 {
		return false
	}
	for axis := range a.Rank() {
		if axis != channels && a.Shape().Dim(axis) != b.Shape().Dim(axis) {
			return false
		}
	}
	return true
}

// Residual is a Layer that adds its input to the output of Body: the sum in a residual block. Where their shapes
// differ, Shortcut makes the input fit, as the book's convolution of 1 × 1 does; without one, the input is added
// as it is. The parameters are in the scopes body and shortcut.
//
// Book: Residual, section "Residual Networks (ResNet)".
type Residual struct {
	Body     Layer
	Shortcut Layer // Of the input; nil for none.
}

// Kind returns "residual".
func (r Residual) Kind() string { return "residual" }

// Forward adds the sum to the graph of x.
func (r Residual) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	sum, y := x, (*graph.Node)(nil)
	for name, layer := range r.parts() {
		if output := forwardNamed(name, layer, scope.In("%s", name), x); name == "body" {
			y = output
		} else {
			sum = output
		}
	}
	if !y.Shape().Equal(sum.Shape()) {
		panic("d2l: Residual cannot add " + Shape(sum.Shape().Dimensions).String() + " to the output of its Body, " +
			Shape(y.Shape().Dimensions).String() + ": give a Shortcut that makes the input fit")
	}
	return graph.Add(y, sum)
}

// parts iterates over Body and, if there is one, Shortcut. It panics without a Body.
func (r Residual) parts() iter.Seq2[string, Layer] {
	return func(yield func(string, Layer) bool) {
		if nothing := absent(r.Body); nothing != "" {
			panic("d2l: the Body of a Residual is " + nothing + ": give a layer")
		}
		if yield("body", r.Body) && r.Shortcut != nil {
			yield("shortcut", r.Shortcut)
		}
	}
}

// partsOf returns the layers of a block with the names of their scopes, and nil for any other layer. It is no method:
// a type that embeds a block would have it too, perhaps with a Forward of its own.
func partsOf(layer Layer) iter.Seq2[string, Layer] {
	switch l := bare(layer).(type) {
	case Sequential:
		return l.Named()
	case *Sequential:
		return l.Named()
	case Branches:
		return named("Branches", l)
	case *Branches:
		return named("Branches", *l)
	case Residual:
		return l.parts()
	case *Residual:
		return l.parts()
	case EncoderDecoder:
		return l.parts()
	case *EncoderDecoder:
		return l.parts()
	}
	return nil
}

// notation returns what a drawing says about a layer: of a block of this package its contents, a line for each part,
// and of a type that embeds one its Kind, unless it has a Notation.
func notation(layer Layer) string {
	if l, ok := bare(layer).(interface{ Notation() string }); ok {
		return l.Notation()
	}
	var lines []string
	switch bare(layer).(type) {
	case Branches, *Branches:
		lines = append(lines, "concatenate")
	case Residual, *Residual:
		lines = append(lines, "residual")
	case EncoderDecoder, *EncoderDecoder:
		lines = append(lines, "encoder and decoder")
	}
	parts := partsOf(layer)
	if parts == nil {
		return layer.Kind()
	}
	for name, part := range parts {
		line := inLine(part)
		if name == "shortcut" {
			line = "+ " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// inLine returns the notation of a layer, or of all layers of a block, in one line.
func inLine(layer Layer) string {
	switch bare(layer).(type) {
	case Sequential, *Sequential:
		var all []string
		for _, part := range partsOf(layer) {
			all = append(all, inLine(part))
		}
		if len(all) == 0 {
			return "input"
		}
		return strings.Join(all, " → ")
	}
	return strings.ReplaceAll(notation(layer), "\n", " | ")
}
