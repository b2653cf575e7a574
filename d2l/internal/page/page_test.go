package page_test

import (
	"image/color"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot/vg"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width vg.Length
		want  []string
	}{
		{"", 10, nil}, {"ankle boot", 100, []string{"ankle boot"}}, {"ankle boot", 20, []string{"ankle", "boot"}},
		{"one\n\ntwo", 100, []string{"one", "", "two"}}, {"supercalifragilistic", 10, []string{"supercalifragilistic"}},
	} {
		if got := page.Wrap(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q is %q, expected %q", c.text, got, c.want)
		}
	}
}

// Lines of text are below each other, and where they are aligned.
func TestWrite(t *testing.T) {
	for name, c := range map[string]struct {
		align page.Align
		x     func(vg.Rectangle) vg.Length
	}{
		"left":   {page.Left, func(at vg.Rectangle) vg.Length { return at.Min.X }},
		"center": {page.Center, func(at vg.Rectangle) vg.Length { return (at.Min.X + at.Max.X) / 2 }},
		"right":  {page.Right, func(at vg.Rectangle) vg.Length { return at.Max.X }},
	} {
		texts := []string{"one", "another one"}
		drawing := page.Drawing{Width: 200, Height: 100, Paint: func(p page.Pen) {
			p.Write(vg.Point{X: 100, Y: 50}, c.align, texts...)
		}}
		if got := pagetest.Texts(drawing); !slices.Equal(got, texts) {
			t.Fatalf("%q is written, expected %q", got, texts)
		}
		for i, line := range pagetest.Lines(drawing) {
			top := 50 - vg.Length(i)*page.LineHeight
			if d := c.x(line.At) - 100; d > 1e-9 || d < -1e-9 {
				t.Errorf("%s: %q is %v off", name, line.Text, d)
			}
			if d := line.At.Max.Y - top; d > 1e-9 || d < -1e-9 {
				t.Errorf("%s: the top of %q is at %v, expected %v", name, line.Text, line.At.Max.Y, top)
			}
		}
		if height := page.TextHeight(texts); height != page.LineHeight+page.CapHeight {
			t.Errorf("the height of two lines is %v", height)
		}
	}
}

func TestDrawing(t *testing.T) {
	drawing := page.Drawing{Width: vg.Inch, Height: vg.Inch / 2, Paint: func(p page.Pen) {
		p.Write(vg.Point{X: 30, Y: 30}, page.Center, "a & b")
		p.Box(vg.Rectangle{Max: vg.Point{X: 20, Y: 10}}, color.White)
		p.Arrow(vg.Point{X: 20}, vg.Point{X: 40, Y: 10})
	}}
	svg := d2ltest.Must(drawing.SVG())(t)
	pagetest.WantSVG(t, svg, "a &amp; b", "font-family:'Liberation Sans',Arial")
	pagetest.WantPNG(t, d2ltest.Must(drawing.PNG())(t), 192, 96)
}
