package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
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

// MultiFactorScheduler multiplies the learning rate by a factor at given updates and
// keeps it constant between them. Its At is a schedule for Optimizer.WithSchedule.
//
// Book: lr_scheduler.MultiFactorScheduler, section "Learning Rate Scheduling".
type MultiFactorScheduler struct {
	Step   []int   // The numbers of updates after which the rate changes.
	Factor float64 // Positive.
	BaseLR float64 // Positive.
}

// At returns BaseLR · Factor^n, where n is the number of steps up to update.
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

// CosineScheduler lowers the learning rate from BaseLR to FinalLR along half a period
// of the cosine, and keeps it there. Before that there may be a warm-up, in which the
// rate rises linearly from WarmupBeginLR to BaseLR. Its At is a schedule for
// Optimizer.WithSchedule.
//
// Book: CosineScheduler, section "Learning Rate Scheduling".
type CosineScheduler struct {
	MaxUpdate     int     // The update at which FinalLR is reached, including the warm-up.
	BaseLR        float64 // Positive.
	FinalLR       float64
	WarmupSteps   int // Fewer than MaxUpdate.
	WarmupBeginLR float64
}

// At returns, after the warm-up,
// FinalLR + (BaseLR − FinalLR) (1 + cos(π (t − W)/(T − W))) / 2,
// where T is MaxUpdate, t the smaller of update and T, and W is WarmupSteps.
func (s CosineScheduler) At(update int) float64 {
	if !(s.BaseLR > 0) || s.WarmupSteps < 0 || s.WarmupSteps >= s.MaxUpdate {
		panic(fmt.Sprintf("d2l: CosineScheduler needs a positive BaseLR and from 0 to below MaxUpdate WarmupSteps, got %+v",
			s))
	}
	if update < s.WarmupSteps {
		return s.WarmupBeginLR + (s.BaseLR-s.WarmupBeginLR)*float64(update)/float64(s.WarmupSteps)
	}
	fallen := float64(min(update, s.MaxUpdate)-s.WarmupSteps) / float64(s.MaxUpdate-s.WarmupSteps)
	return s.FinalLR + (s.BaseLR-s.FinalLR)*(1+math.Cos(math.Pi*fallen))/2
}

// A learningRate follows an optimizer's schedule. GoMLX's optimizers read their
// rate from a variable, so that a new value needs no new program.
type learningRate struct {
	schedule func(update int) float64 // nil for a constant rate.
	store    *model.Store
	updates  int // Made so far.
}

// next returns the schedule's rate for the next update but n, if there is a schedule.
func (r *learningRate) next(n int) (rate float64, err error) {
	if r.schedule == nil {
		return 0, nil
	}
	if rate = r.schedule(r.updates + n); !(rate >= 0) || math.IsInf(float64(float32(rate)), 0) {
		return 0, fmt.Errorf("the schedule gives update %d the learning rate %v, which is negative, infinite or NaN as a "+
			"float32: expected a finite number from 0", r.updates+n, rate)
	}
	return rate, nil
}

// set gives the optimizer the rate of next, if there is a schedule.
func (r *learningRate) set(rate float64) error {
	if r.schedule == nil {
		return nil
	}
	v := r.variable()
	value, err := tensors.FromAnyValue(shapes.CastAsDType(rate, v.DType()))
	if err != nil {
		return err
	}
	return v.SetValue(value)
}

// requireVariable panics if there is a schedule for an optimizer that has just made
// its variables, and none for a learning rate.
func (r *learningRate) requireVariable() {
	if r.schedule != nil && r.variable() == nil {
		panic("the optimizer has no learning rate that a schedule could set: use it without a schedule, " +
			"or take one of GoMLX's optimizers")
	}
}

func (r *learningRate) variable() *model.Variable {
	return r.store.RootScope().At(optimizer.Scope).GetVariable(optimizer.ParamLearningRate)
}

// value returns the rate of the update that is being made, of an optimizer that
// keeps one.
func (r *learningRate) value() (rate float64, ok bool) {
	v := r.variable()
	if v == nil || v.DType() != dtypes.Float32 {
		return 0, false
	}
	value, err := v.Value()
	if err != nil {
		return 0, false
	}
	return float64(tensors.ToScalar[float32](value)), true
}
