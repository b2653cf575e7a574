package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// LayerOutput is the output of one layer for a batch.
//
// Book: none; the layers are called one by one there, in a loop.
type LayerOutput struct {
	Name  string // The layer's name in the net, such as conv0.
	Value *tensors.Tensor
}

// Shape returns the shape of the output.
func (o LayerOutput) Shape() Shape { return ShapeOf(o.Value) }

// Outputs computes the output of every layer for the batch X, in order, in
// inference mode; X is as for Forward. A net that is not a Sequential counts as one layer.
func (n *Net) Outputs(X ...*tensors.Tensor) ([]LayerOutput, error) {
	requireMade(n, "Net.Outputs", "NewNet")
	requireInputs("Net.Outputs", X)
	if n.store == nil {
		return nil, errNoParameters
	}
	p, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		defer n.keepFrozen(scope)()
		return n.forwardEach(scope, inputs)
	}})
	if err != nil {
		return nil, err
	}
	defer p.Finalize()
	_, values, err := n.run(p, X)
	if err != nil {
		return nil, fmt.Errorf("computing the layers' outputs for X of shape %v: %w", textOf(X), err)
	}
	outputs := make([]LayerOutput, len(values))
	for i, name := range n.layerNames() {
		outputs[i] = LayerOutput{Name: name, Value: values[i]}
	}
	return outputs, nil
}

// LayerShape is the shape of one layer's output for a batch.
//
// Book: none; the shapes are printed there, in a loop over the layers.
type LayerShape struct {
	Name  string // The layer's name in the net, such as conv0.
	Shape Shape
}

// String returns the name and the shape, such as "conv0: (1, 6, 28, 28)".
func (s LayerShape) String() string { return s.Name + ": " + s.Shape.String() }

// Shapes returns the shape of every layer's output for a batch of one example, in order, without computing anything:
// the net needs no parameters, and those it has stay as they are. The input is the shape of an example, such as 1, 28,
// 28 for (channel, height, width). It has the type of the batches that the net has seen; before the first, float32, or
// int32 if the layers take that alone, as Embedding does. A net that is not a Sequential counts as one layer, and of
// several outputs the first counts. These are the shapes of the table in the book's section "LeNet".
//
// The sizes may be left out once the net has seen a batch, and have to be if that has several
// inputs. Before, Shapes panics unless the input is given as positive numbers; a layer that does
// not take its input is an error.
func (n *Net) Shapes(input ...int) ([]LayerShape, error) {
	requireMade(n, "Net.Shapes", "NewNet")
	example, err := n.exampleOf("Shapes", input)
	if err != nil {
		return nil, err
	}
	var layers []LayerShape
	err = n.anywhere(func(device Device) (err error) {
		_, layers, err = n.withShapes(device, example)
		return err
	})
	if err != nil {
		return nil, shapesError(example, err)
	}
	return layers, nil
}

// exampleOf returns the shapes that a function has got, or else those of the batch that the net has seen.
func (n *Net) exampleOf(function string, input []int) (exampleShapes, error) {
	if len(input) == 0 && n.input.Ok() {
		return n.input, nil
	}
	if len(input) == 0 || slices.Min(input) <= 0 {
		panic(fmt.Sprintf("d2l: %s takes the positive sizes of one example, such as 1, 28, 28, got %v; after a batch of "+
			"several inputs, such as that of Net.Forward, leave them out", function, input))
	}
	if err := requireOneInput(n.input); err != nil {
		return nil, err
	}
	return n.example(input), nil
}

// requireOneInput returns an error if the sizes of one input are given for a net of several, such as seen.
func requireOneInput(seen exampleShapes) error {
	if len(seen) > 1 {
		return fmt.Errorf("the sizes of one example are those of 1 input, and the net has %d, with examples of %v: "+
			"leave them out", len(seen), shapesText(seen, true))
	}
	return nil
}

func shapesError(example exampleShapes, err error) error {
	return fmt.Errorf("finding the shapes of the layers for an example of shape %v: %w", shapesText(example, false), err)
}

// example returns the shape and type of an example: its type is that of the batches
// which the net has seen, or of those that it is likely to get.
func (n *Net) example(shape []int) exampleShapes {
	return exampleShapes{shapes.Make(n.inputType(shape), shape...)}
}

