package d2l

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// LayerShape is the shape of what one layer makes of a batch.
//
// Book: none; the shapes are printed there, in a loop over the layers.
type LayerShape struct {
	Name  string // The layer's name in the net, such as conv0.
	Shape Shape
}

// Shapes returns the shape of every layer's output for a batch of one example,
// in order, without computing anything: the net needs no parameters, and those
// it has stay as they are. The input is the shape of an example, such as 1, 28,
// 28 for (channel, height, width). It has the type of the batches that the net has
// seen; before the first, float32. A net that is not a Sequential counts as one
// layer. These are the shapes of the table in the book's section "LeNet".
//
// It panics unless the input is given as positive numbers; a layer that does not
// take what reaches it is an error.
func (n *Net) Shapes(input ...int) ([]LayerShape, error) {
	if len(input) == 0 || slices.Min(input) <= 0 {
		panic(fmt.Sprintf("d2l: Shapes takes the positive sizes of one example, such as 1, 28, 28, got %v", input))
	}
	device := Device{platform: n.device.platform} // Which one of them, shapes do not depend on.
	if _, _, err := device.Backend(); err != nil {
		// Where nothing is computed, GoMLX in pure Go is as good, and always there.
		device = Device{platform: platformGo}
	}
	_, layers, err := n.withShapes(device, n.example(input))
	if err != nil {
		return nil, fmt.Errorf("finding the shapes of the layers for an example of shape %v: %w", Shape(input), err)
	}
	return layers, nil
}

// example returns the shape and type of an example: its type is that of the batches
// which the net has seen, or float32.
func (n *Net) example(shape []int) shapes.Shape {
	dtype := dtypes.Float32
	if n.input.Ok() {
		dtype = n.input.DType
	}
	return shapes.Make(dtype, shape...)
}

// exampleOf returns the shape and type of one example of a batch.
func exampleOf(batch shapes.Shape) shapes.Shape {
	return shapes.Make(batch.DType, batch.Dimensions[1:]...)
}

// withShapes returns a store with the net's variables, yet without values, and
// the shapes of the layers' outputs, as they are for a batch of one such example.
func (n *Net) withShapes(device Device, example shapes.Shape) (*model.Store, []LayerShape, error) {
	var layers []LayerShape
	store, err := n.probe(device, example, func(name string, y *graph.Node) {
		layers = append(layers, LayerShape{name, slices.Clone(y.Shape().Dimensions)})
	})
	if err != nil {
		return nil, nil, err
	}
	return store, layers, nil
}

// probe builds the net for a batch of one such example, shows each layer's output
// to see, and returns a store with the net's variables, yet without
// values. The net itself stays as it is.
func (n *Net) probe(device Device, example shapes.Shape, see func(name string, y *graph.Node)) (*model.Store, error) {
	probe := &Net{layer: n.layer, store: model.NewStore(), device: device, init: Xavier}
	p, err := probe.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		probe.forwardEach(scope, inputs[0], see)
		panic(errBuilt) // All is known now; nothing is to be compiled.
	}, false)
	if err != nil {
		return nil, err
	}
	defer p.finalize()
	if err := p.build(shapes.Make(example.DType, append([]int{1}, example.Dimensions...)...)); !errors.Is(err, errBuilt) {
		return nil, err
	}
	return probe.store, nil
}

// forwardEach applies the layers in order and shows each one's output to see. A
// net that is not a Sequential counts as one layer.
func (n *Net) forwardEach(scope *model.Scope, x *graph.Node, see func(name string, y *graph.Node)) {
	layers, ok := n.layer.(Sequential)
	if !ok {
		see(n.layer.Kind(), n.forward(scope, x))
		return
	}
	for name, layer := range layers.Named() {
		x = forwardNamed(name, layer, scope.In("%s", name), x)
		see(name, x)
	}
}

// Shape is the sizes of an array's axes; it prints as in the book, (1, 6, 28, 28).
//
// Book: none; a shape is a tuple there.
type Shape []int

// ShapeOf returns the shape of t.
//
// Book: shape, section "Data Manipulation".
func ShapeOf(t *tensors.Tensor) Shape { return Shape(t.Shape().Dimensions) }

// String returns the sizes in parentheses.
func (s Shape) String() string {
	if len(s) == 1 {
		return fmt.Sprintf("(%d,)", s[0])
	}
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(s)), " ", ", "), "[]") + ")"
}
