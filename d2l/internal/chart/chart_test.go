package chart

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// newChart returns a chart of series against one x, or against 0, 1, 2, … if x is nil.
func newChart(x []float64, Y [][]float64, options Options) (page.Drawing, error) {
	series := make([]plotter.XYs, len(Y))
	for i, ys := range Y {
		for j, y := range ys {
			point := plotter.XY{X: float64(j), Y: y}
			if x != nil {
				point.X = x[j]
			}
			series[i] = append(series[i], point)
		}
	}
	if options.Figsize == [2]float64{} {
		options.Figsize = [2]float64{3.5, 2.5}
	}
	return New(series, options)
}

func drawn(t *testing.T, x []float64, Y [][]float64, options Options) page.Drawing {
	t.Helper()
	return d2ltest.Must(newChart(x, Y, options))(t)
}

func svg(t *testing.T, drawing page.Drawing) []byte {
	t.Helper()
	content := d2ltest.Must(drawing.SVG())(t)
	pagetest.WantSVG(t, content)
	return content
}

func parabola() (x, y, slope []float64) {
	for i := range 31 {
		v := float64(i) / 10
		x, y, slope = append(x, v), append(y, 3*v*v-4*v), append(slope, 2*v-3)
	}
	return x, y, slope
}

func TestGolden(t *testing.T) {
	x, y, tangent := parabola()
	chart := drawn(t, x, [][]float64{y, tangent}, Options{
		XLabel: "x", YLabel: "f(x)", Legend: []string{"f(x)", "tangent (x = 1)"},
	})
	content := svg(t, chart)
	d2ltest.Golden(t, "plot.svg", content)
	pagetest.WantSVG(t, content, "f(x)", "tangent (x = 1)")
	if again := svg(t, chart); !bytes.Equal(again, content) {
		t.Error("drawn twice, the chart differs")
	}
	pagetest.WantPNG(t, d2ltest.Must(chart.PNG())(t), 672, 480) // 3.5 × 2.5 inches of 192 pixels.
}

// Titles are above their panels, which stay equally large.
func TestTitles(t *testing.T) {
	x, y, slope := parabola()
	chart := drawn(t, x, [][]float64{y, slope, y, slope}, Options{
		XLabel: "x", NRows: 2, NCols: 2, Figsize: [2]float64{6, 4}, Legend: []string{"f", "f'", "f", "f'"},
		Titles: []string{
			"a function", "its slope,\nin two lines", "",
			"a title that is so long that it does not fit into one line of its panel",
		},
	})
	pagetest.WantReadable(t, chart)
	texts := strings.Join(pagetest.Texts(chart), "|")
	d2ltest.WantParts(t, texts, "|a function|", "|its slope,|in two lines|", "|a title that")
}

func TestOptions(t *testing.T) {
	x, y, slope := parabola()
	content := func(options Options) string {
		return string(svg(t, drawn(t, x, [][]float64{y, slope}, options)))
	}
	plain := content(Options{})
	for name, options := range map[string]Options{
		"XLabel":  {XLabel: "x"},
		"YLabel":  {YLabel: "y"},
		"Legend":  {Legend: []string{"a & b", "<c>"}},
		"XLim":    {XLim: []float64{-1, 2}},
		"YLim":    {YLim: []float64{-10, 10}},
		"Fmts":    {Fmts: []string{"r:", "k"}},
		"Titles":  {Titles: []string{"a title"}},
		"NRows":   {NRows: 2},
		"NCols":   {NCols: 2},
		"Figsize": {Figsize: [2]float64{4, 2}},
	} {
		if content(options) == plain {
			t.Errorf("%s changes nothing", name)
		}
	}
}

func TestLogScale(t *testing.T) {
	ys := [][]float64{{1, 10, 100, 1000}}
	linear, log := svg(t, drawn(t, nil, ys, Options{YScale: "linear"})), svg(t, drawn(t, nil, ys, Options{YScale: "log"}))
	pagetest.WantSVG(t, log, "1000")
	if bytes.Equal(linear, log) {
		t.Error("the scale changes nothing")
	}
	_, err := newChart(nil, ys, Options{YScale: "cubic"})
	d2ltest.WantError(t, err, `"cubic"`, "linear nor log")
	_, err = newChart(nil, ys, Options{XScale: "cubic"})
	d2ltest.WantError(t, err, `"cubic"`)
	_, err = newChart(nil, ys, Options{Fmts: []string{"x--"}})
	d2ltest.WantError(t, err, `"x--"`)
}

// Points that an axis cannot show are left out: a loss that is 0 on a logarithmic one, or one that has grown
// beyond all bounds.
func TestLeavesOut(t *testing.T) {
	for _, c := range []struct {
		scale string
		ys    []float64
	}{
		{"log", []float64{0, 1, -1, 10}},
		{"log", []float64{0}},
		{"log", []float64{5}},
		{"log", nil},
		{"linear", []float64{1, math.Inf(1), 2, math.Inf(-1)}},
	} {
		for _, options := range []Options{{YScale: c.scale}, {YScale: c.scale, Legend: []string{"loss"}}} {
			svg(t, drawn(t, nil, [][]float64{c.ys}, options))
		}
	}
}

// The same series of each panel look alike, and those of one panel do not.
func TestFormatsOfPanels(t *testing.T) {
	p := func(i int) *panel {
		return d2ltest.Must(newPanel(make([]plotter.XYs, 4), Options{}, i, 2, vg.Point{X: 100, Y: 100}))(t)
	}
	left, right := p(0).series, p(1).series
	if !reflect.DeepEqual(left, right) || reflect.DeepEqual(left[0].line, left[1].line) {
		t.Errorf("left %v, right %v", left, right)
	}
}

// However many rows have to move their legends, the layout ends with every legend in its place and the panels
// where their heads leave them.
func TestLayoutSettles(t *testing.T) {
	above := 0
	for seed := range 8 {
		series := make([]plotter.XYs, 10)
		options := Options{}
		for i := range series {
			for j := range 41 {
				x := float64(j) / 40
				series[i] = append(series[i], plotter.XY{X: x, Y: math.Sin(x * float64((seed+2)*(i%5)+i/5))})
			}
			options.Legend = append(options.Legend, "series")
		}
		const rows = 5
		width, height := vg.Length(300), vg.Length(90*rows)
		tiles := draw.Tiles{Rows: rows, Cols: 1}
		canvas := draw.NewCanvas(new(recorder.Canvas), width, height)
		var panels [][]*panel
		var plots [][]*plot.Plot
		for i := range rows {
			p := d2ltest.Must(newPanel(series, options, i, rows, vg.Point{X: width, Y: height / rows}))(t)
			panels, plots = append(panels, []*panel{p}), append(plots, []*plot.Plot{p.Plot})
		}
		canvases := layOut(panels, tiles, canvas)
		for r, row := range panels {
			if len(row[0].head.legend) > 0 {
				above++
			} else if !placeInsets(row, canvases[r:][:1]) {
				t.Errorf("seed %d: the legend of row %d of %d has no place", seed, r, rows)
			}
			alignHeads(row)
		}
		for r, row := range plot.Align(plots, tiles, canvas) {
			if row[0].Rectangle != canvases[r].Rectangle {
				t.Errorf("seed %d: row %d is at %v, expected %v", seed, r, canvases[r].Rectangle, row[0].Rectangle)
			}
		}
	}
	if above == 0 {
		t.Error("no legend has moved")
	}
}
