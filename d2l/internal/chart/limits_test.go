package chart

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot"
)

// Whatever the values are, an axis is drawn, with few ticks.
func TestAnyRange(t *testing.T) {
	for name, c := range map[string]struct {
		x, y   []float64
		labels []string // Of the axis of y on a linear scale.
	}{
		"a large constant":       {[]float64{0, 1}, []float64{3e15, 3e15}, []string{"2.90e15", "3.00e15", "3.10e15"}},
		"nearly the same":        {[]float64{0, 1}, []float64{1e16, 1e16 + 2}, []string{"0.96e16", "1.00e16", "1.04e16"}},
		"nearly the same time":   {[]float64{1.7e18, 1.7e18 + 512}, []float64{0, 1}, []string{"0.0", "1.0"}},
		"a diverged loss":        {[]float64{1}, []float64{7.3e15}, []string{"7.2e15", "7.4e15"}},
		"what can be told apart": {[]float64{0, 1}, []float64{1e6, 1e6 + 1e-4}, []string{"1.00000000002e6"}},
		"all that is above zero": {[]float64{0, 1}, []float64{1e-300, 1e300}, []string{"0", "1.0e300"}},
		"both ends":              {[]float64{0, 1}, []float64{-math.MaxFloat64, math.MaxFloat64}, []string{"0.0", "1.0"}},
		"the smallest of all":    {[]float64{0, 1}, []float64{0, 5e-324}, []string{"-0.4", "0.0", "0.4"}},
		"below normal":           {[]float64{0, 1}, []float64{1e-320, 2e-320}, nil},
	} {
		for _, scale := range []string{"linear", "log"} {
			written := pagetest.Texts(drawn(t, c.x, [][]float64{c.y}, Options{YScale: scale}))
			if len(written) > 2*(maxTicks+1) {
				t.Errorf("%s, %s: labels %q", name, scale, written)
			}
			for _, label := range c.labels {
				if scale == "linear" && !slices.Contains(written, label) {
					t.Errorf("%s: %q is not among the labels %q", name, label, written)
				}
			}
			for i, label := range written {
				if strings.Contains(label, "NaN") || count(written[:i], label) > 1 {
					t.Errorf("%s, %s: labels %q", name, scale, written)
				}
			}
		}
	}
}

// A log axis ends a twentieth beyond its values, however far these are apart.
func TestFitLimitsOfWideRange(t *testing.T) {
	axis := plot.Axis{Min: 1e-200, Max: 1e200, Scale: plot.LogScale{}}
	fitLimits(&axis)
	if !(axis.Min > 1e-221 && axis.Min < 1e-219 && axis.Max > 1e219 && axis.Max < 1e221) {
		t.Errorf("from %v to %v", axis.Min, axis.Max)
	}
}

func TestLimits(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, limits := range [][]float64{
		{1, 1}, {2, 1}, {nan, 1}, {0.5, nan}, {1, inf}, {-inf, 1}, {1e16, 1e16 + 2}, {-math.MaxFloat64, math.MaxFloat64},
	} {
		for _, scale := range []string{"linear", "log"} {
			_, err := newChart(nil, [][]float64{{1, 2}}, Options{YScale: scale, YLim: limits})
			d2ltest.WantError(t, err, "YLim", "a minimum and a greater maximum")
			_, err = newChart(nil, [][]float64{{1, 2}}, Options{XScale: scale, XLim: limits})
			d2ltest.WantError(t, err, "XLim", "a minimum and a greater maximum")
		}
	}
	_, err := newChart(nil, [][]float64{{1, 2}}, Options{YScale: "log", YLim: []float64{0, 1}})
	d2ltest.WantError(t, err, "YLim", "from 0 to 1", "above zero")
	svg(t, drawn(t, nil, [][]float64{{1, 2}}, Options{YScale: "log", YLim: []float64{1e-300, 1e300}}))
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}
