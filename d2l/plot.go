package d2l

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PlotOptions says how series are drawn, by Plot and by an Animator. The zero
// value draws them all in one panel with limits that fit.
//
// Book: none; plot and Animator take these as keyword arguments.
type PlotOptions struct {
	XLabel, YLabel string
	Legend         []string   // Names of the series.
	XLim, YLim     []float64  // Least and greatest value shown; nil fits the series.
	XScale, YScale string     // "linear", also if empty, or "log".
	Fmts           []string   // Line and colour of each series, such as "m--"; nil takes the book's.
	NRows, NCols   int        // Panels; 0 means 1. Series are dealt to them in turn.
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
// figure. Points with None are left out. It panics if the numbers of values do
// not fit.
//
// Book: plot, section "Calculus".
func Plot(X, Y [][]float64, options PlotOptions) (*Figure, error) {
	if len(X) > 1 && len(X) != len(Y) {
		panic(fmt.Sprintf("d2l: Plot got %d series of x for %d of y; give one for each, one for all, or nil", len(X), len(Y)))
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
	rows, cols := max(options.NRows, 1), max(options.NCols, 1)
	panels := make([][]*plot.Plot, rows)
	for row := range panels {
		panels[row] = make([]*plot.Plot, cols)
		for col := range panels[row] {
			p, err := newPanel(all, options, row*cols+col, rows*cols)
			if err != nil {
				return nil, err
			}
			panels[row][col] = p
		}
	}
	size := options.Figsize
	if size == [2]float64{} {
		size = figsize
	}
	return newFigure(vg.Length(size[0])*vg.Inch, vg.Length(size[1])*vg.Inch, func(canvas draw.Canvas) error {
		const margin, gap = 4, 10
		tiles := draw.Tiles{
			Rows: rows, Cols: cols,
			PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: 2 * margin,
			PadX: gap, PadY: gap,
		}
		for row, canvases := range plot.Align(panels, tiles, canvas) {
			for col := range canvases {
				panels[row][col].Draw(canvases[col])
			}
		}
		return nil
	}), nil
}

// newPanel returns the plot of every series that is panel's turn.
func newPanel(all []plotter.XYs, options PlotOptions, panel, panels int) (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = color.White
	p.X.Label.Text, p.Y.Label.Text = options.XLabel, options.YLabel
	if err := setScale(&p.X, options.XScale); err != nil {
		return nil, err
	}
	if err := setScale(&p.Y, options.YScale); err != nil {
		return nil, err
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Width, axis.LineStyle.Color = vg.Points(0.6), style.axis
		axis.Tick.LineStyle.Width, axis.Tick.LineStyle.Color = vg.Points(0.6), style.axis
		axis.Tick.Length = vg.Points(3)
		axis.Padding = 0
		setFont(&axis.Label.TextStyle)
		setFont(&axis.Tick.Label)
	}
	setFont(&p.Legend.TextStyle)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = style.grid, style.grid
	grid.Vertical.Width, grid.Horizontal.Width = vg.Points(0.5), vg.Points(0.5)
	p.Add(grid, legendGround{})

	shown := make([]plotter.XYs, len(all))
	for i, xys := range all {
		shown[i] = drawable(p, xys)
	}
	all = shown
	fmts := options.Fmts
	if len(fmts) == 0 {
		fmts = defaultFmts
	}
	for i := panel; i < len(all); i += panels {
		line := &plotter.Line{XYs: all[i]}
		var err error
		if line.LineStyle, err = lineStyle(fmts[i%len(fmts)]); err != nil {
			return nil, err
		}
		if len(line.XYs) > 0 {
			p.Add(line)
		}
		if len(line.XYs) == 1 { // No line yet, so a dot.
			p.Add(&plotter.Scatter{XYs: line.XYs, GlyphStyle: draw.GlyphStyle{Color: line.Color, Radius: vg.Points(1.5), Shape: draw.CircleGlyph{}}})
		}
		if i < len(options.Legend) {
			p.Legend.Add(options.Legend[i], line)
		}
	}
	if err := setLimits(&p.X, options.XLim); err != nil {
		return nil, err
	}
	if err := setLimits(&p.Y, options.YLim); err != nil {
		return nil, err
	}
	p.Legend.ThumbnailWidth = vg.Points(18)
	p.Legend.Padding = vg.Points(2.5)
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(-6), vg.Points(-3)
	placeLegend(p, all, panel, panels)
	return p, nil
}

func setFont(s *text.Style) {
	s.Font = font.From(style.font, style.text)
	s.Color = style.axis
}

func setScale(axis *plot.Axis, scale string) error {
	switch strings.ToLower(scale) {
	case "", "linear":
		axis.Tick.Marker = roundTicks{}
	case "log":
		axis.Scale = plot.LogScale{}
		axis.Tick.Marker = plot.LogTicks{Prec: -1}
	default:
		return fmt.Errorf("the scale %q is neither linear nor log", scale)
	}
	return nil
}

// drawable returns the points that the axes can show, on a logarithmic one
// those above zero.
func drawable(p *plot.Plot, xys plotter.XYs) plotter.XYs {
	shows := func(axis plot.Axis, v float64) bool {
		return !math.IsNaN(v) && !math.IsInf(v, 0) && (v > 0 || !isLog(axis))
	}
	return slices.DeleteFunc(slices.Clone(xys), func(xy plotter.XY) bool {
		return !shows(p.X, xy.X) || !shows(p.Y, xy.Y)
	})
}

func isLog(axis plot.Axis) bool {
	_, log := axis.Scale.(plot.LogScale)
	return log
}

// setLimits sets what part of an axis is shown; given none, a little more than
// the values, so that no line runs along the frame.
func setLimits(axis *plot.Axis, limits []float64) error {
	if len(limits) == 2 {
		if isLog(*axis) && !(limits[0] > 0 && limits[1] > 0) {
			return fmt.Errorf("a log axis cannot go from %v to %v: both must be above zero", limits[0], limits[1])
		}
		axis.Min, axis.Max = limits[0], limits[1]
		return nil
	}
	if isLog(*axis) {
		if axis.Min > axis.Max {
			axis.Min, axis.Max = 0.1, 1
		}
		return nil
	}
	if axis.Min > axis.Max { // Nothing drawn yet.
		axis.Min, axis.Max = 0, 1
	}
	margin := 0.05 * (axis.Max - axis.Min)
	if margin == 0 {
		margin = 0.5
	}
	axis.Min, axis.Max = axis.Min-margin, axis.Max+margin
	return nil
}
