package chart

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A panel is one plot of a chart.
type panel struct {
	*plot.Plot
	title  string
	series []series
	legend legend // The series with names.
	head   head
	inset  inset
}

// newPanel returns panel i of n, with series i, i+n, i+2n, …; its size is about the given one.
func newPanel(all []plotter.XYs, options Options, i, n int, size vg.Point) (*panel, error) {
	p := &panel{Plot: plot.New()}
	if i < len(options.Titles) {
		p.title = options.Titles[i]
	}
	p.BackgroundColor = color.White
	p.X.Label.Text, p.Y.Label.Text = options.XLabel, options.YLabel
	const labels = 40 // About the room that the labels of the other axis take.
	xRoom := room{size.X - labels, page.Text.Width}
	yRoom := room{size.Y - labels, func(string) vg.Length { return page.Text.Font.Size * 0.7 }}
	if err := setAxis(&p.X, options.XScale, xRoom); err != nil {
		return nil, err
	}
	if err := setAxis(&p.Y, options.YScale, yRoom); err != nil {
		return nil, err
	}
	grid := plotter.NewGrid()
	grid.Vertical = draw.LineStyle{Color: page.Grid, Width: 0.5}
	grid.Horizontal = grid.Vertical
	p.Add(grid, &p.inset, &p.head)
	for _, c := range options.Contours {
		if c.Panel == i {
			contour, err := c.plotter()
			if err != nil {
				return nil, err
			}
			p.Add(contour)
		}
	}
	for k := i; k < len(all); k += n {
		format := defaultFmt(k / n)
		if len(options.Fmts) > 0 {
			format = options.Fmts[k%len(options.Fmts)]
		}
		s := series{runs: runs(p.Plot, all[k])}
		var err error
		if s.line, s.dot, err = lineStyle(format); err != nil {
			return nil, err
		}
		p.Add(s.plotters()...)
		p.series = append(p.series, s)
		if k < len(options.Legend) && options.Legend[k] != "" {
			p.legend = append(p.legend, entry{options.Legend[k], s})
		}
	}
	for _, a := range options.Annotations {
		if a.Panel == i {
			p.Add(a)
		}
	}
	if err := setLimits(&p.X, "XLim", options.XLim); err != nil {
		return nil, err
	}
	return p, setLimits(&p.Y, "YLim", options.YLim)
}

func setAxis(axis *plot.Axis, scale string, room room) error {
	line := draw.LineStyle{Color: page.Ink, Width: 0.6}
	axis.LineStyle, axis.Tick.LineStyle = line, line
	axis.Tick.Length, axis.Padding = 3, 0
	for _, style := range []*draw.TextStyle{&axis.Label.TextStyle, &axis.Tick.Label} {
		style.Font, style.Color, style.Handler = page.Text.Font, page.Text.Color, page.Text.Handler
	}
	switch strings.ToLower(scale) {
	case "", "linear":
		axis.Tick.Marker = roundTicks{room}
	case "log":
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, logTicks{room}
	default:
		return fmt.Errorf("the scale %q is neither linear nor log", scale)
	}
	return nil
}

// A series is the points of a line or of dots, and their style.
type series struct {
	runs []plotter.XYs  // With a gap between one and the next; none is empty.
	line draw.LineStyle // Without width, no line.
	dot  draw.GlyphStyle
}

// plotters returns what draws the series.
func (s series) plotters() (all []plot.Plotter) {
	for _, xys := range s.runs {
		if s.line.Width > 0 {
			all = append(all, &plotter.Line{XYs: xys, LineStyle: s.line})
		}
		if s.dot.Radius > 0 || len(xys) == 1 { // One point is no line, so a dot.
			dot := s.dot
			if dot.Radius == 0 {
				dot.Radius = dotRadius
			}
			all = append(all, &plotter.Scatter{XYs: xys, GlyphStyle: dot})
		}
	}
	return all
}
