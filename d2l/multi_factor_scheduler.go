package d2l

import (
	"fmt"
	"math"
)

// MultiFactorScheduler keeps the learning rate constant but for a few moments, at
// which it is multiplied by a factor. Its At is a schedule for
// Optimizer.WithSchedule.
//
// Book: lr_scheduler.MultiFactorScheduler, section "Learning Rate Scheduling".
type MultiFactorScheduler struct {
	Step   []int   // After how many updates the rate changes.
	Factor float64 // Positive.
	BaseLR float64 // Positive.
}

// At returns BaseLR · Factor^n, where n of the steps are update or less.
func (s MultiFactorScheduler) At(update int) float64 {
	if !(s.Factor > 0 && s.BaseLR > 0) {
		panic(fmt.Sprintf("d2l: MultiFactorScheduler needs a positive Factor and BaseLR, got %+v", s))
	}
	n := 0
	for _, step := range s.Step {
		if step <= update {
			n++
		}
	}
	return s.BaseLR * math.Pow(s.Factor, float64(n))
}
