package d2l

import "fmt"

// Accumulator holds n running sums, such as the summed loss, the correct
// predictions and the examples seen in an epoch. Read sum i as metric[i].
//
// Book: Accumulator, section "Implementation of Softmax Regression from
// Scratch".
type Accumulator []float64

// NewAccumulator returns n sums, all zero. It panics if n is negative.
//
// Book: Accumulator, section "Implementation of Softmax Regression from
// Scratch".
func NewAccumulator(n int) Accumulator {
	if n < 0 {
		panic(fmt.Sprintf("d2l: NewAccumulator takes a number of sums, got %d", n))
	}
	return make(Accumulator, n)
}

// Add adds one value to each sum, in order. It panics unless there is exactly one
// value for each sum.
func (a Accumulator) Add(values ...float64) {
	if len(values) != len(a) {
		panic(fmt.Sprintf("d2l: Accumulator.Add got %d values for %d sums; give one value for each sum", len(values), len(a)))
	}
	for i, v := range values {
		a[i] += v
	}
}

// Reset sets every sum to zero.
func (a Accumulator) Reset() { clear(a) }
