package d2l

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A manyLayer is a Layer with the optional method for several inputs and outputs that Layer describes.
type manyLayer interface {
	ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node
}

// ForwardN applies a layer to one input or several, in a layer of your own, and returns all its outputs. It calls the
// layer's method of this name (see Layer), also within Share and WithInit, or else Forward.
//
//	attention := d2l.Share(d2l.AdditiveAttention{NumHiddens: 32})
//	outputs := d2l.ForwardN(attention, scope, queries, keys, values)
//
// It panics if there are several inputs and the layer has no such method.
//
// Book: none; there a block is called.
func ForwardN(layer Layer, scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if l, ok := layer.(manyLayer); ok {
		outputs := l.ForwardN(scope, inputs...)
		if len(outputs) == 0 {
			panic(fmt.Sprintf("d2l: ForwardN of %T returns no output", layer))
		}
		return outputs
	}
	if len(inputs) != 1 {
		panic(fmt.Sprintf("d2l: a layer of type %T takes 1 input and gets %d: give it one, or write a layer with the method "+
			"ForwardN, which Layer describes", layer, len(inputs)))
	}
	return []*graph.Node{layer.Forward(scope, inputs[0])}
}

// takesSeveral reports whether a layer may take several inputs. RNN, GRU and LSTM have ForwardN for their outputs alone.
func takesSeveral(layer Layer) bool {
	switch l := bare(layer).(type) {
	case RNN, GRU, LSTM:
		return false
	case Sequential:
		return len(l) > 0 && takesSeveral(l[0])
	case *Sequential:
		return len(*l) > 0 && takesSeveral((*l)[0])
	case manyLayer:
		// A type that embeds a layer takes what that does.
		if v := reflect.ValueOf(l); v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				if !v.Type().Field(i).Anonymous || !v.Field(i).CanInterface() {
					continue
				}
				if inner, ok := v.Field(i).Interface().(Layer); ok && inner != nil && reflect.TypeOf(inner) == v.Field(i).Type() {
					if _, many := inner.(manyLayer); many {
						return takesSeveral(inner)
					}
				}
			}
		}
		return true
	default:
		return false
	}
}

// exampleShapes are the shape and type of one example of each of a net's inputs.
type exampleShapes []shapes.Shape

// Ok reports whether the net has seen a batch.
func (e exampleShapes) Ok() bool { return len(e) > 0 }

// String lists the inputs.
func (e exampleShapes) String() string {
	var all []string
	for _, shape := range e {
		all = append(all, shape.String())
	}
	return strings.Join(all, ", ")
}

// refused returns the error for inputs that a net does not take.
func (e exampleShapes) refused(err error) error {
	if len(e) == 1 {
		return fmt.Errorf("this net does not take inputs of %v and shape %v: %w", e[0].DType, Shape(e[0].Dimensions), err)
	}
	return fmt.Errorf("this net does not take %d inputs with examples of %v: %w", len(e), shapesText(e, true), err)
}

// batch returns the shapes of a batch of one example.
func (e exampleShapes) batch() (all []shapes.Shape) {
	for _, shape := range e {
		all = append(all, shapes.Make(shape.DType, append([]int{1}, shape.Dimensions...)...))
	}
	return all
}

// examplesIn returns the shapes of the examples in a batch.
func examplesIn(X []shapes.Shape) (all exampleShapes) {
	for _, shape := range X {
		all = append(all, shapes.Make(shape.DType, shape.Dimensions[1:]...))
	}
	return all
}

// shapesOf returns the shapes of arrays or nodes.
func shapesOf[T interface{ Shape() shapes.Shape }](X []T) (all []shapes.Shape) {
	for _, x := range X {
		all = append(all, x.Shape())
	}
	return all
}

// shapesText writes shapes as the book does, with their types if these are not float32 and typed.
func shapesText(X []shapes.Shape, typed bool) string {
	var all []string
	for _, shape := range X {
		text := Shape(shape.Dimensions).String()
		if typed && shape.DType != dtypes.Float32 {
			text += fmt.Sprintf(" of %v", shape.DType)
		}
		all = append(all, text)
	}
	return listed(all)
}

// listed returns a, b and c.
func listed(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// dtypesOf returns the types of inputs.
func dtypesOf(X []shapes.Shape) (all []dtypes.DType) {
	for _, shape := range X {
		all = append(all, shape.DType)
	}
	return all
}

// typesText lists types.
func typesText(types []dtypes.DType) string {
	var all []string
	for _, dtype := range types {
		all = append(all, dtype.String())
	}
	return listed(all)
}

// textOf is shapesText of the inputs in a batch.
func textOf(X []*tensors.Tensor) string { return shapesText(shapesOf(X), false) }

// inputName returns what messages call an input: X, or X[i] of several.
func inputName(i int, of []*tensors.Tensor) string {
	if len(of) == 1 {
		return "X"
	}
	return fmt.Sprintf("X[%d]", i)
}

// labelsName returns what messages call an array of labels: y, or y[i] of several.
func labelsName(i int, of []*tensors.Tensor) string {
	if len(of) == 1 {
		return "y"
	}
	return fmt.Sprintf("y[%d]", i)
}

// requireInputs panics if a function has got no inputs, or one that is nil.
func requireInputs(function string, X []*tensors.Tensor) {
	switch {
	case len(X) == 0:
		panic(fmt.Sprintf("d2l: %s got no X", function))
	case slices.Contains(X, nil):
		panic(fmt.Sprintf("d2l: %s got an X that is nil", function))
	}
	for _, x := range X {
		if !x.Ok() {
			panic(fmt.Sprintf("d2l: %s got %s", function, gone))
		}
	}
}

// requireBatch returns an error unless all inputs have the same number of examples.
func requireBatch(X []*tensors.Tensor) error {
	for i, x := range X {
		if x.Rank() == 0 {
			return fmt.Errorf("%s has no batch axis", inputName(i, X))
		}
		if n, first := x.Shape().Dim(0), X[0].Shape().Dim(0); n != first {
			return fmt.Errorf("X[0] has %d examples, and X[%d] has %d: give each input a row for each example", first, i, n)
		}
	}
	return nil
}
