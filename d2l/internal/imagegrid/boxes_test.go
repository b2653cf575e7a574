package imagegrid

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
)

// filled returns the rectangles that are filled upon the pictures of a drawing.
func filled(drawing page.Drawing) (all []vg.Rectangle) {
	seen := false
	for _, action := range pagetest.Actions(drawing) {
		switch a := action.(type) {
		case *recorder.DrawImage:
			seen = true
		case *recorder.Fill:
			if !seen { // The paper.
				continue
			}
			r := vg.Rectangle{Min: a.Path[0].Pos, Max: a.Path[0].Pos}
			for _, part := range a.Path {
				if part.Type != vg.CloseComp {
					r.Min = vg.Point{X: min(r.Min.X, part.Pos.X), Y: min(r.Min.Y, part.Pos.Y)}
					r.Max = vg.Point{X: max(r.Max.X, part.Pos.X), Y: max(r.Max.Y, part.Pos.Y)}
				}
			}
			all = append(all, r)
		}
	}
	return all
}

func boxed(width, height int, boxes ...Box) Row {
	for i := range boxes {
		boxes[i].Color = color.RGBA{0xff, 0, 0, 0xff}
	}
	return Row{Pictures: []image.Image{Boxed{grey(width, height), boxes}}}
}

// within returns whether a rectangle is in another.
func within(r, other vg.Rectangle) bool {
	low, high := r.Min.Sub(other.Min), other.Max.Sub(r.Max)
	return min(low.X, low.Y, high.X, high.Y) > -1e-6
}

// A box has a line for each side within the picture, of one width, and none outside of it.
func TestLinesWithinThePicture(t *testing.T) {
	for name, c := range map[string]struct {
		box   Box
		lines int
	}{
		"all of it":        {Box{Right: 1, Bottom: 1}, 4},
		"inside":           {Box{Left: 0.25, Top: 0.5, Right: 0.5, Bottom: 0.75}, 4},
		"to the right":     {Box{Left: 0.5, Top: 0.5, Right: 1.5, Bottom: 0.75}, 3},
		"a corner":         {Box{Left: -0.5, Top: -0.5, Right: 0.5, Bottom: 0.75}, 2},
		"a band":           {Box{Left: -0.5, Top: 0.25, Right: 1.5, Bottom: 0.75}, 2},
		"around it":        {Box{Left: -0.5, Top: -0.5, Right: 1.5, Bottom: 1.5}, 0},
		"beside it":        {Box{Left: 1.25, Top: 0.25, Right: 1.5, Bottom: 0.5}, 0},
		"above it":         {Box{Left: 0.25, Top: -0.75, Right: 0.5, Bottom: -0.25}, 0},
		"rounded":          {Box{Left: -1e-8, Right: 1 + 1e-7, Bottom: 1 + 1e-7}, 4},
		"without a height": {Box{Left: 0.25, Top: 0.5, Right: 0.5, Bottom: 0.5}, 4},
	} {
		drawing := New([]Row{boxed(20, 10, c.box)}, vg.Inch)
		place, lines := drawnImages(drawing)[0], filled(drawing)
		if len(lines) != c.lines {
			t.Errorf("%s: %d lines, expected %d", name, len(lines), c.lines)
		}
		for _, line := range lines {
			if !within(line, place) {
				t.Errorf("%s: a line %v of a picture at %v", name, line, place)
			}
			if size := line.Size(); math.Abs(float64(min(size.X, size.Y)-boxLine)) > 1e-6 {
				t.Errorf("%s: a line of %v, expected a width of %v", name, size, boxLine)
			}
		}
	}
}

