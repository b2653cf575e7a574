package d2l

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

func TestLineStyle(t *testing.T) {
	for _, c := range []struct {
		format string
		color  byte
		dashes int
	}{
		{"", 'b', 0}, {"-", 'b', 0}, {"m--", 'm', 2}, {"g-.", 'g', 4}, {"r:", 'r', 2}, {"k", 'k', 0}, {":", 'b', 2}, {"y-", 'y', 0}, {"c--", 'c', 2},
	} {
		line, dot, err := lineStyle(c.format)
		noError(t, err)
		if line.Color != style.colors[c.color] || len(line.Dashes) != c.dashes || line.Width <= 0 || dot.Radius != 0 {
			t.Errorf("%q is a line of colour %v with dashes %v and width %v, dots of %v", c.format, line.Color, line.Dashes, line.Width, dot.Radius)
		}
	}
	for _, c := range []struct {
		format string
		color  byte
		line   bool
	}{{"o", 'b', false}, {"ko", 'k', false}, {"o-", 'b', true}, {"-o", 'b', true}, {"ro:", 'r', true}} {
		line, dot, err := lineStyle(c.format)
		noError(t, err)
		if line.Color != style.colors[c.color] || dot.Color != line.Color || (line.Width > 0) != c.line || dot.Radius <= 0 {
			t.Errorf("%q is a line of colour %v and width %v with dots of radius %v", c.format, line.Color, line.Width, dot.Radius)
		}
	}
	for _, format := range []string{"x", "m---", "mm", "-m", " -", "oo", "o-o"} {
		_, _, err := lineStyle(format)
		wantError(t, err, `"`+format+`"`, "-, --, -., :")
	}
}

func parabola() (x, y, slope []float64) {
	for i := range 31 {
		v := float64(i) / 10
		x, y, slope = append(x, v), append(y, 3*v*v-4*v), append(slope, 2*v-3)
	}
	return x, y, slope
}

func TestPlotGolden(t *testing.T) {
	x, y, tangent := parabola()
	figure := must(Plot([][]float64{x}, [][]float64{y, tangent}, PlotOptions{
		XLabel: "x", YLabel: "f(x)", Legend: []string{"f(x)", "tangent (x = 1)"},
	}))(t)
	svg := must(figure.SVG())(t)
	golden(t, "plot.svg", svg)
	checkSVG(t, svg, "f(x)", "tangent (x = 1)", "font-family:'Liberation Sans'")
	if again := must(figure.SVG())(t); !bytes.Equal(again, svg) {
		t.Error("drawn twice, the figure differs")
	}
	checkPNG(t, figure, 672, 480) // 3.5 × 2.5 inches of 192 pixels.
}

// Titles are above their panels, which stay equally large.
func TestPlotTitles(t *testing.T) {
	x, y, slope := parabola()
	figure := must(Plot([][]float64{x}, [][]float64{y, slope, y, slope}, PlotOptions{
		XLabel: "x", NRows: 2, NCols: 2, Figsize: [2]float64{6, 4}, Legend: []string{"f", "f'", "f", "f'"},
		Titles: []string{"a function", "its slope,\nin two lines", "", "a title that is so long that it does not fit into one line of its panel"},
	}))(t)
	wantReadable(t, figure)
	wantParts(t, strings.Join(texts(t, figure), "|"), "|a function|", "|its slope,|in two lines|", "|a title that")
}

// checkSVG checks that svg is well-formed and has all texts in it.
func checkSVG(t *testing.T, svg []byte, texts ...string) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		noError(t, err)
	}
	wantParts(t, string(svg), texts...)
}

func checkPNG(t *testing.T, figure *Figure, width, height int) image.Image {
	t.Helper()
	picture := must(png.Decode(bytes.NewReader(must(figure.PNG())(t))))(t)
	if size := picture.Bounds().Size(); size != image.Pt(width, height) {
		t.Errorf("the PNG is %v, expected %d × %d", size, width, height)
	}
	return picture
}

