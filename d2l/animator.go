package d2l

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"gonum.org/v1/plot/plotter"
)

// Animator plots series of points while they are being computed. In a notebook the plot grows in place, and
// the last picture is saved with the notebook; elsewhere each point is a line of text on standard error, and
// [Animator.Figure] returns the plot.
//
// Book: Animator, section "Implementation of Softmax Regression from Scratch".
type Animator struct {
	options PlotOptions
	series  []plotter.XYs
	id      string
	text    io.Writer // For points as text, outside a notebook.
}

// NewAnimator returns an Animator without points. It panics on options on which Plot does.
//
// Book: Animator, section "Implementation of Softmax Regression from Scratch".
func NewAnimator(options PlotOptions) *Animator {
	options.require()
	return &Animator{options: options, id: gonbui.UniqueId(), text: os.Stderr}
}

// Add adds its value of y at x to each series and shows the plot. [None] adds nothing to its series; another
// NaN cannot be drawn either, but is written where points are text. The legend or else the first call fixes
// the number of series. Add panics on any other number.
func (a *Animator) Add(x float64, ys ...float64) error {
	want := max(len(a.series), len(a.options.Legend))
	if want > 0 && len(ys) != want {
		const message = "d2l: Animator.Add got %d values of y for %d series; give None for a series that has none"
		panic(fmt.Sprintf(message, len(ys), want))
	}
	if a.series == nil {
		a.series = make([]plotter.XYs, len(ys))
	}
	for i, y := range ys {
		if !math.IsNaN(y) {
			a.series[i] = append(a.series[i], plotter.XY{X: x, Y: y})
		}
	}
	if !gonbui.IsNotebook {
		return a.print(x, ys)
	}
	figure, err := a.Figure()
	if err != nil {
		return err
	}
	return figure.show(a.id)
}

// Figure returns the plot of all points so far.
func (a *Animator) Figure() (*Figure, error) { return newPlot(a.series, a.options) }

// print writes a line such as "epoch 1.21  train loss 1.012  train acc 0.601".
func (a *Animator) print(x float64, ys []float64) error {
	var line strings.Builder
	name := a.options.XLabel
	if name == "" {
		name = "x"
	}
	fmt.Fprintf(&line, "%s %.2f", name, x)
	for i, y := range ys {
		if isNone(y) {
			continue
		}
		name := fmt.Sprintf("y%d", i)
		if i < len(a.options.Legend) {
			name = a.options.Legend[i]
		}
		fmt.Fprintf(&line, "  %s %.3f", name, y)
	}
	if _, err := fmt.Fprintln(a.text, line.String()); err != nil {
		return fmt.Errorf("writing the progress: %w", err)
	}
	return nil
}
