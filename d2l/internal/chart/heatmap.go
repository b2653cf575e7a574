package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrix is what a heatmap shows: rows of equal length.
type Matrix [][]float32

// Heatmaps returns the drawing of matrices in the rows and columns of options, each with a pixel for a value, in the colours
// of a bar beside them, which goes from the least of all values to the greatest. Rows count from above. The titles are those
// of the columns; the label of an axis stands at the last row and the first column alone.
func Heatmaps(matrices []Matrix, options Options) (page.Drawing, error) {
	shades := shadesOf(matrices)
	const barWidth = 38
	width, height := vg.Length(options.Figsize[0])*vg.Inch, vg.Length(options.Figsize[1])*vg.Inch
	rows, cols := options.NRows, options.NCols
	size := vg.Point{X: (width - barWidth) / vg.Length(cols), Y: height / vg.Length(rows)}
	panels := make([][]*panel, rows)
	for i, m := range matrices {
		o := options
		if i/cols < rows-1 {
			o.XLabel = ""
		}
		if i%cols > 0 {
			o.YLabel = ""
		}
		o.XLim = []float64{-0.5, float64(len(m[0])) - 0.5}
		o.YLim = []float64{-0.5, float64(len(m)) - 0.5}
		p, err := newPanel(nil, o, i, rows*cols, size)
		if err != nil {
			return page.Drawing{}, err
		}
		for _, axis := range []*plot.Axis{&p.X, &p.Y} {
			axis.Tick.Marker = indexTicks{axis.Tick.Marker}
		}
		p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
		p.Add(pixels{shades.picture(m)})
		panels[i/cols] = append(panels[i/cols], p)
	}
	bar, err := newPanel(nil, Options{YLim: []float64{shades.low, shades.high}, XLim: []float64{0, 1}}, 0, 1,
		vg.Point{X: barWidth, Y: height})
	if err != nil {
		return page.Drawing{}, err
	}
	bar.HideX()
	bar.Add(pixels{shades.bar()})
	const margin, gap = 4, 8
	tiles := draw.Tiles{
		Rows: rows, Cols: cols,
		PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: margin, PadX: gap, PadY: gap,
	}
	alt := fmt.Sprintf("Heatmaps of %d matrices, from %.3g to %.3g", len(matrices), shades.low, shades.high)
	if len(options.Titles) > 0 {
		alt += ": " + strings.Join(options.Titles, ", ")
	}
	return page.Drawing{Width: width, Height: height, Alt: alt, Paint: func(pen page.Pen) {
		var all []*panel
		for _, row := range panels {
			all = append(all, row...)
		}
		for i, canvas := range layOut(panels, tiles, draw.Crop(pen.Canvas, 0, -barWidth, 0, 0)) {
			all[i].Draw(canvas)
		}
		bar.Draw(draw.Crop(pen.Canvas, width-barWidth+2, -margin, 0.15*height, -0.15*height))
	}}, nil
}

// shades give a value its colour.
type shades struct{ low, high float64 }

// shadesOf returns the shades for the values that are finite; a range of one value is made wider.
func shadesOf(matrices []Matrix) shades {
	s := shades{math.Inf(1), math.Inf(-1)}
	for _, m := range matrices {
		for _, row := range m {
			for _, value := range row {
				if v := float64(value); !math.IsNaN(v) && !math.IsInf(v, 0) {
					s.low, s.high = min(s.low, v), max(s.high, v)
				}
			}
		}
	}
	if s.low > s.high {
		return shades{0, 1}
	}
	if s.high-s.low <= 1e-6*max(math.Abs(s.low), math.Abs(s.high)) { // float32's rounding.
		half := max(0.5*math.Abs(s.low), 0.5)
		return shades{s.low - half, s.high + half}
	}
	return s
}

// stops are the colours of the least value, of the middle and of the greatest.
var stops = [3]color.RGBA{{0xff, 0xf5, 0xf0, 0xff}, {0xfb, 0x6a, 0x4a, 0xff}, {0x67, 0x00, 0x0d, 0xff}}

// noNumber is the colour of NaN.
var noNumber = color.RGBA{0x90, 0x90, 0x90, 0xff}

func (s shades) color(value float64) color.RGBA {
	if math.IsNaN(value) {
		return noNumber
	}
	at := min(max((value-s.low)/(s.high-s.low), 0), 1) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*(at-float64(i)) + 0.5) }
	from, to := stops[i], stops[i+1]
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff}
}

func (s shades) picture(m Matrix) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, len(m[0]), len(m)))
	for y, row := range m {
		for x, value := range row {
			picture.SetRGBA(x, y, s.color(float64(value)))
		}
	}
	return picture
}

// bar has the greatest value on top.
func (s shades) bar() image.Image {
	const steps = 256
	picture := image.NewRGBA(image.Rect(0, 0, 1, steps))
	for y := range steps {
		picture.SetRGBA(0, y, s.color(s.high+(s.low-s.high)*float64(y)/(steps-1)))
	}
	return picture
}

// indexTicks are those ticks of another Ticker that are whole numbers.
type indexTicks struct{ plot.Ticker }

// Ticks returns the ticks from min to max.
func (t indexTicks) Ticks(min, max float64) (ticks []plot.Tick) {
	for _, tick := range t.Ticker.Ticks(min, max) {
		if tick.Value == math.Round(tick.Value) && !tick.IsMinor() {
			ticks = append(ticks, plot.Tick{Value: tick.Value, Label: strconv.Itoa(int(tick.Value))})
		}
	}
	return ticks
}

// pixels fill a panel with a picture.
type pixels struct{ image.Image }

// Plot implements plot.Plotter.
func (p pixels) Plot(c draw.Canvas, _ *plot.Plot) {
	c.DrawImage(c.Rectangle, page.Stretch(p.Image, c.Size()))
}
