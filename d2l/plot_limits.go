package d2l

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// What axes show: numbers up to axisMost, on a logarithmic axis from axisLeast.
// Beyond these, the difference or the quotient of two numbers would overflow.
const (
	axisLeast = 1e-300
	axisMost  = 1e300
)

// narrow returns whether there is too little from min to max for labels that
// differ, as these have 12 decimals at the most.
func narrow(min, max float64) bool {
	return !(max-min > 1e-11*math.Max(math.Abs(min), math.Abs(max))) || max-min < axisLeast
}

// drawable returns the points that the axes can show, on a logarithmic one
// those above zero.
func drawable(p *plot.Plot, xys plotter.XYs) plotter.XYs {
	shows := func(axis plot.Axis, v float64) bool {
		return math.Abs(v) <= axisMost && (v >= axisLeast || !isLog(axis))
	}
	return slices.DeleteFunc(slices.Clone(xys), func(xy plotter.XY) bool {
		return !shows(p.X, xy.X) || !shows(p.Y, xy.Y)
	})
}

func isLog(axis plot.Axis) bool {
	_, log := axis.Scale.(plot.LogScale)
	return log
}

// setLimits sets what part of an axis is shown; given none, a little more than
// the values, so that no line runs along the frame. The option has the name.
func setLimits(axis *plot.Axis, name string, limits []float64) error {
	if len(limits) == 0 {
		fitLimits(axis)
		return nil
	}
	min, max := limits[0], limits[1]
	switch {
	case !(math.Abs(min) <= axisMost && math.Abs(max) <= axisMost) || narrow(min, max):
		return fmt.Errorf("%s cannot go from %v to %v: give the least and the greatest value shown, two numbers that differ", name, min, max)
	case isLog(*axis) && min < axisLeast:
		return fmt.Errorf("%s cannot go from %v to %v on a log axis: both must be above zero", name, min, max)
	}
	axis.Min, axis.Max = min, max
	return nil
}

// fitLimits makes an axis show the values on it.
func fitLimits(axis *plot.Axis) {
	none := axis.Min > axis.Max
	if isLog(*axis) {
		if none {
			axis.Min, axis.Max = 0.1, 1
		}
		factor := math.Pow(axis.Max, 0.05) / math.Pow(axis.Min, 0.05)
		if narrow(axis.Min, axis.Max) {
			factor = 2
		}
		axis.Min, axis.Max = math.Max(axis.Min/factor, axisLeast), math.Min(axis.Max*factor, axisMost)
		return
	}
	if none {
		axis.Min, axis.Max = 0, 1
	}
	margin := 0.05 * (axis.Max - axis.Min)
	if narrow(axis.Min, axis.Max) {
		margin = math.Max(0.5, 0.05*math.Abs(axis.Max))
	}
	axis.Min, axis.Max = axis.Min-margin, axis.Max+margin
}
