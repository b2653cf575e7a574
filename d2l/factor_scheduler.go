package d2l

import (
	"fmt"
	"math"
)

// FactorScheduler lowers the learning rate by a factor with each update, down to
// StopFactorLR. Its At is a schedule for Optimizer.WithSchedule.
//
// Book: FactorScheduler, section "Learning Rate Scheduling".
type FactorScheduler struct {
	Factor       float64 // Positive.
	StopFactorLR float64
	BaseLR       float64 // Positive.
}

// At returns max(StopFactorLR, BaseLR · Factor^(update+1)): as in the book, the
// factor counts from the first update, whose number is 0.
func (s FactorScheduler) At(update int) float64 {
	if !(s.Factor > 0 && s.BaseLR > 0) {
		panic(fmt.Sprintf("d2l: FactorScheduler needs a positive Factor and BaseLR, got %+v", s))
	}
	return max(s.StopFactorLR, s.BaseLR*math.Pow(s.Factor, float64(update+1)))
}
