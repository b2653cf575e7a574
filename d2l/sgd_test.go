package d2l

import (
	"math"
	"testing"
)

func TestSGDWrongRate(t *testing.T) {
	for _, lr := range []float64{0, -0.1, math.NaN(), math.Inf(1)} {
		wantPanic(t, func() { SGD(lr) }, "positive learning rate")
	}
}
