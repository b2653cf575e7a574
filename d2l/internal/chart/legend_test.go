package chart

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
)

// legendNames returns n names of series.
func legendNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("series ", i))
	}
	return names
}

// coloured returns points on the lines of a chart that have the colours of
// series, closely spaced.
func coloured(t *testing.T, chart page.Drawing) (points []vg.Point) {
	t.Helper()
	var drawing color.Color
	for _, action := range pagetest.Actions(chart) {
		switch a := action.(type) {
		case *recorder.SetColor:
			drawing = a.Color
		case *recorder.Stroke:
			if drawing == page.Ink || drawing == page.Grid || len(a.Path) < 3 { // Pieces in legends have two points.
				continue
			}
			for i := 1; i < len(a.Path); i++ {
				from, to := a.Path[i-1].Pos, a.Path[i].Pos
				for part := range 50 {
					points = append(points, from.Add(to.Sub(from).Scale(vg.Length(part)/50)))
				}
			}
		}
	}
	if len(points) == 0 {
		t.Fatal("no line is drawn")
	}
	return points
}

// Wherever the curves run, none goes through the names in the legend.
func TestLegendHidesNothing(t *testing.T) {
	curves := map[string]func(i int, x float64) float64{
		"falling":    func(i int, x float64) float64 { return math.Exp(-x * float64(i+1)) },
		"rising":     func(i int, x float64) float64 { return -math.Exp(-x * float64(i+1)) },
		"everywhere": func(i int, x float64) float64 { return math.Sin(x * float64(5+3*i)) },
		"bands":      func(i int, x float64) float64 { return float64(i) + 0.6*math.Sin(12*x) },
		"diagonal":   func(i int, x float64) float64 { return x + 0.01*float64(i) },
	}
	for name, curve := range curves {
		for _, n := range []int{1, 2, 3, 6, 8} {
			for _, options := range []Options{
				{}, {Titles: []string{"a title"}}, {NCols: 2, Figsize: [2]float64{7, 2.5}},
				{XLim: []float64{0, 1}, YLim: []float64{-1, 1}},
			} {
				options.Legend = legendNames(n)
				Y := make([][]float64, n)
				var x []float64
				for j := range 41 {
					x = append(x, float64(j)/40)
					for i := range Y {
						Y[i] = append(Y[i], curve(i, x[j]))
					}
				}
				chart := drawn(t, x, Y, options)
				names := slices.DeleteFunc(pagetest.Lines(chart), func(w pagetest.Line) bool {
					return !slices.Contains(options.Legend, w.Text)
				})
				if len(names) != n {
					t.Errorf("%s: %d of %d names are written", name, len(names), n)
				}
				for _, point := range coloured(t, chart) {
					if i := slices.IndexFunc(names, func(w pagetest.Line) bool {
						return w.At.Min.X <= point.X && point.X <= w.At.Max.X && w.At.Min.Y <= point.Y && point.Y <= w.At.Max.Y
					}); i >= 0 {
						t.Errorf("%s, %d series, %+v: a line goes through %q", name, n, options, names[i].Text)
						break
					}
				}
			}
		}
	}
}

// pieces returns the pieces of lines of a chart's legends.
func pieces(chart page.Drawing) (all []vg.Path) {
	for _, action := range pagetest.Actions(chart) {
		if a, ok := action.(*recorder.Stroke); ok && len(a.Path) == 2 {
			if length := a.Path[1].Pos.X - a.Path[0].Pos.X; math.Abs(float64(length-lineLength)) < 1e-6 {
				all = append(all, a.Path)
			}
		}
	}
	return all
}

