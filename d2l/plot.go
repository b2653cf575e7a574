package d2l

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PlotOptions says how series are drawn, by Plot and by an Animator. The zero
// value draws them all in one panel with limits that fit.
//
// A format in Fmts is a colour (b m g r c y k), a line (- solid, -- dashed, -.
// dash-dotted, : dotted), and o for a dot at each point, each of which may be
// missing: "m--" is a dashed line in magenta, "ko" are black dots, "o-" is a blue
// line with dots.
//
// The legend stands in a corner that no line crosses. If there is none, it stands
// above the panel, and then all legends of that row of panels do. In a figure that
// is too small for that, lines run through it.
//
// Book: none; plot and Animator take these as keyword arguments.
type PlotOptions struct {
	XLabel, YLabel string
	Legend         []string   // Names of the series.
	Titles         []string   // Above the panels, in their order; each may have several lines.
	XLim, YLim     []float64  // Least and greatest value shown; nil fits the series.
	XScale, YScale string     // "linear", also if empty, or "log", which leaves out what is not above zero.
	Fmts           []string   // Format of each series; nil takes the book's four, then others, anew in each panel.
	NRows, NCols   int        // Panels; 0 means 1. Series are dealt to them in turn, row by row.
	Figsize        [2]float64 // Width and height in inches; zero takes SetFigsize's.
}

// None stands for a missing value of y, which is not drawn. It is a NaN, but not
// the one that arithmetic makes.
//
// Book: none; Python's None stands for a missing value there.
var None = math.Float64frombits(0x7ff8_0000_0000_0d21)

func isNone(y float64) bool { return math.Float64bits(y) == math.Float64bits(None) }

// Plot draws series of points as lines: Y[i] against X[i], against X[0] if
// there is but one X, or against 0, 1, 2, … if X is nil. A notebook shows the
// figure. Points with None are left out; the line joins those on either side. It
// panics if the numbers of values, names or titles do not fit, and returns an error
// for a scale or a format that it does not know, and for limits that are no range.
//
// Book: plot, section "Calculus".
func Plot(X, Y [][]float64, options PlotOptions) (*Figure, error) {
	if len(X) > 1 && len(X) != len(Y) {
		panic(fmt.Sprintf("d2l: Plot got %d series of x for %d of y; give one for each, one for all, or nil", len(X), len(Y)))
	}
	if len(options.Legend) > len(Y) {
		panic(fmt.Sprintf("d2l: Plot got %d names in the Legend for %d series", len(options.Legend), len(Y)))
	}
	all := make([]plotter.XYs, len(Y))
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
			if !math.IsNaN(y) {
				all[i] = append(all[i], plotter.XY{X: x, Y: y})
			}
		}
	}
	figure, err := newPlot(all, options)
	if err != nil {
		return nil, err
	}
	return figure, figure.Show()
}

// newPlot returns the figure of the series.
func newPlot(all []plotter.XYs, options PlotOptions) (*Figure, error) {
	for name, limits := range map[string][]float64{"XLim": options.XLim, "YLim": options.YLim} {
		if len(limits) != 0 && len(limits) != 2 {
			panic(fmt.Sprintf("d2l: %s takes the least and the greatest value, got %v", name, limits))
		}
	}
	if options.NRows < 0 || options.NCols < 0 {
		panic(fmt.Sprintf("d2l: Plot got %d rows of %d panels", options.NRows, options.NCols))
	}
	rows, cols := max(options.NRows, 1), max(options.NCols, 1)
	if len(options.Titles) > rows*cols {
		panic(fmt.Sprintf("d2l: Plot got %d titles for %d panels", len(options.Titles), rows*cols))
	}
	size := options.Figsize
	if size == [2]float64{} {
		size = figsize
	}
	width, height := vg.Length(size[0])*vg.Inch, vg.Length(size[1])*vg.Inch
	var panels []*panel
	for i := range rows * cols {
		p, err := newPanel(all, options, i, rows*cols, vg.Point{X: width / vg.Length(cols), Y: height / vg.Length(rows)})
		if err != nil {
			return nil, err
		}
		panels = append(panels, p)
	}
	return newFigure(width, height, func(canvas draw.Canvas) error {
		const margin, gap = 4, 10
		tiles := draw.Tiles{
			Rows: rows, Cols: cols,
			PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: 2 * margin,
			PadX: gap, PadY: gap,
		}
		for i, canvas := range layOut(panels, tiles, canvas) {
			panels[i].Draw(canvas)
		}
		return nil
	}), nil
}

// layOut returns where the panels are on the canvas, and decides where their
// legends go: above the panels of a row if one of these has no free corner. That
// leaves less height to all, so that they are looked at again.
func layOut(panels []*panel, tiles draw.Tiles, canvas draw.Canvas) []draw.Canvas {
	rows, plots := slices.Collect(slices.Chunk(panels, tiles.Cols)), make([][]*plot.Plot, tiles.Rows)
	for i, p := range panels {
		plots[i/tiles.Cols] = append(plots[i/tiles.Cols], p.Plot)
		p.setHead(tiles.At(canvas, i%tiles.Cols, i/tiles.Cols).Size().X, false)
	}
	for {
		for _, row := range rows {
			alignHeads(row)
		}
		canvases := plot.Align(plots, tiles, canvas)
		moved := false
		for r, row := range rows {
			if !placeInsets(row, canvases[r]) {
				for i, p := range row {
					p.setHead(canvases[r][i].Size().X, true)
				}
				moved = true
			}
		}
		if !moved {
			return slices.Concat(canvases...)
		}
	}
}

// placeInsets finds places for the legends inside the panels of a row. It returns
// false if these should be above: if one has no place, and there is room above.
func placeInsets(row []*panel, canvases []draw.Canvas) bool {
	free, rows := true, 0
	for i, p := range row {
		if len(p.inset.legend) > 0 {
			free = p.placeInset(canvases[i]) && free
			rows = max(rows, p.legend.rows(canvases[i].Size().X))
		}
	}
	return free || vg.Length(rows)*entryLead > 0.6*row[0].DataCanvas(canvases[0]).Size().Y
}
