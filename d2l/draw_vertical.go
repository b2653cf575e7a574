package d2l

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

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
