package d2l

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// legendNames returns n names of series.
func legendNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("series ", i))
	}
	return names
}

// coloured returns points on the lines of a figure that have the colours of
// series, closely spaced.
func coloured(t *testing.T, figure *Figure) (points []vg.Point) {
	t.Helper()
	var recorded recorder.Canvas
	noError(t, figure.draw(draw.NewCanvas(&recorded, figure.width, figure.height)))
	var drawing color.Color
	for _, action := range recorded.Actions {
		switch a := action.(type) {
		case *recorder.SetColor:
			drawing = a.Color
		case *recorder.Stroke:
			if drawing == style.axis || drawing == style.grid || len(a.Path) < 3 { // Thumbnails have two points.
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
			for _, options := range []PlotOptions{{}, {Titles: []string{"a title"}}, {NCols: 2, Figsize: [2]float64{7, 2.5}}, {XLim: []float64{0, 1}, YLim: []float64{-1, 1}}} {
				options.Legend = legendNames(n)
				Y := make([][]float64, n)
				var x []float64
				for j := range 41 {
					x = append(x, float64(j)/40)
					for i := range Y {
						Y[i] = append(Y[i], curve(i, x[j]))
					}
				}
				figure := must(Plot([][]float64{x}, Y, options))(t)
				names := slices.DeleteFunc(writings(t, figure), func(w writing) bool { return !slices.Contains(options.Legend, w.text) })
				if len(names) != n {
					t.Errorf("%s: %d of %d names are written", name, len(names), n)
				}
				for _, point := range coloured(t, figure) {
					if i := slices.IndexFunc(names, func(w writing) bool {
						return w.at.Min.X <= point.X && point.X <= w.at.Max.X && w.at.Min.Y <= point.Y && point.Y <= w.at.Max.Y
					}); i >= 0 {
						t.Errorf("%s, %d series, %+v: a line goes through %q", name, n, options, names[i].text)
						break
					}
				}
			}
		}
	}
}

// pieces returns the pieces of lines of a figure's legends.
func pieces(t *testing.T, figure *Figure) (all []vg.Path) {
	t.Helper()
	var recorded recorder.Canvas
	noError(t, figure.draw(draw.NewCanvas(&recorded, figure.width, figure.height)))
	for _, action := range recorded.Actions {
		if a, ok := action.(*recorder.Stroke); ok && len(a.Path) == 2 && math.Abs(float64(a.Path[1].Pos.X-a.Path[0].Pos.X-thumbWidth)) < 1e-6 {
			all = append(all, a.Path)
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
		options := PlotOptions{NCols: 3, Figsize: [2]float64{8, 2.5}, Titles: titles}
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
		figure := must(Plot([][]float64{x}, Y, options))(t)
		wantReadable(t, figure)
		thumbs := pieces(t, figure)
		if len(thumbs) != len(Y) {
			t.Errorf("%v: %d pieces of lines for %d names", names, len(thumbs), len(Y))
		}
		titleAt, tops := map[vg.Length]bool{}, map[vg.Length]int{}
		for _, w := range writings(t, figure) {
			switch {
			case slices.Contains(options.Legend, w.text):
				if !slices.ContainsFunc(thumbs, func(p vg.Path) bool {
					gap := w.at.Min.X - p[1].Pos.X
					return gap > 0 && gap < 6 && w.at.Min.Y < p[0].Pos.Y && p[0].Pos.Y < w.at.Max.Y
				}) {
					t.Errorf("%v: no line comes before %q at %v", names, w.text, w.at)
				}
				tops[w.at.Max.Y]++
			case w.text == "one", w.text == "another", w.text == "third":
				titleAt[w.at.Min.Y] = true
			}
		}
		if len(titleAt) != 1 {
			t.Errorf("%v: titles at %v", names, titleAt)
		}
		frame := vg.Length(0)
		for _, point := range coloured(t, figure) {
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
	figure := must(Plot(nil, waves, PlotOptions{Legend: legendNames(5), Titles: []string{"everywhere"}}))(t)
	wantReadable(t, figure)
	rows := map[vg.Length]int{}
	title, top := vg.Length(0), vg.Length(0)
	for _, w := range writings(t, figure) {
		switch {
		case slices.Contains(legendNames(5), w.text):
			rows[w.at.Min.Y]++
			top = max(top, w.at.Max.Y)
		case w.text == "everywhere":
			title = w.at.Min.Y
		}
	}
	if len(rows) != 2 || title <= top {
		t.Errorf("rows of the legend %v, up to %v; title at %v", rows, top, title)
	}
	golden(t, "plot_legend.svg", must(figure.SVG())(t))
}

// In a figure too small for a legend above, the panel keeps its height.
func TestLegendOfSmallFigure(t *testing.T) {
	figure := must(Plot(nil, [][]float64{{0, 1, 0, 1}, {1, 0, 1, 0}}, PlotOptions{Legend: legendNames(2), Figsize: [2]float64{1, 0.7}}))(t)
	least, most := figure.height, vg.Length(0)
	for _, point := range coloured(t, figure) {
		least, most = min(least, point.Y), max(most, point.Y)
	}
	if most-least < 0.4*figure.height {
		t.Errorf("the lines have %v of a figure of %v", most-least, figure.height)
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
		noError(t, err)
	}
	for i, book := range []string{"b-", "m--", "g-.", "r:"} {
		if defaultFmt(i) != book {
			t.Errorf("series %d is %q and not the book's %q", i, defaultFmt(i), book)
		}
	}
}
