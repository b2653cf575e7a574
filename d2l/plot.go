package d2l

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l/internal/chart"
	"gonum.org/v1/plot/plotter"
)

// PlotOptions are how Plot and an Animator draw series. The zero value draws all in one panel with limits
// that fit.
//
// A format in Fmts is a colour (b m g r c y k, #rrggbb or a name of CSS, such as orange), a line (- solid,
// -- dashed, -. dash-dotted, : dotted) and o for a dot at each point; any of these may be missing. "m--" is a
// dashed line in magenta, "ko" are black dots, "#ff7f0eo-" is an orange line with dots.
//
// The legend is in a corner that no line crosses. If there is none, it is above the panel, and then all
// legends of that row of panels are. In a figure too small for that, lines run through it.
//
// Book: none; plot and Animator take these as keyword arguments.
type PlotOptions struct {
	XLabel, YLabel string
	Legend         []string   // Names of the series.
	Titles         []string   // Above the panels, in their order; each may have several lines.
	XLim, YLim     []float64  // Minimum and maximum shown; nil fits the series.
	XScale, YScale string     // "linear" or "" or, for positive values alone, "log".
	Fmts           []string   // Format of each series; nil takes the book's four, then others, in each panel.
	NRows, NCols   int        // Panels, at most 1000; 0 means 1. Series go to them in turn, row by row.
	Figsize        [2]float64 // Width and height in inches, as of a Figure; zero takes SetFigsize's.
	Annotations    []Annotation
	Contours       []Contour // Below the series.
}

// An Annotation is a text in a plot with an arrow from it to a point. Coordinates are those of the axes, and part of
// what the axes show.
//
// Book: annotate, section "Optimization and Deep Learning".
type Annotation struct {
	Text         string  // May have several lines.
	X, Y         float64 // Where the arrow points to.
	TextX, TextY float64 // The lower left corner of the text.
	Panel        int     // Of several, row by row from 0.
}

// A Contour is lines of equal height of a function of x and y, below the series.
//
// Book: d2l.plt.contour, show_trace_2d, section "Gradient Descent".
type Contour struct {
	F          func(x, y float64) float64
	XLim, YLim [2]float64 // Where it is drawn, each a minimum and a greater maximum.
	Levels     []float64  // Heights; nil for seven at equal distances.
	Color      string     // As in Fmts; "" is blue.
	Panel      int        // Of several, row by row from 0.
}

// maxPanels is how many panels a figure may have.
const maxPanels = 1000

// None stands for a missing value of y, which is not drawn. It is a NaN, but not the NaN of arithmetic.
//
// Book: none; there it is Python's None.
var None = math.Float64frombits(0x7ff8_0000_0000_0d21)

func isNone(y float64) bool { return math.Float64bits(y) == math.Float64bits(None) }

// Plot draws series of points as lines: Y[i] against X[i], against X[0] if there is only one X, or against
// 0, 1, 2, … if X is nil. A notebook shows the figure. Points with None are left out, and the line joins those
// on either side; NaN, infinity and, on a log axis, what is not positive leave a gap. It panics if the numbers
// of values, names or titles do not fit, and returns an error for an unknown scale or format, and for limits
// that are not a range.
//
// Book: plot, section "Calculus".
func Plot(X, Y [][]float64, options PlotOptions) (*Figure, error) {
	if len(X) > 1 && len(X) != len(Y) {
		const message = "d2l: Plot got %d series of x for %d of y; give one for each, one for all, or nil"
		panic(fmt.Sprintf(message, len(X), len(Y)))
	}
	if len(options.Legend) > len(Y) {
		panic(fmt.Sprintf("d2l: Plot got %d names in the Legend for %d series", len(options.Legend), len(Y)))
	}
	series := make([]plotter.XYs, len(Y))
	for i, ys := range Y {
		var xs []float64
		if len(X) > 0 {
			xs = X[min(i, len(X)-1)]
			if len(xs) != len(ys) {
				panic(fmt.Sprintf("d2l: Plot got %d values of x for %d of y in series %d", len(xs), len(ys), i))
			}
		}
		for j, y := range ys {
			x := float64(j)
			if xs != nil {
				x = xs[j]
			}
			if !isNone(y) {
				series[i] = append(series[i], plotter.XY{X: x, Y: y})
			}
		}
	}
	figure, err := newPlot(series, options)
	if err != nil {
		return nil, err
	}
	return figure, figure.Show()
}

// newPlot returns the figure of the series.
func newPlot(series []plotter.XYs, options PlotOptions) (*Figure, error) {
	if options.Figsize == [2]float64{} {
		options.Figsize = figsize
	}
	options.require()
	drawing, err := chart.New(series, options.forChart())
	if err != nil {
		return nil, err
	}
	return &Figure{drawing}, nil
}

// forChart returns the options as package chart has them.
func (options PlotOptions) forChart() chart.Options {
	o := chart.Options{
		XLabel: options.XLabel, YLabel: options.YLabel, Legend: options.Legend, Titles: options.Titles,
		XLim: options.XLim, YLim: options.YLim, XScale: options.XScale, YScale: options.YScale, Fmts: options.Fmts,
		NRows: options.NRows, NCols: options.NCols, Figsize: options.Figsize,
	}
	for _, a := range options.Annotations {
		o.Annotations = append(o.Annotations, chart.Annotation(a))
	}
	for _, c := range options.Contours {
		o.Contours = append(o.Contours, chart.Contour(c))
	}
	return o
}

// require panics on options that cannot be meant. A Figsize of zero can.
func (options PlotOptions) require() {
	for name, limits := range map[string][]float64{"XLim": options.XLim, "YLim": options.YLim} {
		if len(limits) != 0 && len(limits) != 2 {
			panic(fmt.Sprintf("d2l: %s takes a minimum and a maximum, got %v", name, limits))
		}
	}
	if options.NRows < 0 || options.NCols < 0 {
		panic(fmt.Sprintf("d2l: Plot got %d rows of %d panels", options.NRows, options.NCols))
	}
	rows, cols := max(options.NRows, 1), max(options.NCols, 1)
	if rows > maxPanels || cols > maxPanels/rows {
		panic(fmt.Sprintf("d2l: Plot got %d rows of %d panels; a figure holds %d in all", rows, cols, maxPanels))
	}
	if panels := rows * cols; len(options.Titles) > panels {
		panic(fmt.Sprintf("d2l: Plot got %d titles for %d panels", len(options.Titles), panels))
	}
	for _, a := range options.Annotations {
		if sum := a.X + a.Y + a.TextX + a.TextY; a.Panel < 0 || a.Panel >= rows*cols || math.IsNaN(sum) || math.IsInf(sum, 0) {
			panic(fmt.Sprintf("d2l: an Annotation needs numbers and one of %d panels, from 0, got %+v", rows*cols, a))
		}
	}
	for _, c := range options.Contours {
		if c.F == nil || c.Panel < 0 || c.Panel >= rows*cols || !(c.XLim[0] < c.XLim[1] && c.YLim[0] < c.YLim[1]) {
			const message = "d2l: a Contour needs F, XLim and YLim, each a minimum and a greater maximum, and one of %d panels, " +
				"from 0, got %v, %v and panel %d"
			panic(fmt.Sprintf(message, rows*cols, c.XLim, c.YLim, c.Panel))
		}
	}
	if size := options.Figsize; size != [2]float64{} {
		requireFigsize("a figure", size[0], size[1])
	}
}
