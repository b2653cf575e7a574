package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
)

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
