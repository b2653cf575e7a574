package imagegrid

import (
	"image"
	"image/color"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
)

// Boxed is a picture upon which a grid draws boxes, as lines and text of the page: its pixels do not have them.
type Boxed struct {
	image.Image // None that is Boxed.
	Boxes       []Box
}

// A Box is drawn as far as it is within the picture.
type Box struct {
	Left, Top, Right, Bottom float64 // Fractions of the picture's width and height, from its upper left corner.
	Color                    color.Color
	Label                    string // With lines, or empty.
}

// Lengths of boxes, in points.
const (
	boxLine          = vg.Length(1.5)
	labelX, labelTop = vg.Length(2.5), vg.Length(2) // From the ground's edge to the text.
	labelBottom      = vg.Length(2.5)               // More, for what letters have below the line.
)

// apart returns a picture without its boxes, and these.
func apart(picture image.Image) (image.Image, []Box) {
	if boxed, ok := picture.(Boxed); ok {
		return boxed.Image, boxed.Boxes
	}
	return picture, nil
}

// labels returns those of the boxes of a picture.
func labels(picture image.Image) (all []string) {
	_, boxes := apart(picture)
	for _, b := range boxes {
		if b.Label != "" {
			all = append(all, strings.ReplaceAll(b.Label, "\n", " / "))
		}
	}
	return all
}

// labelSize returns the size of a label with its ground.
func (b Box) labelSize() vg.Point {
	lines := strings.Split(b.Label, "\n")
	return vg.Point{X: page.TextWidth(lines...) + 2*labelX, Y: page.TextHeight(lines) + labelTop + labelBottom}
}

// labelWidth returns the width of the widest label.
func labelWidth(boxes []Box) (width vg.Length) {
	for _, b := range boxes {
		if b.Label != "" {
			width = max(width, b.labelSize().X)
		}
	}
	return width
}

// drawBoxes draws boxes upon a picture in its place: lines first, so that none crosses a label.
func drawBoxes(p page.Pen, boxes []Box, place vg.Rectangle) {
	for _, b := range boxes {
		b.drawLines(p, place)
	}
	var grounds []vg.Rectangle
	for _, b := range boxes {
		if b.Label == "" {
			continue
		}
		ground := free(b.ground(place), grounds, place)
		grounds = append(grounds, ground)
		p.SetColor(b.Color)
		p.Fill(ground.Path())
		top := vg.Point{X: (ground.Min.X + ground.Max.X) / 2, Y: ground.Max.Y - labelTop}
		p.WriteIn(inkOn(b.Color), top, page.Center, strings.Split(b.Label, "\n")...)
	}
}

// drawLines draws the sides that are within the picture. One at its edge is moved in, to be as wide as the others.
func (b Box) drawLines(p page.Pen, place vg.Rectangle) {
	within := func(fraction float64) bool { return fraction > -1e-6 && fraction < 1+1e-6 }
	if b.Right < 0 || b.Left > 1 || b.Bottom < 0 || b.Top > 1 {
		return
	}
	const half = boxLine / 2
	size := place.Size()
	x := func(fraction float64) vg.Length {
		return min(max(place.Min.X+vg.Length(fraction)*size.X, place.Min.X+half), place.Max.X-half)
	}
	y := func(fraction float64) vg.Length {
		return min(max(place.Max.Y-vg.Length(fraction)*size.Y, place.Min.Y+half), place.Max.Y-half)
	}
	low, high := vg.Point{X: x(b.Left), Y: y(b.Bottom)}, vg.Point{X: x(b.Right), Y: y(b.Top)}
	p.SetColor(b.Color)
	for _, side := range []struct {
		at       float64
		from, to vg.Point
	}{
		{b.Left, low, vg.Point{X: low.X, Y: high.Y}}, {b.Right, vg.Point{X: high.X, Y: low.Y}, high},
		{b.Top, vg.Point{X: low.X, Y: high.Y}, high}, {b.Bottom, low, vg.Point{X: high.X, Y: low.Y}},
	} {
		if within(side.at) {
			wide := vg.Point{X: half, Y: half}
			p.Fill(vg.Rectangle{Min: side.from.Sub(wide), Max: side.to.Add(wide)}.Path())
		}
	}
}

// ground returns the place of a label: the middle is at the upper left corner of the box or, if it would then leave the
// picture, as near to it as it can be within. A label that is wider than the picture is in the middle.
func (b Box) ground(place vg.Rectangle) vg.Rectangle {
	size, all := b.labelSize(), place.Size()
	inside := func(middle, length, low, high vg.Length) vg.Length {
		if length > high-low {
			return (low+high)/2 - length/2
		}
		return min(max(middle-length/2, low), high-length)
	}
	low := vg.Point{
		X: inside(place.Min.X+vg.Length(b.Left)*all.X, size.X, place.Min.X, place.Max.X),
		Y: inside(place.Max.Y-vg.Length(b.Top)*all.Y, size.Y, place.Min.Y, place.Max.Y),
	}
	return vg.Rectangle{Min: low, Max: low.Add(size)}
}

// free returns the ground of a label, moved down, or else up, until it is on no other; if there is no room in the
// picture, it stays where it is.
func free(ground vg.Rectangle, others []vg.Rectangle, place vg.Rectangle) vg.Rectangle {
	for _, down := range []bool{true, false} {
		moved := ground
		for moved.Min.Y >= place.Min.Y-1e-6 && moved.Max.Y <= place.Max.Y+1e-6 {
			i := slices.IndexFunc(others, func(other vg.Rectangle) bool { return overlap(moved, other) })
			if i < 0 {
				return moved
			}
			height := moved.Size().Y
			if down {
				moved.Max.Y = others[i].Min.Y
				moved.Min.Y = moved.Max.Y - height
			} else {
				moved.Min.Y = others[i].Max.Y
				moved.Max.Y = moved.Min.Y + height
			}
		}
	}
	return ground
}

// overlap returns whether two rectangles have more than an edge in common, which rounding may move.
func overlap(a, b vg.Rectangle) bool {
	const slack = 1e-6
	return a.Min.X < b.Max.X-slack && b.Min.X < a.Max.X-slack && a.Min.Y < b.Max.Y-slack && b.Min.Y < a.Max.Y-slack
}

// inkOn returns the colour of text upon a ground: white or, if the ground is bright, black.
func inkOn(ground color.Color) color.Color {
	if color.GrayModel.Convert(ground).(color.Gray).Y > 0xa0 {
		return color.Black
	}
	return color.White
}
