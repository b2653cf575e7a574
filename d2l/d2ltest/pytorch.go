package d2ltest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Tolerance is how far values may be from PyTorch's, relative to their size.
const Tolerance = 1e-5

// PyTorch checks values against PyTorch's and keeps, for each check, the greatest
// difference that it has met. Make one for a test with AgainstPyTorch.
type PyTorch struct {
	title  string
	checks []string // In the order in which they came.
	rows   map[string]*row
}

// row is what one check has come to.
type row struct {
	values   int
	greatest float64
}

// AgainstPyTorch returns a PyTorch for a test. At the end of the test it logs a
// row of a table for each check: what was checked, how many values there were, and
// the greatest relative difference. scripts/pytorch differences prints the table.
func AgainstPyTorch(t testing.TB, title string) *PyTorch {
	p := &PyTorch{title: title, rows: map[string]*row{}}
	t.Cleanup(func() { t.Log("\n" + p.table()) })
	return p
}

// Near checks that each value is within Tolerance of PyTorch's. The difference is
// relative to the value or, if that is smaller, to the mean size of all of the
// tensor's: where summands of that size cancel, nothing better can be expected of
// float32. Several calls with the same check make one row.
func (p *PyTorch) Near(t testing.TB, check string, got, want []float32) {
	t.Helper()
	p.NearWithin(t, check, got, want, 0)
}

// NearWithin is Near for values that nearly cancel, all of them: size is that of
// what they are sums of.
func (p *PyTorch) NearWithin(t testing.TB, check string, got, want []float32, size float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, expected %d", check, len(got), len(want))
		return
	}
	greatest, at := 0.0, 0
	mean := max(size, MeanSize(want))
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		difference := math.Abs(g - w)
		if difference != 0 { // Of a tensor of zeros every other value is infinitely far.
			difference /= max(math.Abs(w), mean)
		}
		if math.IsNaN(difference) {
			difference = math.Inf(1)
		}
		if difference > greatest {
			greatest, at = difference, i
		}
	}
	p.record(check, len(got), greatest)
	if greatest > Tolerance {
		t.Errorf("%s: value %d is %v, expected %v: a relative difference of %.1e", check, at, got[at], want[at], greatest)
	}
}

// MeanSize returns the mean of the values without their signs.
func MeanSize(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Abs(float64(v))
	}
	return sum / float64(max(len(values), 1))
}

// Equal checks counts and the like, which have to be the same.
func (p *PyTorch) Equal(t testing.TB, check string, got, want []float64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, expected %v", check, got, want)
		return
	}
	p.record(check, len(got), 0)
}

func (p *PyTorch) record(check string, values int, difference float64) {
	r := p.rows[check]
	if r == nil {
		r = &row{}
		p.rows[check] = r
		p.checks = append(p.checks, check)
	}
	r.values += values
	r.greatest = max(r.greatest, difference)
}

// table returns the rows in Markdown.
func (p *PyTorch) table() string {
	var rows strings.Builder
	for _, check := range p.checks {
		r := p.rows[check]
		difference := "0"
		if r.greatest != 0 {
			difference = fmt.Sprintf("%.1e", r.greatest)
		}
		fmt.Fprintf(&rows, "| %s: %s | %d | %s |\n", p.title, check, r.values, difference)
	}
	return rows.String()
}
