package d2l

import (
	"fmt"
	"math"
)

// CosineScheduler lets the learning rate fall from BaseLR to FinalLR along half a
// period of the cosine, and stay there. Before that it may warm up: rise in a
// straight line from WarmupBeginLR to BaseLR. Its At is a schedule for
// Optimizer.WithSchedule.
//
// Book: CosineScheduler, section "Learning Rate Scheduling".
type CosineScheduler struct {
	MaxUpdate     int     // When FinalLR is reached, the warm-up included.
	BaseLR        float64 // Positive.
	FinalLR       float64
	WarmupSteps   int // Fewer than MaxUpdate.
	WarmupBeginLR float64
}

// At returns, once the warm-up is over, with t for update, W for WarmupSteps and T
// for MaxUpdate, at most T,
// FinalLR + (BaseLR − FinalLR) (1 + cos(π (t − W)/(T − W))) / 2.
func (s CosineScheduler) At(update int) float64 {
	if !(s.BaseLR > 0) || s.WarmupSteps < 0 || s.WarmupSteps >= s.MaxUpdate {
		panic(fmt.Sprintf("d2l: CosineScheduler needs a positive BaseLR and from 0 to below MaxUpdate WarmupSteps, got %+v", s))
	}
	if update < s.WarmupSteps {
		return s.WarmupBeginLR + (s.BaseLR-s.WarmupBeginLR)*float64(update)/float64(s.WarmupSteps)
	}
	fallen := float64(min(update, s.MaxUpdate)-s.WarmupSteps) / float64(s.MaxUpdate-s.WarmupSteps)
	return s.FinalLR + (s.BaseLR-s.FinalLR)*(1+math.Cos(math.Pi*fallen))/2
}
