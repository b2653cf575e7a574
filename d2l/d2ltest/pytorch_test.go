package d2ltest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// recorder is a testing.TB that records failures.
type recorder struct {
	testing.TB
	errors, logs []string
	cleanups     []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Log(args ...any)  { r.logs = append(r.logs, fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// A check fails where it has to.
func TestNear(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		got, want []float32
		red       bool
	}{
		{"equal", []float32{1, -2}, []float32{1, -2}, false},
		{"close", []float32{1.000009, 1}, []float32{1, 1}, false},
		{"too far", []float32{1.000012, 1}, []float32{1, 1}, true},
		{"small among large ones", []float32{0.000005, 2}, []float32{0, 2}, false},
		{"small and too far", []float32{0.000012, 2}, []float32{0, 2}, true},
		{"zeros", []float32{0, 0}, []float32{0, 0}, false},
		{"no zero", []float32{1e-30, 0}, []float32{0, 0}, true},
		{"not a number", []float32{nan, 1}, []float32{1, 1}, true},
		{"not a number expected", []float32{1, 1}, []float32{nan, 1}, true},
		{"infinite", []float32{float32(math.Inf(1)), 1}, []float32{1, 1}, true},
		{"too few", []float32{1}, []float32{1, 1}, true},
	} {
		r := &recorder{}
		AgainstPyTorch(r, "x").Near(r, c.name, c.got, c.want)
		if red := len(r.errors) > 0; red != c.red {
			t.Errorf("%s: red %v: %v", c.name, red, r.errors)
		}
	}
	r := &recorder{}
	p := AgainstPyTorch(r, "x")
	p.Equal(r, "count", []float64{1}, []float64{2})
	if len(r.errors) != 1 {
		t.Error("other counts are not red")
	}
}

// The table has a row for each check, with its largest difference.
func TestTable(t *testing.T) {
	r := &recorder{}
	p := AgainstPyTorch(r, "net")
	p.Near(r, "output", []float32{1.000004, 1}, []float32{1, 1})
	p.Near(r, "output", []float32{1.000002, 1, 1}, []float32{1, 1, 1})
	p.Equal(r, "correct", []float64{3}, []float64{3})
	for _, f := range r.cleanups {
		f()
	}
	if want := "\n| net: output | 5 | 4.1e-06 |\n| net: correct | 1 | 0 |\n"; strings.Join(r.logs, "") != want {
		t.Errorf("the table is %q", r.logs)
	}
}
