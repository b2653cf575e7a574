package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Axes show numbers up to maxAbs, and logarithmic ones from minLog on. Beyond these, the difference or
// the quotient of two numbers would overflow.
const (
	minLog = 1e-300
	maxAbs = 1e300
)

// narrow returns whether min and max are too close for labels that differ: these have up to 12 decimals.
func narrow(min, max float64) bool {
	return !(max-min > 1e-11*math.Max(math.Abs(min), math.Abs(max))) || max-min < minLog
}

// runs returns the points that the axes can show, in pieces between those that they cannot: NaN, infinity, and on a
// logarithmic axis zero and all below. No line goes from one piece to the next.
func runs(p *plot.Plot, xys plotter.XYs) (all []plotter.XYs) {
	shows := func(axis plot.Axis, v float64) bool {
		return math.Abs(v) <= maxAbs && (v >= minLog || !isLog(axis))
	}
	gap := true
	for _, xy := range xys {
		switch {
		case !shows(p.X, xy.X) || !shows(p.Y, xy.Y):
			gap = true
			continue
		case gap:
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], xy)
		gap = false
	}
	return all
}

func isLog(axis plot.Axis) bool {
	_, log := axis.Scale.(plot.LogScale)
	return log
}

// setLimits sets what part of an axis is shown: the limits of the option with that name or, without
// any, all values.
func setLimits(axis *plot.Axis, name string, limits []float64) error {
	if len(limits) == 0 {
		fitLimits(axis)
		return nil
	}
	min, max := limits[0], limits[1]
	switch {
	case !(math.Abs(min) <= maxAbs && math.Abs(max) <= maxAbs) || narrow(min, max):
		return fmt.Errorf("%s cannot go from %v to %v: give a minimum and a greater maximum", name, min, max)
	case isLog(*axis) && min < minLog:
		return fmt.Errorf("%s cannot go from %v to %v on a log axis: both must be above zero", name, min, max)
	}
	axis.Min, axis.Max = min, max
	return nil
}

// fitLimits makes an axis show its values and a margin, so that no line runs along the frame.
func fitLimits(axis *plot.Axis) {
	empty := axis.Min > axis.Max
	if isLog(*axis) {
		if empty {
			axis.Min, axis.Max = 0.1, 1
		}
		factor := math.Pow(axis.Max, 0.05) / math.Pow(axis.Min, 0.05)
		if narrow(axis.Min, axis.Max) {
			factor = 2
		}
		axis.Min, axis.Max = math.Max(axis.Min/factor, minLog), math.Min(axis.Max*factor, maxAbs)
		return
	}
	if empty {
		axis.Min, axis.Max = 0, 1
	}
	margin := 0.05 * (axis.Max - axis.Min)
	if narrow(axis.Min, axis.Max) {
		margin = math.Max(0.5, 0.05*math.Abs(axis.Max))
	}
	axis.Min, axis.Max = axis.Min-margin, axis.Max+margin
}
