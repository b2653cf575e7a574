package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An Annotation has the fields of d2l.Annotation, which documents them.
type Annotation struct {
	Text         string
	X, Y         float64
	TextX, TextY float64
	Panel        int
}

// Plot implements plot.Plotter.
func (a Annotation) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	lines := strings.Split(a.Text, "\n")
	text, tip := vg.Point{X: x(a.TextX), Y: y(a.TextY)}, vg.Point{X: x(a.X), Y: y(a.Y)}
	pen, height := page.Pen{Canvas: c}, page.TextHeight(lines)
	pen.Write(text.Add(vg.Point{Y: height}), page.Left, lines...)
	const gap = 3
	from := vg.Point{X: text.X + page.TextWidth(lines...)/2, Y: text.Y - gap}
	if tip.Y > text.Y {
		from.Y = text.Y + height + gap
	}
	pen.Arrow(from, tip)
}

// DataRange implements plot.DataRanger.
func (a Annotation) DataRange() (xmin, xmax, ymin, ymax float64) {
	return min(a.X, a.TextX), max(a.X, a.TextX), min(a.Y, a.TextY), max(a.Y, a.TextY)
}

// A Contour has the fields of d2l.Contour, which documents them.
type Contour struct {
	F          func(x, y float64) float64
	XLim, YLim [2]float64
	Levels     []float64
	Color      string
	Panel      int
}

// contourSteps is the number of points of a contour's grid in each direction.
const contourSteps = 80

// grid has the values of a function at such points.
type grid struct {
	x, y   [2]float64
	values [contourSteps * contourSteps]float64
}

// Dims, Z, X and Y implement plotter.GridXYZ.
func (g *grid) Dims() (c, r int)   { return contourSteps, contourSteps }
func (g *grid) Z(c, r int) float64 { return g.values[r*contourSteps+c] }
func (g *grid) X(c int) float64    { return g.x[0] + (g.x[1]-g.x[0])*float64(c)/(contourSteps-1) }
func (g *grid) Y(r int) float64    { return g.y[0] + (g.y[1]-g.y[0])*float64(r)/(contourSteps-1) }

// plotter returns what draws the lines of equal height.
func (c Contour) plotter() (plot.Plotter, error) {
	const defaultLevels = 7 // As matplotlib has about.
	g, low, high := &grid{x: c.XLim, y: c.YLim}, math.Inf(1), math.Inf(-1)
	for row := range contourSteps {
		for column := range contourSteps {
			z := c.F(g.X(column), g.Y(row))
			if math.IsNaN(z) || math.Abs(z) > maxAbs {
				return nil, fmt.Errorf("a contour's function is %v at (%v, %v): limit it to where it is finite", z, g.X(column),
					g.Y(row))
			}
			g.values[row*contourSteps+column] = z
			low, high = min(low, z), max(high, z)
		}
	}
	levels := slices.Sorted(slices.Values(c.Levels))
	for i := range defaultLevels {
		if len(c.Levels) == 0 {
			levels = append(levels, low+(high-low)*float64(i+1)/(defaultLevels+1))
		}
	}
	stroke, rest := cutColor(c.Color)
	if rest != "" {
		return nil, fmt.Errorf("the colour %q of a contour is none of b m g r c y k, #rrggbb or a name", c.Color)
	}
	contour := plotter.NewContour(g, levels, oneColor{stroke})
	contour.LineStyles = []draw.LineStyle{{Color: stroke, Width: 0.7}}
	return contour, nil
}

// oneColor is a palette.Palette.
type oneColor struct{ color.Color }

func (c oneColor) Colors() []color.Color { return []color.Color{c.Color} }
