package d2l

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A panel is one plot of a figure.
type panel struct {
	*plot.Plot
	title  string
	series []series
	legend legend // The series with names.
	head   panelHead
	inset  inset
}

// newPanel returns the plot of every series that is the turn of the panel i of
// n. Its size is about the given one.
func newPanel(all []plotter.XYs, options PlotOptions, i, n int, size vg.Point) (*panel, error) {
	p := &panel{Plot: plot.New()}
	if i < len(options.Titles) {
		p.title = options.Titles[i]
	}
	p.BackgroundColor = color.White
	p.X.Label.Text, p.Y.Label.Text = options.XLabel, options.YLabel
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Width, axis.LineStyle.Color = vg.Points(0.6), style.axis
		axis.Tick.LineStyle.Width, axis.Tick.LineStyle.Color = vg.Points(0.6), style.axis
		axis.Tick.Length = vg.Points(3)
		axis.Padding = 0
		setFont(&axis.Label.TextStyle)
		setFont(&axis.Tick.Label)
	}
	const aside = 40 // About what the labels of the other axis take.
	xRoom := room{size.X - aside, p.X.Tick.Label.Width}
	yRoom := room{size.Y - aside, func(string) vg.Length { return style.text * 0.7 }}
	if err := setScale(&p.X, options.XScale, xRoom); err != nil {
		return nil, err
	}
	if err := setScale(&p.Y, options.YScale, yRoom); err != nil {
		return nil, err
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = style.grid, style.grid
	grid.Vertical.Width, grid.Horizontal.Width = vg.Points(0.5), vg.Points(0.5)
	p.Add(grid, &p.inset, &p.head)

	for k := i; k < len(all); k += n {
		format := defaultFmt(k / n) // Anew in each panel.
		if len(options.Fmts) > 0 {
			format = options.Fmts[k%len(options.Fmts)]
		}
		s := series{xys: drawable(p.Plot, all[k])}
		var err error
		if s.line, s.dot, err = lineStyle(format); err != nil {
			return nil, err
		}
		if k < len(options.Legend) {
			s.name = options.Legend[k]
		}
		if len(s.xys) > 0 {
			p.Add(s.plotters()...)
		}
		p.series = append(p.series, s)
		if s.name != "" {
			p.legend = append(p.legend, s)
		}
	}
	if err := setLimits(&p.X, "XLim", options.XLim); err != nil {
		return nil, err
	}
	if err := setLimits(&p.Y, "YLim", options.YLim); err != nil {
		return nil, err
	}
	return p, nil
}

// series is what is drawn of one series of points.
type series struct {
	name string // In the legend, if there is one.
	xys  plotter.XYs
	line draw.LineStyle // Without width, no line.
	dot  draw.GlyphStyle
}

// plotters returns what draws the series.
func (s series) plotters() (all []plot.Plotter) {
	if s.line.Width > 0 {
		all = append(all, &plotter.Line{XYs: s.xys, LineStyle: s.line})
	}
	if s.dot.Radius > 0 || len(s.xys) == 1 { // One point is no line yet, so a dot.
		dot := s.dot
		if dot.Radius == 0 {
			dot.Radius = style.dot
		}
		all = append(all, &plotter.Scatter{XYs: s.xys, GlyphStyle: dot})
	}
	return all
}

func setFont(s *text.Style) {
	s.Font = font.From(style.font, style.text)
	s.Color = style.axis
}

func setScale(axis *plot.Axis, scale string, room room) error {
	switch strings.ToLower(scale) {
	case "", "linear":
		axis.Tick.Marker = roundTicks{room}
	case "log":
		axis.Scale = plot.LogScale{}
		axis.Tick.Marker = logTicks{room}
	default:
		return fmt.Errorf("the scale %q is neither linear nor log", scale)
	}
	return nil
}
