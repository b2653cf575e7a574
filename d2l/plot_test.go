package d2l

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page/pagetest"
)

// Values of x may be those of each series, of the first alone, or 0, 1, 2, …; None is left out.
func TestPlotPoints(t *testing.T) {
	svg := func(X, Y [][]float64) []byte { return must(must(Plot(X, Y, PlotOptions{}))(t).SVG())(t) }
	Y := [][]float64{{1, 5, 2}, {3, 1, 4}}
	want := svg([][]float64{{0, 1, 2}, {0, 1, 2}}, Y)
	for name, X := range map[string][][]float64{"none": nil, "one": {{0, 1, 2}}} {
		if !bytes.Equal(svg(X, Y), want) {
			t.Errorf("with %s of x the figure differs", name)
		}
	}
	gaps := [][]float64{{1, None, 5, None, 2}, {None, 3, 1, 4, None}}
	if !bytes.Equal(svg([][]float64{{0, 7, 1, 9, 2}, {9, 0, 1, 2, 9}}, gaps), want) {
		t.Error("a missing value is drawn")
	}
}

// Where values are NaN or infinite there is a gap, not a line; a point alone is a dot.
func TestPlotGaps(t *testing.T) {
	svg := func(y ...float64) []byte {
		options := PlotOptions{XLim: []float64{0, 6}, YLim: []float64{0, 6}, Fmts: []string{"orange"}}
		return must(must(Plot(nil, [][]float64{y}, options))(t).SVG())(t)
	}
	nan := math.NaN()
	const orange = "stroke:#FFA500"
	for _, c := range []struct {
		y     []float64
		lines int
	}{
		{[]float64{1, 2, 3, 4, 5}, 1}, {[]float64{1, 2, nan, 4, 5}, 2}, {[]float64{1, 2, math.Inf(1), 4, 5}, 2},
		{[]float64{1, 2, None, 4, 5}, 1}, {[]float64{nan, 1, 2, nan, nan, 4, 5, nan}, 2}, {[]float64{nan, nan}, 0},
	} {
		if got := bytes.Count(svg(c.y...), []byte(orange)); got != c.lines {
			t.Errorf("%v has %d lines, expected %d", c.y, got, c.lines)
		}
	}
	if !bytes.Contains(svg(nan, 3, nan, 4, 5), []byte("fill:#FFA500")) {
		t.Error("a point between two gaps is not drawn")
	}
}

// Contours and annotations are in their panel, and the axes show them.
func TestPlotContourAndAnnotation(t *testing.T) {
	bowl := func(x, y float64) float64 { return x*x + 2*y*y }
	options := PlotOptions{
		NCols: 2, Contours: []Contour{{F: bowl, XLim: [2]float64{-5, 1}, YLim: [2]float64{-3, 1}, Color: "#ff7f0e", Panel: 1}},
		Annotations: []Annotation{{Text: "saddle\npoint", X: 0, Y: -0.2, TextX: -0.5, TextY: -90, Panel: 0}},
	}
	figure := must(Plot(nil, [][]float64{{1, 2}, {-1, -2}}, options))(t)
	content := string(must(figure.SVG())(t))
	if n := strings.Count(content, "stroke:#FF7F0E"); n < 5 {
		t.Errorf("%d lines of the contour", n)
	}
	all := strings.Join(texts(figure), "|")
	if !strings.Contains(all, "saddle|point") || !strings.Contains(all, "-80") && !strings.Contains(all, "−80") {
		t.Errorf("texts %s", all)
	}
	wantPanic(t, func() { Plot(nil, nil, PlotOptions{Annotations: []Annotation{{Panel: 1}}}) }, "one of 1 panels")
	wantPanic(t, func() { Plot(nil, nil, PlotOptions{Contours: []Contour{{}}}) }, "a Contour needs F, XLim and YLim")
	limits := [2]float64{0, 1}
	_, err := Plot(nil, nil, PlotOptions{Contours: []Contour{{F: bowl, XLim: limits, YLim: limits, Color: "redd"}}})
	wantError(t, err, `the colour "redd" of a contour`)
	hole := func(x, y float64) float64 { return 1 / (x - x) }
	_, err = Plot(nil, nil, PlotOptions{Contours: []Contour{{F: hole, XLim: limits, YLim: limits}}})
	wantError(t, err, "a contour's function is +Inf at (0, 0)")
}