// inputType returns the type of the batches that the net has seen, or of those that it is likely to get, with
// examples of a shape: float32, or int32 if the layers take that alone.
func (n *Net) inputType(shape []int) dtypes.DType {
	if n.input.Ok() {
		return n.input[0].DType
	}
	var input *graph.Node
	takes := func(dtype dtypes.DType) error {
		return n.anywhere(func(device Device) error {
			example := exampleShapes{shapes.Make(dtype, shape...)}
			_, err := n.buildOnly(device, example, func(scope *model.Scope, inputs []*graph.Node) {
				input = inputs[0]
				n.forward(scope, input)
			})
			return err
		})
	}
	err, wanted := takes(dtypes.Float32), noTokens{}
	if err != nil && (errors.As(err, &wanted) && wanted.x == input || takes(dtypes.Int32) == nil) {
		return dtypes.Int32
	}
	return dtypes.Float32
}

// withShapes returns a store with the net's variables, yet without values, and
// the shapes of the layers' outputs, as they are for a batch of one such example.
func (n *Net) withShapes(device Device, example exampleShapes) (*model.Store, []LayerShape, error) {
	names, layers := n.layerNames(), []LayerShape(nil)
	store, err := n.buildOnly(device, example, func(scope *model.Scope, inputs []*graph.Node) {
		for i, y := range n.forwardEach(scope, inputs) {
			layers = append(layers, LayerShape{names[i], slices.Clone(y.Shape().Dimensions)})
		}
	})
	return store, layers, err
}

// buildOnly calls build for a batch of one such example, and returns a store with the variables that it makes.
func (n *Net) buildOnly(device Device, example exampleShapes, build func(*model.Scope, []*graph.Node)) (*model.Store,
	error) {
	backend, _, err := device.Backend()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	err = xla.BuildOnly(backend, store, example.batch(), func(scope *model.Scope, inputs []*graph.Node) {
		build(scope.At("%s", netScope[1:]).WithInitializer(Xavier(scope)), inputs)
	})
	if err != nil {
		return nil, err
	}
	return store, nil
}

// anywhere calls build, which builds a graph for the sake of its shapes, with a device that can: they do not depend
// on it. GoMLX in pure Go is always there, and at once. The net's own device is for layers that compute what it does
// not have.
func (n *Net) anywhere(build func(Device) error) error {
	err := build(Device{platform: xla.Go})
	if err == nil {
		return nil
	}
	device := Device{platform: n.device.platform}
	if _, _, missing := device.Backend(); missing != nil {
		return err
	}
	return build(device)
}

// forwardEach applies the layers in order, none of them fused with the next, and
// returns the output of each. They have the names of layerNames.
func (n *Net) forwardEach(scope *model.Scope, inputs []*graph.Node) (outputs []*graph.Node) {
	if _, ok := n.layer.(Sequential); !ok {
		return []*graph.Node{n.forward(scope, inputs...)}
	}
	forwardSteps("", n.layer, false, scope, inputs, func(_ string, _ Layer, y *graph.Node) {
		outputs = append(outputs, y)
	})
	return outputs
}

// forwardSteps applies the layers of a Sequential in order, and calls yield with the name and the output of each. If
// inner, it goes into each Sequential in it, whose layers have names such as sequential0.conv0.
func forwardSteps(prefix string, layers Layer, inner bool, scope *model.Scope, inputs []*graph.Node,
	yield func(string, Layer, *graph.Node)) []*graph.Node {
	for name, layer := range partsOf(layers) {
		if inner && isSequential(layer) {
			inLayer := scope.In("%s", name)
			for _, l := range wrappers(layer) {
				inLayer = l.scopeFor(inLayer, inputs[0])
			}
			inputs = forwardSteps(prefix+name+".", layer, true, inLayer, inputs, yield)[:1]
			continue
		}
		inputs = forwardStep(prefix+name, layer, scope.In("%s", name), inputs, false)[:1]
		yield(prefix+name, layer, inputs[0])
	}
	return inputs
}

func isSequential(layer Layer) bool {
	switch bare(layer).(type) {
	case Sequential, *Sequential:
		return true
	}
	return false
}

// layerNames returns the names of the net's layers.
func (n *Net) layerNames() (names []string) {
	layers, ok := n.layer.(Sequential)
	if !ok {
		return []string{n.layer.Kind()}
	}
	for name := range layers.Named() {
		names = append(names, name)
	}
	return names
}
