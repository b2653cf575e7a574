package d2l

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dataFlow is the measure of the figures that DrawDataFlow makes, in points.
var dataFlow = struct {
	width                 vg.Length // Of a row of stages, at most.
	margin                vg.Length
	gap                   vg.Length // Between stages, at least.
	space                 vg.Length // Between captions that stand side by side, at least.
	arrow                 vg.Length
	pad                   vg.Length // Around the text of a box.
	leastWindow           vg.Length
	leastMap, greatestMap vg.Length // Side of a feature map.
	sheets                int       // Feature maps drawn, at most.
	step, depth           vg.Length // From one map to that behind it, and of a whole stack, at most.
	leastBar, greatestBar vg.Length // Height of a vector's bar.
	bar                   vg.Length // Width of a bar.
	cells                 int       // Numbers that a bar shows one by one, at most.
	lead                  vg.Length // Between captions and drawings.
	row                   vg.Length // Between rows.
}{
	width: 524, margin: 8, gap: 22, space: 8, arrow: 11, pad: 5, leastWindow: 2,
	leastMap: 15, greatestMap: 62, sheets: 16, step: 3, depth: 22,
	leastBar: 28, greatestBar: 92, bar: 8, cells: 12,
	lead: 9, row: 22,
}

// DrawDataFlow draws how an example flows through the net, the book's figure
// "Data flow in LeNet 5": the feature maps as stacks of squares and the vectors
// as bars, with their names and sizes above, and below what each layer does. A
// window of each convolution and pooling is drawn where it is, with the point it
// becomes; BatchNorm, Dropout, activations and layers of one's own, such as a residual
// block, are boxes with their kinds. A notebook
// shows the figure.
//
// Squares and bars are in proportion as far as that leaves them visible; of more
// than 16 feature maps, 16 are drawn. A net too long for the page's width goes
// on in another row, which begins with the last stage of the row above.
//
// The input is the shape of an example, such as 1, 28, 28. Panics and errors are
// those of Shapes.
//
// Book: img_lenet, section "Convolutional Neural Networks (LeNet)".
func DrawDataFlow(net *Net, input ...int) (*Figure, error) {
	stages, err := net.stages(input)
	if err != nil {
		return nil, err
	}
	rows := flowRows(flowBlocks(stages))
	var width, height vg.Length
	for _, row := range rows {
		width = max(width, row.width)
		height += row.above() + row.below() + dataFlow.row
	}
	figure := newFigure(width+2*dataFlow.margin, height-dataFlow.row+2*dataFlow.margin, func(canvas draw.Canvas) error {
		y := canvas.Max.Y - dataFlow.margin
		for _, row := range rows {
			y -= row.above()
			canvas.Push()
			canvas.Translate(vg.Point{X: dataFlow.margin, Y: y})
			row.draw(pen{canvas})
			canvas.Pop()
			y -= row.below() + dataFlow.row
		}
		return nil
	})
	return figure, figure.Show()
}

// vertical is the measure of the figures that DrawVertical makes.
var vertical = struct {
	width, box, arrow, pad, margin vg.Length
}{
	width:  vg.Points(150), // Of a box, at least.
	box:    vg.Points(19),
	arrow:  vg.Points(13),
	pad:    vg.Points(10), // Beside the text of a box.
	margin: vg.Points(8),
}

// DrawVertical draws the net in the book's compressed notation (figure
// "Compressed notation for LeNet5"): a column of boxes, from the input at the
// bottom to the last layer at the top, with what each layer does, such as 5×5
// Conv (6), pad 2; a layer of one's own, such as a residual block, shows its kind. A notebook
// shows the figure.
//
// The input is the shape of an example, such as 1, 28, 28. Panics and errors are
// those of Shapes.
//
// Book: img_lenet_vert, section "Convolutional Neural Networks (LeNet)".
func DrawVertical(net *Net, input ...int) (*Figure, error) {
	stages, err := net.stages(input)
	if err != nil {
		return nil, err
	}
	labels := make([]string, len(stages))
	width := vertical.width
	for i, s := range stages {
		labels[i] = s.op.String()
		width = max(width, netText.Width(labels[i])+2*vertical.pad)
	}
	step := vertical.box + vertical.arrow
	figure := newFigure(width+2*vertical.margin, vg.Length(len(stages))*step-vertical.arrow+2*vertical.margin, func(canvas draw.Canvas) error {
		p := pen{canvas}
		for i, s := range stages {
			low := vg.Point{X: vertical.margin, Y: vertical.margin + vg.Length(i)*step}
			box := vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: width, Y: vertical.box})}
			middle := low.X + width/2
			p.shape(roundPath(box, vg.Points(3)), s.op.fill)
			p.write(vg.Point{X: middle, Y: low.Y + (vertical.box+capHeight)/2}, labels[i])
			if i > 0 {
				p.arrow(vg.Point{X: middle, Y: low.Y - vertical.arrow}, vg.Point{X: middle, Y: low.Y})
			}
		}
		return nil
	})
	return figure, figure.Show()
}

// FeatureMaps returns grey pictures of what a convolution or pooling makes of a
// batch: of X, float32 (batch, channel, height, width), the picture [i][c] is
// channel c of example i.
//
// Black is the least and white the greatest value of a channel in the whole batch,
// so that one channel can be compared from example to example, and every channel
// shows what it tells apart; brightness cannot be compared from channel to
// channel. A channel with the same value everywhere is grey. Values that are not
// finite do not count for the range; NaN is black.
//
// It panics on another shape or type; an error means that the values cannot be read from
// the device.
//
// Book: none; show_images takes arrays, and its colours those of matplotlib.
func FeatureMaps(X *tensors.Tensor) ([][]image.Image, error) {
	if X.Rank() != 4 || X.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: FeatureMaps takes float32 X of shape (batch, channel, height, width), got %v of %v", ShapeOf(X), X.DType()))
	}
	batch, channels, height, width := X.Shape().Dim(0), X.Shape().Dim(1), X.Shape().Dim(2), X.Shape().Dim(3)
	pixels := height * width
	maps := make([][]image.Image, batch)
	err := tensors.ConstFlatData(X, func(values []float32) {
		plane := func(i, c int) []float32 { return values[(i*channels+c)*pixels:][:pixels] }
		for c := range channels {
			var r valueRange
			for i := range batch {
				r.extend(plane(i, c))
			}
			for i := range batch {
				picture := image.NewGray(image.Rect(0, 0, width, height))
				for p, value := range plane(i, c) {
					picture.SetGray(p%width, p/width, r.grey(value))
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

// valueRange is from the least to the greatest of some values.
type valueRange struct {
	some        bool
	least, most float64
}

func (r *valueRange) extend(values []float32) {
	for _, value := range values {
		v := float64(value)
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
		case !r.some:
			r.some, r.least, r.most = true, v, v
		default:
			r.least, r.most = math.Min(r.least, v), math.Max(r.most, v)
		}
	}
}

// grey returns where a value is in the range. What differs by no more than
// float32 rounds is one value.
func (r valueRange) grey(value float32) color.Gray {
	v := float64(value)
	const rounding = 1e-6
	switch width := r.most - r.least; {
	case math.IsNaN(v):
		return color.Gray{}
	case width <= rounding*math.Max(math.Abs(r.least), math.Abs(r.most)):
		return color.Gray{0x80}
	default:
		return color.Gray{uint8(math.Min(math.Max((v-r.least)/width, 0), 1)*255 + 0.5)}
	}
}
