package imagegrid

import (
	"image"
	"math"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
)

// drawnImages returns the places of a drawing's pictures.
func drawnImages(drawing page.Drawing) (all []vg.Rectangle) {
	for _, action := range pagetest.Actions(drawing) {
		if a, ok := action.(*recorder.DrawImage); ok {
			all = append(all, a.Rectangle)
		}
	}
	return all
}

func grey(width, height int, values ...uint8) image.Image {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	copy(picture.Pix, values)
	return picture
}

// Pictures keep their shapes, and stay in their places and on the page.
func TestManySizes(t *testing.T) {
	rows := []Row{
		{
			Pictures: []image.Image{grey(28, 28), grey(40, 20), grey(20, 40)},
			Titles:   []string{"a title wider than its picture", "b", "two\nlines"},
		},
		{Pictures: []image.Image{grey(3, 3), grey(400, 300)}, Titles: []string{"", "supercalifragilistic"}},
	}
	drawing := New(rows, vg.Inch/2)
	pagetest.WantReadable(t, drawing)
	all := drawnImages(drawing)
	if len(all) != 5 {
		t.Fatalf("%d pictures, expected 5", len(all))
	}
	for i, place := range all {
		size, pixels := place.Size(), rows[i/3].Pictures[i%3].Bounds().Size()
		if longer := max(size.X, size.Y); math.Abs(float64(longer-0.5*vg.Inch)) > 1e-9 {
			t.Errorf("picture %d is %v long and not half an inch", i, longer)
		}
		if math.Abs(float64(size.X)*float64(pixels.Y)-float64(size.Y)*float64(pixels.X)) > 1e-6 {
			t.Errorf("picture %d of %v has become %v", i, pixels, size)
		}
		if place.Min.X < 4 || place.Min.Y < 4 || place.Max.X > drawing.Width-4 || place.Max.Y > drawing.Height-4 {
			t.Errorf("picture %d is at %v of a page of %v × %v", i, place, drawing.Width, drawing.Height)
		}
		for _, line := range pagetest.Lines(drawing) {
			if pagetest.Overlap(line.At, place) {
				t.Errorf("%q is upon picture %d", line.Text, i)
			}
		}
	}
	if all[3].Min.Y > all[0].Min.Y || all[1].Min.X < all[0].Max.X {
		t.Errorf("not left to right and top to bottom: %v", all)
	}
}

// A picture that is white where it ends is framed, others are not.
func TestFrames(t *testing.T) {
	for want, picture := range []image.Image{grey(2, 2, 0, 255, 0, 255), grey(2, 2, 255, 255, 255, 0)} {
		frames := 0
		for _, action := range pagetest.Actions(New([]Row{{Pictures: []image.Image{picture}}}, vg.Inch)) {
			if _, ok := action.(*recorder.Stroke); ok {
				frames++
			}
		}
		if frames != want {
			t.Errorf("%v has %d frames, expected %d", picture, frames, want)
		}
	}
}

// The rows' titles are beside them, and rows without titles above their pictures leave no room for these.
func TestRowTitles(t *testing.T) {
	pictures := []image.Image{grey(4, 4), nil}
	titled := Row{Title: "pullover", Pictures: pictures, Titles: []string{"image"}}
	drawing := New([]Row{titled, {Title: "coat\n(wrong)", Pictures: pictures}}, vg.Inch/2)
	pagetest.WantReadable(t, drawing)
	all := drawnImages(drawing)
	if len(all) != 2 || math.Abs(float64(all[0].Min.Y-all[1].Max.Y-gap)) > 1e-9 {
		t.Errorf("pictures at %v, expected two with a gap of %v", all, gap)
	}
	for _, line := range pagetest.Lines(drawing) {
		if line.Text != "image" && line.At.Max.X > all[0].Min.X {
			t.Errorf("%q ends at %v, and the pictures begin at %v", line.Text, line.At.Max.X, all[0].Min.X)
		}
	}
}
