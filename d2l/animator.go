package d2l

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/janpfeifer/gonb/gonbui"
	"gonum.org/v1/plot/plotter"
)

// Animator plots series of points while they are being computed. In a notebook the plot grows in place, and
// the last picture is saved with the notebook; elsewhere each point is a line of text on standard error, and
// [Animator.Figure] returns the plot.
//
// If XLim says where x ends, a notebook shows the axes at once and, until x is there, two lines below them: x,
// the time left, and the last values.
//
// Book: Animator, section "Implementation of Softmax Regression from Scratch".
type Animator struct {
	options PlotOptions
	series  []plotter.XYs
	id      string
	text    io.Writer // For points as text, outside a notebook.
	status  plotStatus
	mu      sync.Mutex // Another goroutine may compile while points are added.
}

// NewAnimator returns an Animator without points. It panics on options on which Plot does.
//
// Book: Animator, section "Implementation of Softmax Regression from Scratch".
func NewAnimator(options PlotOptions) *Animator {
	options.require()
	a := &Animator{options: options, id: gonbui.UniqueId(), text: os.Stderr}
	if len(options.XLim) == 2 && gonbui.IsNotebook {
		a.status.end = options.XLim[1]
		a.series = make([]plotter.XYs, len(options.Legend))
		a.warn(a.show())
		live.Store(a)
	}
	return a
}

// Add adds its value of y at x to each series and shows the plot. [None] adds nothing to its series; another
// NaN leaves a gap in it, and is written where points are text. The legend or else the first call fixes
// the number of series. Add panics on any other number.
//
// That the plot cannot be shown is no reason to end what it shows: a line on standard error says so as well,
// and the error may be ignored.
func (a *Animator) Add(x float64, ys ...float64) error {
	requireMade(a, "Animator.Add", "NewAnimator")
	want := max(len(a.series), len(a.options.Legend))
	if want > 0 && len(ys) != want {
		const message = "d2l: Animator.Add got %d values of y for %d series; give None for a series that has none"
		panic(fmt.Sprintf(message, len(ys), want))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.series) == 0 {
		a.series = make([]plotter.XYs, len(ys))
	}
	for i, y := range ys {
		if !isNone(y) {
			a.series[i] = append(a.series[i], plotter.XY{X: x, Y: y})
		}
	}
	if !gonbui.IsNotebook {
		return a.warn(a.print(x, ys))
	}
	if a.status.at(x); a.status.end == 0 {
		live.CompareAndSwap(a, nil)
	}
	return a.warn(a.show())
}

// Figure returns the plot of all points so far.
func (a *Animator) Figure() (*Figure, error) {
	requireMade(a, "Animator.Figure", "NewAnimator")
	return newPlot(a.series, a.options)
}

// show shows the plot with its status.
func (a *Animator) show() error {
	figure, err := a.Figure()
	if err != nil {
		return err
	}
	return figure.show(a.id, a.status.lines(a.options, a.series)...)
}

// warn returns the error after it has said it, once in a program.
func (a *Animator) warn(err error) error {
	if err != nil {
		report.WarnOnce(fmt.Sprintf("a plot cannot be shown: %v", err))
	}
	return err
}

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
		fmt.Fprintf(&line, "  %s %.3f", a.options.name(i), y)
	}
	if _, err := fmt.Fprintln(a.text, line.String()); err != nil {
		return fmt.Errorf("writing the progress: %w", err)
	}
	return nil
}

// name returns the name of a series in text.
func (options PlotOptions) name(series int) string {
	if series < len(options.Legend) {
		return options.Legend[series]
	}
	if series == 0 && len(options.Legend) == 0 && options.YLabel != "" { // Of a single series that says enough.
		return options.YLabel
	}
	return fmt.Sprintf("y%d", series)
}