// Labels are whole, within their picture, each upon its ground, and none upon another.
func TestLabels(t *testing.T) {
	all := []string{"dog=0.90", "cat\nof two lines", "a", "again", "below", "beyond"}
	row := boxed(30, 20,
		Box{Right: 1, Bottom: 1, Label: all[0]}, Box{Left: 0.99, Top: 0.98, Right: 1, Bottom: 1, Label: all[1]},
		Box{Left: 0.5, Top: 0.5, Right: 0.6, Bottom: 0.6, Label: all[2]}, Box{Right: 1, Bottom: 0.5, Label: all[3]},
		Box{Top: 1, Right: 1, Bottom: 1, Label: all[4]},
		Box{Left: -0.9, Top: 0.5, Right: -0.1, Bottom: 0.6, Label: all[5]}, Box{Right: 1})
	row.Pictures = append(row.Pictures, boxed(30, 20, Box{Label: "right"}).Pictures...)
	drawing := New([]Row{row}, 1.5*vg.Inch)
	pagetest.WantReadable(t, drawing)
	places, lines := drawnImages(drawing), pagetest.Lines(drawing)
	want := []string{"dog=0.90", "cat", "of two lines", "a", "again", "below", "beyond", "right"}
	if got := pagetest.Texts(drawing); !slices.Equal(got, want) {
		t.Fatalf("the texts are %q, expected %q", got, want)
	}
	isLine := func(r vg.Rectangle) bool { return min(r.Size().X, r.Size().Y) < 2*boxLine }
	grounds := slices.DeleteFunc(filled(drawing), isLine)
	if len(grounds) != 7 {
		t.Fatalf("%d grounds, expected 7", len(grounds))
	}
	for i, line := range lines {
		place := places[i/7]
		if !slices.ContainsFunc(grounds, func(ground vg.Rectangle) bool { return within(line.At, ground) }) {
			t.Errorf("%q at %v has no ground", line.Text, line.At)
		}
		if !within(line.At, place) {
			t.Errorf("%q at %v leaves the picture at %v", line.Text, line.At, place)
		}
	}
	middle := lines[3].At // Of "a", whose corner is in the middle of the picture, where there is room.
	x, y := (middle.Min.X+middle.Max.X)/2-places[0].Min.X, (middle.Min.Y+middle.Max.Y)/2-places[0].Min.Y
	if size := places[0].Size(); math.Abs(float64(x-size.X/2)) > 1 || math.Abs(float64(y-size.Y/2)) > 1 {
		t.Errorf("a label is at %v, %v of a picture of %v, not at the corner of its box", x, y, size)
	}
}

// At the lower edge the second label goes above the first.
func TestLabelAboveAnother(t *testing.T) {
	low := Box{Top: 0.95, Right: 1, Bottom: 1, Label: "label"}
	drawing := New([]Row{boxed(10, 10, low, low)}, vg.Inch)
	pagetest.WantReadable(t, drawing)
	if lines := pagetest.Lines(drawing); lines[1].At.Min.Y < lines[0].At.Max.Y {
		t.Errorf("labels at %v and %v", lines[0].At, lines[1].At)
	}
}

// A label that is wider than its picture widens the column, and is not cut off.
func TestWideLabel(t *testing.T) {
	row := boxed(10, 10, Box{Left: 0.9, Right: 1, Bottom: 1, Label: "a label that is much wider than the picture"})
	row.Pictures = append(row.Pictures, grey(10, 10))
	drawing := New([]Row{row}, vg.Inch)
	pagetest.WantReadable(t, drawing)
	if pagetest.Overlap(pagetest.Lines(drawing)[0].At, drawnImages(drawing)[1]) {
		t.Error("the label is upon the next picture")
	}
}

// Where there is no room, labels stay at their corners.
func TestManyLabels(t *testing.T) {
	boxes := slices.Repeat([]Box{{Right: 1, Bottom: 1, Label: "label"}}, 30)
	drawing := New([]Row{boxed(10, 10, boxes...)}, vg.Inch)
	lines := pagetest.Lines(drawing)
	if len(lines) != 30 || lines[29].At != lines[0].At || lines[1].At == lines[0].At {
		t.Errorf("%d labels, at %v, %v, …, %v", len(lines), lines[0].At, lines[1].At, lines[29].At)
	}
}

func TestInkOn(t *testing.T) {
	for _, dark := range []color.Color{
		color.Black, color.RGBA{0, 0, 0xff, 0xff}, color.RGBA{0, 0x80, 0, 0xff}, color.RGBA{0xff, 0, 0, 0xff},
		color.RGBA{0xbf, 0, 0xbf, 0xff}, color.RGBA{0, 0xbf, 0xbf, 0xff},
	} {
		if inkOn(dark) != color.White {
			t.Errorf("the text on %v is %v, expected white", dark, inkOn(dark))
		}
	}
	for _, bright := range []color.Color{color.White, color.RGBA{0xff, 0xff, 0, 0xff}} {
		if inkOn(bright) != color.Black {
			t.Errorf("the text on %v is %v, expected black", bright, inkOn(bright))
		}
	}
}