func TestPlotOptions(t *testing.T) {
	x, y, slope := parabola()
	plotted := func(options PlotOptions) *Figure {
		return must(Plot([][]float64{x}, [][]float64{y, slope}, options))(t)
	}
	svg := func(options PlotOptions) string { return string(must(plotted(options).SVG())(t)) }
	plain := svg(PlotOptions{})
	for name, options := range map[string]PlotOptions{
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
		drawn := svg(options)
		checkSVG(t, []byte(drawn))
		if drawn == plain {
			t.Errorf("%s changes nothing", name)
		}
	}
	checkPNG(t, plotted(PlotOptions{Figsize: [2]float64{4, 2}}), 768, 384)
}

func TestPlotLogScale(t *testing.T) {
	ys := [][]float64{{1, 10, 100, 1000}}
	linear := must(must(Plot(nil, ys, PlotOptions{YScale: "linear"}))(t).SVG())(t)
	log := must(must(Plot(nil, ys, PlotOptions{YScale: "log"}))(t).SVG())(t)
	checkSVG(t, log, "1000")
	if bytes.Equal(linear, log) {
		t.Error("the scale changes nothing")
	}
	_, err := Plot(nil, ys, PlotOptions{YScale: "cubic"})
	wantError(t, err, `"cubic"`, "linear nor log")
	_, err = Plot(nil, ys, PlotOptions{XScale: "cubic"})
	wantError(t, err, `"cubic"`)
}

// What an axis cannot show is left out: a loss that is 0 on a logarithmic one,
// or one that has grown beyond all bounds.
func TestPlotLeavesOut(t *testing.T) {
	for _, c := range []struct {
		scale string
		ys    []float64
	}{
		{"log", []float64{0, 1, -1, 10}},
		{"log", []float64{0}},
		{"log", []float64{5}},
		{"log", nil},
		{"linear", []float64{1, math.Inf(1), 2, math.Inf(-1)}},
		{"linear", []float64{1, math.NaN(), 2, None}},
	} {
		for _, options := range []PlotOptions{{YScale: c.scale}, {YScale: c.scale, Legend: []string{"loss"}}} {
			checkSVG(t, must(must(Plot(nil, [][]float64{c.ys}, options))(t).SVG())(t))
		}
	}
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
		checkSVG(t, must(figure.SVG())(t))
	}
}

