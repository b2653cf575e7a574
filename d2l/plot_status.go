package d2l

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/xla"
	"gonum.org/v1/plot/plotter"
)

// A plotStatus is what a plot in a notebook says below its axes while it grows.
type plotStatus struct {
	end    float64   // Where x ends; 0 if there is no status.
	x      float64   // Of the last point.
	firstX float64   // Of the first.
	first  time.Time // When it came.
	now    string    // What is going on that takes a while, or has ended it.
	reason string    // Why it has ended, unless it was interrupted.
}

// live is the plot that grows, nil if there is none.
var live atomic.Pointer[Animator]

func init() { xla.OnBuild = func() { setLivePlot("compiling …") } }

// setLivePlot makes the plot that grows, if there is one, say what is going on, and why it grows no longer if it does
// not.
func setLivePlot(now string, reason ...string) {
	if a := live.Load(); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.status.now, a.status.reason = now, strings.Join(reason, "")
		a.warn(a.show())
	}
}

// endLivePlot makes the plot that grows say why it does no longer.
func endLivePlot(err error) {
	if errors.Is(err, ErrInterrupted) {
		setLivePlot("interrupted")
	} else {
		setLivePlot("ended by an error", err.Error()) // A cell may leave out to look at it.
	}
	live.Store(nil)
}

// at notes that a point has come.
func (s *plotStatus) at(x float64) {
	if s.first.IsZero() {
		s.firstX, s.first = x, time.Now()
	}
	s.x, s.now = x, ""
	if s.x >= s.end {
		*s = plotStatus{} // Nothing is to come.
	}
}

// lines returns x and what is going on, and the last values of the series.
func (s *plotStatus) lines(options PlotOptions, series []plotter.XYs) []string {
	if s.end == 0 {
		return nil
	}
	now := s.now
	if now == "" && s.x > s.firstX {
		left := time.Duration(float64(time.Since(s.first)) * (s.end - s.x) / (s.x - s.firstX))
		now = fmt.Sprintf("about %v left", left.Round(time.Second))
	}
	first := strings.TrimSpace(fmt.Sprintf("%s %.3g of %g", options.XLabel, s.x, s.end))
	if now != "" {
		first += ", " + now
	}
	var values []string
	for i, points := range series {
		if len(points) > 0 {
			values = append(values, fmt.Sprintf("%s %.3f", options.name(i), points[len(points)-1].Y))
		}
	}
	lines := []string{first, strings.Join(values, ", ")}
	const width = 240 // In points, of most plots.
	return append(lines, page.Wrap(s.reason, width)...)
}
