package d2l

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks puts about six labelled ticks at round values: multiples of 1, 2,
// 2.5 or 5 times a power of ten. gonum's own are three at most.
type roundTicks struct{}

// Ticks returns the ticks from min to max.
func (roundTicks) Ticks(min, max float64) []plot.Tick {
	const most = 6
	power := math.Pow(10, math.Floor(math.Log10((max-min)/most)))
	step := 10 * power
	for _, factor := range []float64{1, 2, 2.5, 5} {
		if (max-min)/(factor*power) <= most {
			step = factor * power
			break
		}
	}
	decimals := 0
	for decimals < 12 && math.Abs(math.Round(step*math.Pow10(decimals))-step*math.Pow10(decimals)) > 1e-6 {
		decimals++
	}
	var ticks []plot.Tick
	for i := math.Ceil(min/step - 1e-9); i*step <= max+step*1e-9; i++ {
		value := i*step + 0 // Adding 0 makes 0 of -0.
		ticks = append(ticks, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'f', decimals, 64)})
	}
	return ticks
}
