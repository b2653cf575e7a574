package d2l

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// DrawDataFlow draws how an example flows through the net, the book's figure "Data flow in LeNet 5": the
// feature maps as stacks of squares and the vectors as bars, with their names and sizes above, and below what
// each layer does. Of each convolution and pooling it shows a window on its input and the point that it
// becomes; BatchNorm, Dropout, activations, Branches, Residual and your own layers are boxes. The labels are the
// layers' Notation or else their Kind. Of a Sequential in the net the layers are drawn one by one; Branches and
// Residual have a line for each of their layers. A notebook shows the figure.
//
// Squares and bars are in proportion as far as all stay visible; of more than 16 feature maps, 16 are drawn. A
// net too long for the page's width goes on in another row, which begins with the last stage of the row above.
//
// The input is the shape of an example, such as 1, 28, 28, or left out as for Shapes, whose panics and errors these
// are; a picture beyond the limit of a [Figure] is an error as well. Several inputs are drawn side by side.
//
// Book: img_lenet, section "Convolutional Neural Networks (LeNet)".
func DrawDataFlow(net *Net, input ...int) (*Figure, error) {
	return drawNet(net, input, netfig.DataFlow)
}

// DrawVertical draws the net in the book's compressed notation (figure "Compressed notation for LeNet5"): a
// column of boxes, from the input at the bottom to the last layer at the top, with the layers' Notation, such
// as 5×5 Conv (6), pad 2, or else their Kind. Blocks are drawn as by DrawDataFlow. A notebook shows the figure.
//
// The input is the shape of an example, such as 1, 28, 28, or left out as for Shapes, whose panics and errors these
// are; a picture beyond the limit of a [Figure] is an error as well. Several inputs are drawn side by side.
//
// Book: img_lenet_vert, section "Convolutional Neural Networks (LeNet)".
func DrawVertical(net *Net, input ...int) (*Figure, error) {
	return drawNet(net, input, netfig.Vertical)
}

func drawNet(net *Net, input []int, draw func([]netfig.Stage) page.Drawing) (*Figure, error) {
	requireMade(net, "the drawing", "NewNet")
	example, err := net.exampleOf("a drawing", input)
	if err != nil {
		return nil, err
	}
	stages, err := net.stages(example)
	if err != nil {
		return nil, err
	}
	return shown(draw(stages))
}

// stages returns the net's inputs, for one example of the given shapes, and its layers, with those of each Sequential
// in it in its place.
func (n *Net) stages(example exampleShapes) ([]netfig.Stage, error) {
	var stages []netfig.Stage
	add := func(name string, layer Layer, y *graph.Node) {
		s := netfig.Stage{Name: name, Shape: y.Shape().Dimensions[1:], Notation: notation(layer), Look: netfig.Box}
		if l, ok := bare(layer).(interface{ look() netfig.Look }); ok {
			s.Look = l.look()
		}
		stages = append(stages, s)
	}
	build := func(scope *model.Scope, inputs []*graph.Node) {
		stages = nil
		for _, input := range example {
			stages = append(stages, netfig.Input(input.Dimensions))
		}
		if _, ok := n.layer.(Sequential); ok {
			forwardSteps("", n.layer, true, scope, inputs, add)
		} else {
			add(n.layer.Kind(), n.layer, n.forward(scope, inputs...))
		}
	}
	err := n.anywhere(func(device Device) error {
		_, err := n.buildOnly(device, example, build)
		return err
	})
	if err != nil {
		return nil, shapesError(example, err)
	}
	return stages, nil
}

// FeatureMaps returns grey pictures of the output of a convolution or pooling: of X, float32 (batch, channel,
// height, width), the picture [i][c] is channel c of example i.
//
// Black is the minimum and white the maximum of a channel in the whole batch, so that brightness can be
// compared between examples, but not between channels. A channel with the same value everywhere is grey.
// Values that are not finite do not count for the range; NaN is black.
//
// It panics on another shape or type; an error means that the values cannot be read from the device.
//
// Book: none; show_images takes arrays, and its colours those of matplotlib.
func FeatureMaps(X *tensors.Tensor) ([][]image.Image, error) {
	requireMade(X, "FeatureMaps", "NewTensor")
	if X.Rank() != 4 || X.DType() != dtypes.Float32 {
		const message = "d2l: FeatureMaps takes float32 X of shape (batch, channel, height, width), got %v of %v"
		panic(fmt.Sprintf(message, ShapeOf(X), X.DType()))
	}
	batch, channels, height, width := X.Shape().Dim(0), X.Shape().Dim(1), X.Shape().Dim(2), X.Shape().Dim(3)
	pixels := height * width
	maps := make([][]image.Image, batch)
	err := tensors.ConstFlatData(X, func(values []float32) {
		plane := func(i, c int) []float32 { return values[(i*channels+c)*pixels:][:pixels] }
		for c := range channels {
			low, high := math.Inf(1), math.Inf(-1)
			for i := range batch {
				for _, value := range plane(i, c) {
					if v := float64(value); !math.IsNaN(v) && !math.IsInf(v, 0) {
						low, high = min(low, v), max(high, v)
					}
				}
			}
			for i := range batch {
				picture := image.NewGray(image.Rect(0, 0, width, height))
				for p, value := range plane(i, c) {
					picture.SetGray(p%width, p/width, grey(float64(value), low, high))
				}
				maps[i] = append(maps[i], picture)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the feature maps: %w", err)
	}
	return maps, nil
}

// grey returns the brightness of a value in a range. A range as narrow as float32's rounding is a single value.
func grey(value, low, high float64) color.Gray {
	const rounding = 1e-6
	switch width := high - low; {
	case math.IsNaN(value):
		return color.Gray{}
	case width <= rounding*max(math.Abs(low), math.Abs(high)):
		return color.Gray{0x80}
	default:
		return color.Gray{uint8(min(max((value-low)/width, 0), 1)*255 + 0.5)}
	}
}