func TestPlotNothing(t *testing.T) {
	for name, Y := range map[string][][]float64{
		"no series": nil, "no points": {{}}, "only None": {{None, None}}, "one point": {{1}}, "a constant": {{2, 2, 2}},
	} {
		figure, err := Plot(nil, Y, PlotOptions{Legend: make([]string, len(Y))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pagetest.WantSVG(t, must(figure.SVG())(t))
	}
}

func TestPlotMisuse(t *testing.T) {
	misuse := func(X, Y [][]float64, options PlotOptions, part string) {
		t.Helper()
		wantPanic(t, func() { Plot(X, Y, options) }, part)
	}
	misuse([][]float64{{1}, {1}}, [][]float64{{1}, {1}, {1}}, PlotOptions{}, "2 series of x for 3 of y")
	misuse([][]float64{{1, 2}}, [][]float64{{1, 2}, {1}}, PlotOptions{}, "2 values of x for 1 of y in series 1")
	misuse(nil, [][]float64{{1, 2}}, PlotOptions{NCols: 2, Titles: make([]string, 3)}, "3 titles for 2 panels")
	misuse(nil, [][]float64{{1, 2}}, PlotOptions{Legend: []string{"a", "b"}}, "2 names in the Legend for 1 series")
	wantPanic(t, func() { Plot(nil, nil, PlotOptions{NRows: -1}) }, "-1 rows of 0 panels")
	for _, limits := range [][]float64{{1}, {0, 1, 2}} {
		want := fmt.Sprintf("Lim takes a minimum and a maximum, got %v", limits)
		wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{XLim: limits}) }, "d2l: X"+want)
		wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{YLim: limits}) }, "d2l: Y"+want)
	}
	wantPanic(t, func() { SetFigsize(0, 1) }, "SetFigsize needs a positive width")
	wantPanic(t, func() { SetFigsize(1, math.NaN()) }, "SetFigsize needs a positive width")
	wantPanic(t, func() { SetFigsize(1, math.Inf(1)) }, "SetFigsize needs a positive width")
}

func TestSetFigsize(t *testing.T) {
	saved := figsize
	defer func() { figsize = saved }()
	SetFigsize(5, 2)
	pagetest.WantPNG(t, must(must(Plot(nil, [][]float64{{1, 2}}, PlotOptions{}))(t).PNG())(t), 960, 384)
}

// A figure without an area is a mistake of the program.
func TestFigureSize(t *testing.T) {
	for _, size := range [][2]float64{{-1, 3}, {3, math.Inf(1)}, {math.NaN(), 1}, {0, 2}} {
		wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{Figsize: size}) }, "positive width and height")
	}
}

// Sizes that are meant in pixels, and grids without end, are refused before any of their memory is taken.
func TestFigureTooLarge(t *testing.T) {
	series, picture := [][]float64{{1, 2}}, []image.Image{ramp(4)}
	const refused = "a figure of 400 × 300 inches would have 76800 × 57600 pixels, 192 an inch: at most 42 × 42 inches"
	wantPanic(t, func() { SetFigsize(400, 300) }, "d2l: "+refused)
	options := PlotOptions{Figsize: [2]float64{400, 300}}
	wantPanic(t, func() { Plot(nil, series, options) }, "d2l: "+refused)
	wantPanic(t, func() { NewAnimator(options) }, "d2l: "+refused)
	for _, size := range [][2]float64{{342, 1}, {1, 342}, {43, 43}, {1e308, 1}} {
		wantPanic(t, func() { Plot(nil, series, PlotOptions{Figsize: size}) }, "d2l: a figure of ")
	}
	must(Plot(nil, series, PlotOptions{Figsize: [2]float64{341, 5}}))(t) // Not beyond it.
	for _, panels := range [][2]int{{1001, 0}, {0, 1001}, {32, 32}, {1 << 40, 1 << 40}} {
		options := PlotOptions{NRows: panels[0], NCols: panels[1]}
		wantPanic(t, func() { Plot(nil, series, options) }, " panels; a figure holds 1000 in all")
	}

	_, err := ShowImages(picture, 1, 1, nil, 28)
	noError(t, err)
	for name, f := range map[string]func() (*Figure, error){
		"scale":      func() (*Figure, error) { return ShowImages(picture, 1, 1, nil, 400) },
		"rows":       func() (*Figure, error) { return ShowImages(picture, 1<<40, 1, nil, 1) },
		"rows × 0":   func() (*Figure, error) { return ShowImages(nil, 1<<40, 0, nil, 1) },
		"a product":  func() (*Figure, error) { return ShowImages(picture, 1<<32, 1<<32, nil, 1) },
		"many rows":  func() (*Figure, error) { return ShowImages(picture, 1000, 1, nil, 1) },
		"a grid":     func() (*Figure, error) { return ShowImageGrid([][]image.Image{picture}, nil, nil, 400) },
		"long title": func() (*Figure, error) { return ShowImages(picture, 1, 1, []string{strings.Repeat("a", 1<<16)}, 1) },
		"layers": func() (*Figure, error) {
			return DrawVertical(NewNet(Sequential(slices.Repeat([]Layer{Flatten{}}, 1000))), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f()
			wantError(t, err, "a figure of ", " inches would have ")
		})
	}
}

func TestFigureSaveErrors(t *testing.T) {
	figure := must(Plot(nil, [][]float64{{1, 2}}, PlotOptions{}))(t)
	dir := t.TempDir()
	wantError(t, figure.Save(filepath.Join(dir, "plot.pdf")), "plot.pdf", ".svg or .png")
	wantError(t, figure.Save(filepath.Join(dir, "plot")), ".svg or .png")
	put(t, filepath.Join(dir, "file"), nil)
	wantError(t, figure.Save(filepath.Join(dir, "file", "plot.svg")), "saving the figure to", "plot.svg")
	wantFiles(t, dir, "file")
}
