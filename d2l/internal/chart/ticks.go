package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// maxTicks is the maximum number of steps from one labelled tick of an axis to the next.
const maxTicks = 6

// A room is the space that an axis has for its labels.
type room struct {
	length vg.Length
	size   func(label string) vg.Length // Of a label along the axis.
}

// holds returns whether the labels stand side by side.
func (r room) holds(ticks []plot.Tick) bool {
	const gap = 6
	used := vg.Length(0)
	for _, tick := range ticks {
		if !tick.IsMinor() {
			used += r.size(tick.Label) + gap
		}
	}
	return used <= r.length
}

// roundTicks puts about six labelled ticks, or fewer if there is no room, at round values: multiples of
// 1, 2, 2.5 or 5 times a power of ten. gonum's own ticks are at most three.
type roundTicks struct{ room room }

// Ticks returns the ticks from min to max.
func (t roundTicks) Ticks(min, max float64) (ticks []plot.Tick) {
	for n := maxTicks; n > 1; n-- {
		if ticks = ticksAt(min, max, roundStep(min, max, n)); t.room.holds(ticks) {
			break
		}
	}
	return ticks
}

// roundStep returns the smallest round step with which at most n steps lie between min and max.
func roundStep(min, max float64, n int) float64 {
	power := math.Pow(10, math.Floor(math.Log10((max-min)/float64(n))))
	for _, factor := range []float64{1, 2, 2.5, 5} {
		if (max-min)/(factor*power) <= float64(n) {
			return factor * power
		}
	}
	return 10 * power
}

// ticksAt returns ticks at the multiples of step from min to max, at most maxTicks + 1. Their labels
// have as many decimals as the step; very large and very small ones share a power of ten, as in 2e6.
func ticksAt(min, max, step float64) (ticks []plot.Tick) {
	unit, suffix := 1.0, ""
	if size := math.Max(math.Abs(min), math.Abs(max)); size >= 1e6 || size < 1e-3 {
		exponent := int(math.Floor(math.Log10(size)))
		unit, suffix = math.Pow10(exponent), "e"+strconv.Itoa(exponent)
	}
	decimals := 0
	for digits := step / unit; decimals < 12 && math.Abs(math.Round(digits)-digits) > 1e-6*digits; digits *= 10 {
		decimals++
	}
	first := math.Ceil(min/step - 1e-9)
	for i := range maxTicks + 1 {
		value := (first+float64(i))*step + 0 // Adding 0 turns -0 into 0.
		if value > max+step*1e-9 {
			break
		}
		label := strconv.FormatFloat(value/unit, 'f', decimals, 64) + suffix
		if suffix != "" && value == 0 {
			label = "0"
		}
		ticks = append(ticks, plot.Tick{Value: value, Label: label})
	}
	return ticks
}

// logTicks puts labelled ticks at powers of ten and, where the axis has few of these, at multiples in
// between. gonum's own ticks label all powers of ten and nothing else.
type logTicks struct{ room room }

// Ticks returns the ticks from min to max.
func (t logTicks) Ticks(min, max float64) []plot.Tick {
	first, last := int(math.Ceil(math.Log10(min)-1e-9)), int(math.Floor(math.Log10(max)+1e-9))
	if last-first+1 < 3 { // So few powers leave room for more.
		for _, factors := range [][]int{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}} {
			ticks := multiples(min, max, first-1, last, 1, factors)
			if n := labelled(ticks); n >= 3 && n <= maxTicks && t.room.holds(ticks) {
				return ticks
			}
		}
	}
	if max/min < 3 { // So narrow that round values are about equally far apart.
		return roundTicks{t.room}.Ticks(min, max)
	}
	for every := 1; ; every++ { // Ends when every exceeds the number of powers: one or two labels are left.
		ticks := multiples(min, max, first-1, last, every, []int{1})
		if n := labelled(ticks); n <= 2 || n <= maxTicks && t.room.holds(ticks) {
			return ticks
		}
	}
}

// multiples returns the ticks at 1, 2, … 9 times the powers of ten. A tick has a label if its exponent is
// a multiple of every, and its factor among factors. With every > 1 there are no ticks between powers.
func multiples(min, max float64, first, last, every int, factors []int) (ticks []plot.Tick) {
	for exponent := first; exponent <= last; exponent++ {
		for factor := 1; factor <= 9; factor++ {
			value := float64(factor) * math.Pow10(exponent)
			if value < min*(1-1e-9) || value > max*(1+1e-9) || every > 1 && factor > 1 {
				continue
			}
			tick := plot.Tick{Value: value}
			if exponent%every == 0 && slices.Contains(factors, factor) {
				tick.Label = decimal(factor, exponent)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

func labelled(ticks []plot.Tick) (n int) {
	for _, tick := range ticks {
		if !tick.IsMinor() {
			n++
		}
	}
	return n
}

// decimal writes factor times a power of ten.
func decimal(factor, exponent int) string {
	if exponent < -4 || exponent > 5 {
		return fmt.Sprintf("%de%d", factor, exponent)
	}
	return strconv.FormatFloat(float64(factor)*math.Pow10(exponent), 'f', max(0, -exponent), 64)
}
