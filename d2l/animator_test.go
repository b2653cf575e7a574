package d2l

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page/pagetest"
)

func TestAnimator(t *testing.T) {
	animator := NewAnimator(PlotOptions{XLabel: "epoch", Legend: []string{"loss", "acc"}})
	var text bytes.Buffer
	animator.text = &text
	noError(t, animator.Add(0.5, 2.3, 0.1))
	noError(t, animator.Add(1, None, 0.75))
	noError(t, animator.Add(1.5, 1.25, None))
	want := "epoch 0.50  loss 2.300  acc 0.100\nepoch 1.00  acc 0.750\nepoch 1.50  loss 1.250\n"
	if got := text.String(); got != want {
		t.Errorf("printed %q, expected %q", got, want)
	}
	if len(animator.series[0]) != 2 || len(animator.series[1]) != 2 {
		t.Errorf("series %v, expected two points each", animator.series)
	}
	for _, ys := range [][]float64{nil, {1}, {1, 2, 3}} {
		wantPanic(t, func() { animator.Add(2, ys...) }, fmt.Sprintf("got %d values of y for 2 series", len(ys)), "None")
	}
	figure := must(animator.Figure())(t)
	wantPanic(t, func() { NewAnimator(PlotOptions{XLim: []float64{10}}) }, "XLim takes a minimum and a maximum, got [10]")
	dir := t.TempDir()
	for _, name := range []string{"plot.svg", "plot.PNG"} {
		noError(t, figure.Save(filepath.Join(dir, "made", name)))
	}
	wantFiles(t, filepath.Join(dir, "made"), "plot.PNG", "plot.svg")
	must(png.Decode(bytes.NewReader(must(os.ReadFile(filepath.Join(dir, "made", "plot.PNG")))(t))))(t)
}

// A loss of NaN is printed, unlike a missing value; neither is drawn.
func TestAnimatorNaN(t *testing.T) {
	animator := NewAnimator(PlotOptions{XLabel: "epoch", Legend: []string{"loss", "acc"}})
	var text bytes.Buffer
	animator.text = &text
	noError(t, animator.Add(1, math.NaN(), None))
	zero := 0.0
	noError(t, animator.Add(2, zero/zero, 0.5))
	noError(t, animator.Add(3, None, None))
	if got, want := text.String(), "epoch 1.00  loss NaN\nepoch 2.00  loss NaN  acc 0.500\nepoch 3.00\n"; got != want {
		t.Errorf("printed %q, expected %q", got, want)
	}
	if len(animator.series[0]) != 2 || len(animator.series[1]) != 1 {
		t.Errorf("series %v, expected two gaps and one point", animator.series)
	}
	pagetest.WantSVG(t, must(must(animator.Figure())(t).SVG())(t))
}

// Without a legend the first call fixes the number of series.
func TestAnimatorWithoutLegend(t *testing.T) {
	animator := NewAnimator(PlotOptions{})
	var text bytes.Buffer
	animator.text = &text
	must(animator.Figure())(t) // Nothing to draw is no error.
	noError(t, animator.Add(1, 2, None))
	wantPanic(t, func() { animator.Add(1, 2) }, "got 1 values of y for 2 series")
	if got := text.String(); got != "x 1.00  y0 2.000\n" {
		t.Errorf("printed %q", got)
	}
}

// A plot that cannot be drawn is an error and no panic.
func TestAnimatorBadFormat(t *testing.T) {
	animator := NewAnimator(PlotOptions{Fmts: []string{"x--"}})
	animator.text = new(bytes.Buffer)
	noError(t, animator.Add(1, 2))
	_, err := animator.Figure()
	wantError(t, err, `"x--"`)
}
