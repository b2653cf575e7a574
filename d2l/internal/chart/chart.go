// Package chart draws series of points as lines in one panel or several, with titles, legends and
// linear or logarithmic axes.
package chart

import (
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Options has the fields of d2l.PlotOptions, which documents them. Figsize is not zero, and each of
// XLim and YLim is empty or two numbers.
type Options struct {
	XLabel, YLabel string
	Legend         []string
	Titles         []string
	XLim, YLim     []float64
	XScale, YScale string
	Fmts           []string
	NRows, NCols   int
	Figsize        [2]float64
	Annotations    []Annotation
	Contours       []Contour
}

// New returns the chart of the series. A scale, a format or limits that it cannot draw are an error.
func New(series []plotter.XYs, options Options) (page.Drawing, error) {
	rows, cols := max(options.NRows, 1), max(options.NCols, 1)
	width, height := vg.Length(options.Figsize[0])*vg.Inch, vg.Length(options.Figsize[1])*vg.Inch
	panels := make([][]*panel, rows)
	for i := range rows * cols {
		size := vg.Point{X: width / vg.Length(cols), Y: height / vg.Length(rows)}
		p, err := newPanel(series, options, i, rows*cols, size)
		if err != nil {
			return page.Drawing{}, err
		}
		panels[i/cols] = append(panels[i/cols], p)
	}
	const margin, gap = 4, 10
	tiles := draw.Tiles{
		Rows: rows, Cols: cols,
		PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: 2 * margin,
		PadX: gap, PadY: gap,
	}
	return page.Drawing{Width: width, Height: height, Alt: options.alt(), Paint: func(pen page.Pen) {
		canvases := layOut(panels, tiles, pen.Canvas)
		for i, p := range slices.Concat(panels...) {
			p.Draw(canvases[i])
		}
	}}, nil
}

// alt says what is plotted.
func (o Options) alt() string {
	text := "Plot"
	if len(o.Titles) > 0 {
		text += " in panels: " + strings.Join(o.Titles, ", ")
	}
	if len(o.Legend) > 0 {
		text += " of " + strings.Join(slices.Compact(slices.Clone(o.Legend)), ", ")
	}
	if o.XLabel != "" {
		text += " against " + o.XLabel
	}
	return text
}

// layOut returns where the panels are on the canvas, and decides where their legends go: above the
// panels of a row if one of these has no free corner. That leaves less height to the panels of all
// rows, so their corners are looked at again.
func layOut(rows [][]*panel, tiles draw.Tiles, canvas draw.Canvas) []draw.Canvas {
	plots := make([][]*plot.Plot, len(rows))
	for r, row := range rows {
		for i, p := range row {
			plots[r] = append(plots[r], p.Plot)
			p.setHead(tiles.At(canvas, i, r).Size().X, false)
		}
	}
	var canvases [][]draw.Canvas
	// A row's legends move above it once and stay there. Every round but the last moves those of a row.
	for range len(rows) + 1 {
		for _, row := range rows {
			alignHeads(row)
		}
		canvases = plot.Align(plots, tiles, canvas)
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
			break
		}
	}
	return slices.Concat(canvases...)
}

// placeInsets places the legends inside the panels of a row. It returns false if they must go above:
// if a panel has no free corner, and there is room above.
func placeInsets(row []*panel, canvases []draw.Canvas) bool {
	free, lines := true, 0
	for i, p := range row {
		if len(p.inset.legend) > 0 {
			free = p.placeInset(canvases[i]) && free
			lines = max(lines, p.legend.rows(canvases[i].Size().X))
		}
	}
	return free || vg.Length(lines)*entryHeight > 0.6*row[0].DataCanvas(canvases[0]).Size().Y
}