// Panels of a row are alike: legends are above all of them or inside all, titles
// are on one line, and wherever a legend is a line comes before its name.
func TestLegendsOfPanels(t *testing.T) {
	corners := map[string]func(x float64) float64{
		"upper left":  func(x float64) float64 { return x },
		"upper right": func(x float64) float64 { return 1 - x },
		"lower right": func(x float64) float64 { return math.Sqrt(x) },
		"lower left":  func(x float64) float64 { return math.Sqrt(1 - x) },
		"none":        func(x float64) float64 { return 0.5 + 0.5*math.Sin(60*x) },
	}
	for _, names := range [][]string{{"lower left", "upper right", "upper left"}, {"lower right", "none", "upper right"}} {
		above := slices.Contains(names, "none")
		titles := []string{"one", "another\nof two lines", "third"}
		options := Options{NCols: 3, Figsize: [2]float64{8, 2.5}, Titles: titles}
		var x []float64
		for j := range 101 {
			x = append(x, float64(j)/100)
		}
		var Y [][]float64
		for k := range 8 { // Of three series in two panels, and two in one.
			var ys []float64
			for _, at := range x {
				ys = append(ys, corners[names[k%3]](at)+0.01*float64(k))
			}
			Y, options.Legend = append(Y, ys), append(options.Legend, fmt.Sprint("a rather long name ", k))
		}
		chart := drawn(t, x, Y, options)
		pagetest.WantReadable(t, chart)
		lines := pieces(chart)
		if len(lines) != len(Y) {
			t.Errorf("%v: %d pieces of lines for %d names", names, len(lines), len(Y))
		}
		titleAt, tops := map[vg.Length]bool{}, map[vg.Length]int{}
		for _, w := range pagetest.Lines(chart) {
			switch {
			case slices.Contains(options.Legend, w.Text):
				if !slices.ContainsFunc(lines, func(p vg.Path) bool {
					gap := w.At.Min.X - p[1].Pos.X
					return gap > 0 && gap < 6 && w.At.Min.Y < p[0].Pos.Y && p[0].Pos.Y < w.At.Max.Y
				}) {
					t.Errorf("%v: no line comes before %q at %v", names, w.Text, w.At)
				}
				tops[w.At.Max.Y]++
			case w.Text == "one", w.Text == "another", w.Text == "third":
				titleAt[w.At.Min.Y] = true
			}
		}
		if len(titleAt) != 1 {
			t.Errorf("%v: titles at %v", names, titleAt)
		}
		frame := vg.Length(0)
		for _, point := range coloured(t, chart) {
			frame = max(frame, point.Y*1.06) // The lines end a little below the frame.
		}
		for top := range tops {
			if above != (top > frame) {
				t.Errorf("%v: names at %v; the panels end at %v", names, tops, frame)
			}
		}
		if above && (len(tops) != 3 || tops[slices.Max(slices.Collect(maps.Keys(tops)))] != 3) {
			t.Errorf("%v: names at %v, expected three rows of one column in each panel", names, tops)
		}
	}
}

// Above the panel a legend has columns, and stays on the page.
func TestLegendAbove(t *testing.T) {
	waves := make([][]float64, 5)
	for i := range waves {
		for j := range 60 {
			waves[i] = append(waves[i], math.Sin(float64(j)*float64(i+2)/8))
		}
	}
	chart := drawn(t, nil, waves, Options{Legend: legendNames(5), Titles: []string{"everywhere"}})
	pagetest.WantReadable(t, chart)
	rows := map[vg.Length]int{}
	title, top := vg.Length(0), vg.Length(0)
	for _, w := range pagetest.Lines(chart) {
		switch {
		case slices.Contains(legendNames(5), w.Text):
			rows[w.At.Min.Y]++
			top = max(top, w.At.Max.Y)
		case w.Text == "everywhere":
			title = w.At.Min.Y
		}
	}
	if len(rows) != 2 || title <= top {
		t.Errorf("rows of the legend %v, up to %v; title at %v", rows, top, title)
	}
	d2ltest.Golden(t, "plot_legend.svg", svg(t, chart))
}

// In a chart too small for a legend above, the panel keeps its height.
func TestLegendOfSmallFigure(t *testing.T) {
	options := Options{Legend: legendNames(2), Figsize: [2]float64{1, 0.7}}
	chart := drawn(t, nil, [][]float64{{0, 1, 0, 1}, {1, 0, 1, 0}}, options)
	low, high := chart.Height, vg.Length(0)
	for _, point := range coloured(t, chart) {
		low, high = min(low, point.Y), max(high, point.Y)
	}
	if high-low < 0.4*chart.Height {
		t.Errorf("the lines have %v of a chart of %v", high-low, chart.Height)
	}
}

func TestCrosses(t *testing.T) {
	box := vg.Rectangle{Min: vg.Point{X: 1, Y: 1}, Max: vg.Point{X: 3, Y: 2}}
	for _, c := range []struct {
		a, b vg.Point
		want bool
	}{
		{vg.Point{X: 2, Y: 1.5}, vg.Point{X: 2, Y: 1.5}, true}, // A point in it.
		{vg.Point{X: 0, Y: 0}, vg.Point{X: 0, Y: 0}, false},
		{vg.Point{X: 0, Y: 1.5}, vg.Point{X: 4, Y: 1.5}, true}, // From side to side.
		{vg.Point{X: 2, Y: 0}, vg.Point{X: 2, Y: 5}, true},
		{vg.Point{X: 0, Y: 1.5}, vg.Point{X: 0.9, Y: 1.5}, false}, // Ends before it.
		{vg.Point{X: 3.5, Y: 1.5}, vg.Point{X: 9, Y: 1.5}, false},
		{vg.Point{X: 0, Y: 1.4}, vg.Point{X: 1.6, Y: 3}, false}, // Past the corner.
		{vg.Point{X: 0, Y: 0.5}, vg.Point{X: 1.6, Y: 2.1}, true},
	} {
		if got := crosses(box, c.a, c.b); got != c.want {
			t.Errorf("from %v to %v: %v", c.a, c.b, got)
		}
	}
}
