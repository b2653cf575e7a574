// Package d2ltest has the helpers that the tests of d2l, of its rooms and of the
// chapters share.
package d2ltest

import (
	"math"
	"testing"
)

// NoError ends the test if err is not nil.
func NoError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Near checks that each value differs from the expected one by at most tolerance
// times one plus its absolute value.
func Near(t testing.TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, expected %d", name, len(got), len(want))
		return
	}
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if !(math.Abs(g-w) <= tolerance*(1+math.Abs(w))) {
			t.Errorf("%s: value %d is %v, expected %v", name, i, g, w)
			return
		}
	}
}

// Wave returns n numbers in [-scale, scale], the same for the same seed. They are
// the inputs and parameters for which the files of testdata have PyTorch's results.
func Wave(seed int, scale float64, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		k := i + seed
		values[i] = float32((float64((k*k*31+k*7)%2003)/1001 - 1) * scale)
	}
	return values
}
