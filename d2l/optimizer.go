package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Optimizer says how a Trainer updates the parameters. SGD, Momentum and Adam
// make one, and any other of GoMLX's is made one by a literal:
//
//	d2l.Optimizer{Interface: optimizer.RMSProp().LearningRate(0.01).Done()}
//
// Its learning rate is constant unless WithSchedule gives it a schedule. It keeps
// no state: several Trainers may be made with the same one.
//
// Book: none; gluon.Trainer takes an optimizer by its name, such as 'sgd'.
type Optimizer struct {
	optimizer.Interface
	schedule func(update int) float64 // nil for a constant learning rate.
}

// WithSchedule returns the optimizer with a learning rate that changes: before
// each step schedule is called with the number of updates that the Trainer has
// made, and returns the rate of the next one. It takes the place of the rate that
// the optimizer was made with. The number counts from 0, as in the plots of the
// book's section "Learning Rate Scheduling"; update / trainIter.Len() is the
// epoch.
//
// A rate of 0, at which a warm-up may start or a schedule end, leaves the
// parameters as they are. One that is negative, infinite or NaN is an error of the
// step.
func (o Optimizer) WithSchedule(schedule func(update int) float64) Optimizer {
	o.schedule = schedule
	return o
}

// scheduled returns the optimizer's schedule, or that of the one it is made of.
func (o Optimizer) scheduled() func(update int) float64 {
	if o.schedule == nil {
		return scheduleOf(o.Interface)
	}
	return o.schedule
}

// scheduleOf returns the schedule of an optimizer that has one, or nil.
func scheduleOf(opt optimizer.Interface) func(update int) float64 {
	if o, ok := opt.(interface{ scheduled() func(int) float64 }); ok {
		return o.scheduled()
	}
	return nil
}

// requireOptimizer panics if there is none.
func requireOptimizer(opt optimizer.Interface) {
	if o, ok := opt.(Optimizer); opt == nil || ok && o.Interface == nil {
		panic("d2l: NewTrainer needs an optimizer, such as SGD(0.1)")
	}
}

// requireRate panics unless lr is one that the optimizer of that name can use.
func requireRate(name string, lr float64) {
	if !(lr > 0) || math.IsInf(lr, 0) {
		panic(fmt.Sprintf("d2l: %s needs a positive learning rate, got %v", name, lr))
	}
	if as32 := float64(float32(lr)); as32 == 0 || math.IsInf(as32, 0) {
		panic(fmt.Sprintf("d2l: %s needs a learning rate that a float32 can hold, got %v, which would be %v", name, lr, as32))
	}
}
