package d2l

import "testing"

func TestAccumulatorWrongCount(t *testing.T) {
	for _, values := range [][]float64{nil, {1}, {1, 2, 3}} {
		metric := NewAccumulator(2)
		wantPanic(t, func() { metric.Add(values...) }, "for 2 sums", "one value for each")
		if metric[0] != 0 || metric[1] != 0 {
			t.Errorf("a refused Add left %v", metric)
		}
	}
}

func TestAccumulatorNegative(t *testing.T) {
	wantPanic(t, func() { NewAccumulator(-1) }, "d2l: NewAccumulator takes a number of sums, got -1")
}
