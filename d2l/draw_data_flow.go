package d2l

import (
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
