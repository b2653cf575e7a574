package chart

import (
	"image/color"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"golang.org/x/image/colornames"
)

func TestLineStyle(t *testing.T) {
	for _, c := range []struct {
		format string
		color  byte
		dashes int
	}{
		{"", 'b', 0}, {"-", 'b', 0}, {"m--", 'm', 2}, {"g-.", 'g', 4}, {"r:", 'r', 2}, {"k", 'k', 0}, {":", 'b', 2},
		{"y-", 'y', 0}, {"c--", 'c', 2},
	} {
		line, dot, err := lineStyle(c.format)
		d2ltest.NoError(t, err)
		if line.Color != colors[c.color] || len(line.Dashes) != c.dashes || line.Width <= 0 || dot.Radius != 0 {
			t.Errorf("%q is a line %+v with dots of radius %v", c.format, line, dot.Radius)
		}
	}
	for _, c := range []struct {
		format string
		color  byte
		line   bool
	}{{"o", 'b', false}, {"ko", 'k', false}, {"o-", 'b', true}, {"-o", 'b', true}, {"ro:", 'r', true}} {
		line, dot, err := lineStyle(c.format)
		d2ltest.NoError(t, err)
		if line.Color != colors[c.color] || dot.Color != line.Color || (line.Width > 0) != c.line || dot.Radius <= 0 {
			t.Errorf("%q is a line %+v with dots of radius %v", c.format, line, dot.Radius)
		}
	}
	for format, want := range map[string]color.Color{
		"#ff7f0e--": color.RGBA{0xff, 0x7f, 0x0e, 0xff}, "orange": colornames.Orange, "orangeredo": colornames.Orangered,
		"red:": colornames.Red, "r:": colors['r'],
	} {
		if line, _, err := lineStyle(format); err != nil || line.Color != want {
			t.Errorf("%q is %v, %v", format, line.Color, err)
		}
	}
	for _, format := range []string{"#ff7f0", "#gg0000-", "purpel", "x", "m---", "mm", "-m", " -", "oo", "o-o"} {
		_, _, err := lineStyle(format)
		d2ltest.WantError(t, err, `"`+format+`"`, "-, --, -., :")
	}
}

// More series than the book's four have styles of their own.
func TestDefaultFmt(t *testing.T) {
	seen := map[string]int{}
	for i := range 28 {
		format := defaultFmt(i)
		if other, ok := seen[format]; ok {
			t.Errorf("series %d and %d are both %q", other, i, format)
		}
		seen[format] = i
		_, _, err := lineStyle(format)
		d2ltest.NoError(t, err)
	}
	for i, book := range []string{"b-", "m--", "g-.", "r:"} {
		if defaultFmt(i) != book {
			t.Errorf("series %d is %q and not the book's %q", i, defaultFmt(i), book)
		}
	}
}
