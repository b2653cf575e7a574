package d2l

import (
	"fmt"
	"image/color"
	"strings"
)

// A stage is what stands at one place of a net's picture: the example that goes
// in, or what a layer made of it.
type stage struct {
	name  string    // The layer's name in the net, or image or input.
	shape Shape     // Of one example, without the batch.
	op    operation // What the layer does.
}

// An operation is what a layer does, in the book's notation.
type operation struct {
	label                   string   // Such as 5×5 Conv (6).
	details                 []string // Such as pad 2 and stride 2.
	fill                    color.Color
	window, stride, padding int  // Of a layer that moves a window over its input.
	dense                   bool // Every number that goes in counts in every one that comes out.
	custom                  bool // It is a box with its label.
}

// String returns the whole notation: 5×5 Conv (6), pad 2.
func (op operation) String() string {
	return strings.Join(append([]string{op.label}, op.details...), ", ")
}

// The colours of stages in pictures of nets.
var (
	inputFill   = color.RGBA{0xf2, 0xf2, 0xf2, 0xff}
	convFill    = color.RGBA{0xd3, 0xe4, 0xf3, 0xff}
	poolFill    = color.RGBA{0xd8, 0xec, 0xd6, 0xff}
	denseFill   = color.RGBA{0xfb, 0xe1, 0xc4, 0xff}
	flattenFill = color.RGBA{0xff, 0xff, 0xff, 0xff}
	customFill  = color.RGBA{0xe6, 0xde, 0xf0, 0xff}
)

// operationOf returns what a layer does. Of activations and of layers that are not
// the book's own it knows the kind alone.
func operationOf(layer Layer) operation {
	switch l := layer.(type) {
	case Conv2D:
		op := operation{
			label: fmt.Sprintf("%d×%[1]d Conv (%d)", l.KernelSize, l.Channels), fill: convFill,
			window: l.KernelSize, stride: max(l.Strides, 1), padding: l.Padding,
		}
		op.addDetail("pad", op.padding, 0)
		op.addDetail("stride", op.stride, 1)
		return op
	case AvgPool2D:
		return pooling("AvgPool", l.PoolSize, l.Strides, l.Padding)
	case MaxPool2D:
		return pooling("MaxPool", l.PoolSize, l.Strides, l.Padding)
	case GlobalAvgPool2D:
		return operation{label: "Global AvgPool", fill: poolFill}
	case BatchNorm:
		return operation{label: "BatchNorm", fill: customFill, custom: true}
	case Dropout:
		return operation{label: fmt.Sprintf("Dropout (%v)", l.Rate), fill: customFill, custom: true}
	case Flatten:
		return operation{label: "Flatten", fill: flattenFill}
	case Dense:
		return operation{label: fmt.Sprintf("Dense (%d)", l.Units), fill: denseFill, dense: true}
	default:
		return operation{label: layer.Kind(), fill: customFill, custom: true}
	}
}

func pooling(name string, size, strides, padding int) operation {
	strides = poolStrides(size, strides)
	op := operation{label: fmt.Sprintf("%d×%[1]d %s", size, name), fill: poolFill, window: size, stride: strides, padding: padding}
	op.addDetail("pad", padding, 0)
	op.addDetail("stride", strides, 0)
	return op
}

// addDetail notes a number unless it is what the notation takes for granted.
func (op *operation) addDetail(name string, value, usual int) {
	if value != usual {
		op.details = append(op.details, fmt.Sprintf("%s %d", name, value))
	}
}

// stages returns the net's input, for one example of the given shape, and its
// layers.
func (n *Net) stages(input []int) ([]stage, error) {
	shapes, err := n.Shapes(input...)
	if err != nil {
		return nil, err
	}
	layers, ok := n.layer.(Sequential)
	if !ok {
		layers = Sequential{n.layer}
	}
	first := stage{name: "input", shape: input}
	if len(input) == 3 {
		first.name = "image"
	}
	first.op = operation{label: fmt.Sprintf("%s%s (%s)", strings.ToUpper(first.name[:1]), first.name[1:], first.size()), fill: inputFill}
	all := []stage{first}
	for i, layer := range layers {
		all = append(all, stage{shapes[i].Name, shapes[i].Shape[1:], operationOf(layer)})
	}
	return all, nil
}

// maps returns the stage as count feature maps of rows × cols; a vector is none.
func (s stage) maps() (count, rows, cols int) {
	rank := len(s.shape)
	if rank < 2 {
		return 0, 0, 0
	}
	count = 1
	for _, size := range s.shape[:rank-2] {
		count *= size
	}
	return count, s.shape[rank-2], s.shape[rank-1]
}

// units returns how many numbers a vector holds.
func (s stage) units() int {
	units := 1
	for _, size := range s.shape {
		units *= size
	}
	return units
}

// size returns the shape in the book's notation: 6@28×28 for six feature maps,
// 28×28 for a single one, 120 for a vector.
func (s stage) size() string {
	count, rows, cols := s.maps()
	switch {
	case count == 0:
		return fmt.Sprint(s.units())
	case count == 1:
		return fmt.Sprintf("%d×%d", rows, cols)
	default:
		return fmt.Sprintf("%d@%d×%d", count, rows, cols)
	}
}
