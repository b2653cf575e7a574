package chart

import (
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

func labels(ticks []plot.Tick) string {
	var all []string
	for _, tick := range ticks {
		if !tick.IsMinor() {
			all = append(all, tick.Label)
		}
	}
	return strings.Join(all, " ")
}

func TestTicks(t *testing.T) {
	wide := room{200, func(label string) vg.Length { return 5 * vg.Length(len(label)) }}
	narrow := room{60, wide.size}
	for _, c := range []struct {
		marker   plot.Ticker
		min, max float64
		want     string
	}{
		{roundTicks{wide}, 0, 10, "0 2 4 6 8 10"},
		{roundTicks{wide}, -0.05, 1.05, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{roundTicks{wide}, -1, 1, "-1.0 -0.5 0.0 0.5 1.0"},
		{roundTicks{wide}, 0, 60000, "0 10000 20000 30000 40000 50000 60000"},
		{roundTicks{narrow}, 0, 60000, "0 50000"},
		{roundTicks{narrow}, 0, 10, "0 5 10"},
		{roundTicks{wide}, 1e6, 5.5e6, "1e6 2e6 3e6 4e6 5e6"},
		{roundTicks{wide}, 0, 2e-6, "0 0.5e-6 1.0e-6 1.5e-6 2.0e-6"},
		{roundTicks{wide}, -3e-6, -1e-6, "-3e-6 -2e-6 -1e-6"},
		{roundTicks{wide}, 1000.001, 1000.003, "1000.001 1000.002 1000.003"},
		{roundTicks{wide}, 0.5, 0.5000002, "0.5000000 0.5000001 0.5000002"},
		{logTicks{wide}, 0.9, 1100, "1 10 100 1000"},
		{logTicks{wide}, 0.06, 1, "0.1 0.2 0.5 1"},
		{logTicks{wide}, 0.28, 1, "0.3 0.5 0.7 1"},
		{logTicks{wide}, 0.4, 0.6, "0.4 0.5 0.6"},
		{logTicks{wide}, 7.01, 7.4, "7.1 7.2 7.3 7.4"},
		{logTicks{wide}, 0.011, 9.9, "0.03 0.1 0.3 1 3"},
		{logTicks{wide}, 1e-17, 1, "1e-15 1e-12 1e-9 1e-6 0.001 1"},
		{logTicks{wide}, 6e5, 2e7, "1e6 2e6 5e6 1e7 2e7"},
		{logTicks{narrow}, 1, 1e5, "1 1000"},
		{logTicks{room{1, wide.size}}, 1, 1e5, "1 1000"},
	} {
		if got := labels(c.marker.Ticks(c.min, c.max)); got != c.want {
			t.Errorf("%T from %v to %v: %s, expected %s", c.marker, c.min, c.max, got, c.want)
		}
	}
}

// Ticks that are no further apart than float64 rounds end as well.
func TestTicksOfNarrowRange(t *testing.T) {
	if ticks := ticksAt(1e16, 1e16+2, 0.5); len(ticks) > maxTicks+1 {
		t.Errorf("%d ticks", len(ticks))
	}
}