func TestPlotMisuse(t *testing.T) {
	wantPanic(t, func() { Plot([][]float64{{1}, {1}}, [][]float64{{1}, {1}, {1}}, PlotOptions{}) }, "2 series of x for 3 of y")
	wantPanic(t, func() { Plot([][]float64{{1, 2}}, [][]float64{{1, 2}, {1}}, PlotOptions{}) }, "2 values of x for 1 of y in series 1")
	wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{NCols: 2, Titles: make([]string, 3)}) }, "3 titles for 2 panels")
	wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{Legend: []string{"a", "b"}}) }, "2 names in the Legend for 1 series")
	wantPanic(t, func() { Plot(nil, nil, PlotOptions{NRows: -1}) }, "-1 rows of 0 panels")
	for _, limits := range [][]float64{{1}, {0, 1, 2}} {
		want := fmt.Sprintf("Lim takes the least and the greatest value, got %v", limits)
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
	checkPNG(t, must(Plot(nil, [][]float64{{1, 2}}, PlotOptions{}))(t), 960, 384)
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

// ramp is a grey picture that gets brighter to the right.
func ramp(side int) image.Image {
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for x := range side {
		for y := range side {
			picture.SetGray(x, y, color.Gray{uint8(255 * x / (side - 1))})
		}
	}
	return picture
}

func TestShowImagesGolden(t *testing.T) {
	figure := must(ShowImages([]image.Image{ramp(4), ramp(2), ramp(4)}, 2, 2, []string{"one\nof three", "two", "three"}, 0.5))(t)
	svg := must(figure.SVG())(t)
	golden(t, "show_images.svg", svg)
	checkSVG(t, svg, ">one<", ">two<", ">three<", "<image")
	if n := bytes.Count(svg, []byte("<image")); n != 3 {
		t.Errorf("%d images, expected 3", n)
	}
	pixels := func(length vg.Length) int { return int(math.Round(float64(length / vg.Inch * 192))) }
	checkPNG(t, figure, pixels(figure.width), pixels(figure.height))
}

func TestShowImagesMisuse(t *testing.T) {
	pictures := []image.Image{ramp(4), ramp(4), ramp(4)}
	wantPanic(t, func() { ShowImages(pictures, 1, 2, nil, 1) }, "3 images and 0 titles for 1 rows of 2")
	wantPanic(t, func() { ShowImages(pictures, 2, 2, []string{"a", "b", "c", "d"}, 1) }, "3 images and 4 titles")
	wantPanic(t, func() { ShowImages(nil, -1, -1, nil, 1) }, "-1 rows of -1")
	for _, scale := range []float64{-1, math.NaN(), math.Inf(1)} {
		wantPanic(t, func() { ShowImages(pictures, 2, 2, nil, scale) }, fmt.Sprintf("positive scale in inches, got %v", scale))
		wantPanic(t, func() { ShowImageGrid([][]image.Image{pictures}, nil, nil, scale) }, "positive scale in inches")
	}
}

func TestShowImagesEmpty(t *testing.T) {
	checkSVG(t, must(must(ShowImages(nil, 1, 1, nil, 0))(t).SVG())(t))
}

func TestImages(t *testing.T) {
	grey := must(Images(tensors.FromFlatDataAndDimensions([]float32{0, 0.5, 1, 2, -1, 0.2}, 1, 1, 2, 3)))(t)
	if got := grey[0].Bounds().Size(); got != image.Pt(3, 2) {
		t.Errorf("the picture is %v, expected 3 × 2", got)
	}
	for p, want := range []uint8{0, 128, 255, 255, 0, 51} {
		if got := grey[0].At(p%3, p/3); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("pixel %d is %v, expected %d", p, got, want)
		}
	}
	rgb := must(Images(tensors.FromFlatDataAndDimensions([]float32{1, 0, 0, 1, 0.2, 0.4}, 1, 3, 1, 2)))(t)
	if got, want := rgb[0].At(1, 0), (color.RGBA{0, 255, 102, 255}); got != want {
		t.Errorf("the pixel is %v, expected %v", got, want)
	}
	wantPanic(t, func() { Images(waves(1, 1, 2, 2, 4, 4)) }, "(batch, 1 or 3, height, width)", "(2, 2, 4, 4)")
	wantPanic(t, func() { Images(waves(1, 1, 28, 28)) }, "(28, 28)")
	wantPanic(t, func() { Images(tensors.FromValue([][][][]float64{{{{1}}}})) }, "d2l: Images takes float32", "Float64")
}

// A figure without an area is a mistake of the program.
func TestFigureSize(t *testing.T) {
	wantPanic(t, func() { Plot(nil, [][]float64{{1, 2}}, PlotOptions{Figsize: [2]float64{-1, 3}}) }, "positive width and height")
	wantPanic(t, func() { Plot(nil, nil, PlotOptions{Figsize: [2]float64{3, math.Inf(1)}}) }, "positive width and height")
}

// The same series of each panel look alike, and those of one panel do not.
func TestPlotFormatsOfPanels(t *testing.T) {
	p := func(i int) *panel {
		return must(newPanel(make([]plotter.XYs, 4), PlotOptions{}, i, 2, vg.Point{X: 100, Y: 100}))(t)
	}
	left, right := p(0).series, p(1).series
	if !reflect.DeepEqual(left, right) || reflect.DeepEqual(left[0].line, left[1].line) {
		t.Errorf("left %v, right %v", left, right)
	}
}
