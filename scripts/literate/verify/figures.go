package verify

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// figure is a number that may differ, by a tolerance or as much as it likes.
type figure struct {
	name, value string
	tolerance   float64
}

// figures finds the figures in a line.
type figures []named

type named struct {
	name      string
	tolerance float64
	pattern   *regexp.Regexp
}

const number = `([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|(?i:nan|inf)))`

// rounding is what a difference of two printed figures may be off by.
const rounding = 1e-9

func newFigures(tolerance map[string]float64) figures {
	var all figures
	for _, name := range slices.Sorted(maps.Keys(tolerance)) {
		all = append(all, named{name, tolerance[name], regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(name) + ` ` + number)})
	}
	// A figure belongs to the longest name: train acc, not acc.
	slices.SortStableFunc(all, func(a, b named) int { return len(b.name) - len(a.name) })
	return all
}

// unsaid stands in the place of what may differ. No text of a program holds it.
const unsaid = "\x00"

// split returns what must be the same in a line, and the figures that need not.
// Their number belongs to what must be the same.
func (f figures) split(line string) (same string, found []figure) {
	for _, r := range rules {
		for _, m := range r.pattern.FindAllStringSubmatch(line, -1) {
			found = append(found, figure{r.text, m[2], math.Inf(1)})
		}
		line = r.pattern.ReplaceAllString(line, "${1}"+r.same)
	}
	for _, n := range f {
		for _, m := range n.pattern.FindAllStringSubmatch(line, -1) {
			found = append(found, figure{n.name, m[2], n.tolerance})
		}
		line = n.pattern.ReplaceAllString(line, "${1}"+n.name+" "+unsaid)
	}
	return fmt.Sprint(line, unsaid, len(found)), found
}

// compare says what is wrong with a figure, nothing if it is near enough.
func (want figure) compare(got figure) string {
	x, y := want.number(), got.number()
	switch d := math.Abs(x - y); {
	case math.IsNaN(y) || math.IsInf(y, 0):
		return fmt.Sprintf("%s: %s is no figure", got.name, got.value)
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Sprintf("%s: %s, which was saved, is no figure", want.name, want.value)
	case d > want.tolerance+rounding:
		return fmt.Sprintf("%s: %s is off from %s by %.3g, more than the tolerance of %g", want.name, got.value, want.value, d, want.tolerance)
	}
	return ""
}

func (f figure) number() float64 {
	x, err := strconv.ParseFloat(f.value, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}
