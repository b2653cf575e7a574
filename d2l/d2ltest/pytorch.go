package d2ltest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Tolerance is the relative difference from PyTorch's values that is allowed.
const Tolerance = 1e-5

// PyTorch compares values with PyTorch's and keeps the largest difference of each
// check. Make one for a test with AgainstPyTorch.
type PyTorch struct {
	title  string
	checks []string // In the order in which they came.
	rows   map[string]*row
}

// row is the result of one check.
type row struct {
	values        int
	maxDifference float64
}

// AgainstPyTorch returns a PyTorch for a test. At the end of the test it logs a
// table with a row for each check: its name, the number of values, and the largest
// relative difference. scripts/pytorch differences prints the table.
func AgainstPyTorch(t testing.TB, title string) *PyTorch {
	p := &PyTorch{title: title, rows: map[string]*row{}}
	t.Cleanup(func() { t.Log("\n" + p.table()) })
	return p
}

// Near checks that each value is within Tolerance of PyTorch's. The difference is
// relative to the absolute value or, if that is smaller, to the mean absolute value
// of the tensor: where summands of that size cancel, float32 cannot be more exact.
// Several calls with the same check make one row.
func (p *PyTorch) Near(t testing.TB, check string, got, want []float32) {
	t.Helper()
	p.NearWithin(t, check, got, want, 0)
}

// NearWithin is Near for tensors whose values are all sums that nearly cancel: size
// is the size of the summands.
func (p *PyTorch) NearWithin(t testing.TB, check string, got, want []float32, size float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, expected %d", check, len(got), len(want))
		return
	}
	maxDifference, at := 0.0, 0
	mean := max(size, MeanSize(want))
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		difference := math.Abs(g - w)
		if difference != 0 { // Any other value differs infinitely from a tensor of zeros.
			difference /= max(math.Abs(w), mean)
		}
		if math.IsNaN(difference) {
			difference = math.Inf(1)
		}
		if difference > maxDifference {
			maxDifference, at = difference, i
		}
	}
	p.record(check, len(got), maxDifference)
	if maxDifference > Tolerance {
		t.Errorf("%s: value %d is %v, expected %v: a relative difference of %.1e", check, at, got[at], want[at], maxDifference)
	}
}

// MeanSize returns the mean absolute value.
func MeanSize(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Abs(float64(v))
	}
	return sum / float64(max(len(values), 1))
}

// Equal checks values that must be exactly the same, such as counts.
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
	r.maxDifference = max(r.maxDifference, difference)
}

// table returns the rows in Markdown.
func (p *PyTorch) table() string {
	var rows strings.Builder
	for _, check := range p.checks {
		r := p.rows[check]
		difference := "0"
		if r.maxDifference != 0 {
			difference = fmt.Sprintf("%.1e", r.maxDifference)
		}
		fmt.Fprintf(&rows, "| %s: %s | %d | %s |\n", p.title, check, r.values, difference)
	}
	return rows.String()
}
