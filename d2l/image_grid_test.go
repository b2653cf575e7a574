package d2l

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// drawnImages returns where the pictures of a figure are.
func drawnImages(t *testing.T, figure *Figure) (all []vg.Rectangle) {
	t.Helper()
	var recorded recorder.Canvas
	noError(t, figure.draw(draw.NewCanvas(&recorded, figure.width, figure.height)))
	for _, action := range recorded.Actions {
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

// Pictures keep their shapes, and none is beyond its place or the page.
func TestShowImagesOfManySizes(t *testing.T) {
	pictures := []image.Image{grey(28, 28), grey(40, 20), grey(20, 40), grey(3, 3), grey(400, 300)}
	figure := must(ShowImages(pictures, 2, 3, []string{"a title wider than its picture", "b", "two\nlines", "", "supercalifragilistic"}, 0.5))(t)
	wantReadable(t, figure)
	all := drawnImages(t, figure)
	for i, place := range all {
		size, pixels := place.Size(), pictures[i].Bounds().Size()
		if longer := max(size.X, size.Y); math.Abs(float64(longer-0.5*vg.Inch)) > 1e-9 {
			t.Errorf("picture %d is %v long and not half an inch", i, longer)
		}
		if math.Abs(float64(size.X)*float64(pixels.Y)-float64(size.Y)*float64(pixels.X)) > 1e-6 {
			t.Errorf("picture %d of %v has become %v", i, pixels, size)
		}
		if place.Min.X < 4 || place.Min.Y < 4 || place.Max.X > figure.width-4 || place.Max.Y > figure.height-4 {
			t.Errorf("picture %d is at %v of a page of %v × %v", i, place, figure.width, figure.height)
		}
		for _, w := range writings(t, figure) {
			if w.at.Min.X < place.Max.X && place.Min.X < w.at.Max.X && w.at.Min.Y < place.Max.Y && place.Min.Y < w.at.Max.Y {
				t.Errorf("%q is upon picture %d", w.text, i)
			}
		}
	}
	if all[3].Min.Y > all[0].Min.Y || all[1].Min.X < all[0].Max.X {
		t.Errorf("not left to right and top to bottom: %v", all)
	}
}

// A picture that is white where it ends is framed, others are not.
func TestShowImagesFrames(t *testing.T) {
	for want, picture := range []image.Image{grey(2, 2, 0, 255, 0, 255), grey(2, 2, 255, 255, 255, 0)} {
		var recorded recorder.Canvas
		figure := must(ShowImages([]image.Image{picture}, 1, 1, nil, 1))(t)
		noError(t, figure.draw(draw.NewCanvas(&recorded, figure.width, figure.height)))
		frames := 0
		for _, action := range recorded.Actions {
			if _, ok := action.(*recorder.Stroke); ok {
				frames++
			}
		}
		if frames != want {
			t.Errorf("%v has %d frames, expected %d", picture, frames, want)
		}
	}
}

func TestShowImageGridGolden(t *testing.T) {
	rows := [][]image.Image{{ramp(4), ramp(2), nil}, {ramp(4)}}
	figure := must(ShowImageGrid(rows, []string{"pullover", "coat\n(wrong)"}, []string{"image", "0", "1"}, 0.4))(t)
	wantReadable(t, figure)
	golden(t, "image_grid.svg", must(figure.SVG())(t))
	if n := len(drawnImages(t, figure)); n != 3 {
		t.Errorf("%d pictures, expected 3", n)
	}
	checkSVG(t, must(must(ShowImageGrid(nil, nil, nil, 0))(t).SVG())(t))
	wantPanic(t, func() { ShowImageGrid(rows, []string{"a", "b", "c"}, nil, 1) }, "3 and 0 titles for 2 rows of 3")
	wantPanic(t, func() { ShowImageGrid(rows, nil, []string{"a", "b", "c", "d"}, 1) }, "0 and 4 titles for 2 rows of 3")
	wantPanic(t, func() { ShowImageGrid([][]image.Image{{grey(0, 3)}}, nil, nil, 1) }, "0 × 3 pixels")
}

func TestFeatureMaps(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	X := tensors.FromFlatDataAndDimensions([]float32{
		-1, 0, 1, 5, 5, 5, inf, 0, nan, // Of the first example three channels,
		3, 2, 1, 5, 5, 5, 2, -inf, 1, // and of the second.
	}, 2, 3, 1, 3)
	want := [][][3]uint8{
		{{0, 64, 128}, {128, 128, 128}, {255, 0, 0}},
		{{255, 191, 128}, {128, 128, 128}, {255, 0, 128}},
	}
	maps := must(FeatureMaps(X))(t)
	for i := range want {
		for c := range want[i] {
			for p, value := range want[i][c] {
				if got := maps[i][c].At(p, 0); got != (color.Gray{value}) {
					t.Errorf("example %d, channel %d, pixel %d is %v, expected %d", i, c, p, got, value)
				}
			}
		}
	}
	wantPanic(t, func() { FeatureMaps(tensors.FromValue([][][][]float64{{{{1}}}})) }, "d2l: FeatureMaps takes float32", "Float64")
	wantPanic(t, func() { FeatureMaps(waves(1, 1, 2, 120)) }, "(batch, channel, height, width)", "(2, 120)")
}

func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text  string
		width vg.Length
		want  []string
	}{
		{"", 10, nil}, {"ankle boot", 100, []string{"ankle boot"}}, {"ankle boot", 20, []string{"ankle", "boot"}},
		{"one\n\ntwo", 100, []string{"one", "", "two"}}, {"supercalifragilistic", 10, []string{"supercalifragilistic"}},
	} {
		got := wrapped(c.text, c.width)
		if len(got) != len(c.want) {
			t.Errorf("%q is %q, expected %q", c.text, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q is %q, expected %q", c.text, got, c.want)
			}
		}
	}
}
