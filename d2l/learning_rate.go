package d2l

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A learningRate follows an optimizer's schedule. GoMLX's optimizers read their
// rate from a variable, so that a new value needs no new program.
type learningRate struct {
	schedule func(update int) float64 // nil for a constant rate.
	store    *model.Store
	updates  int     // Made so far.
	next     float64 // The rate of the next.
}

// prepare sets the rate of the next update.
func (r *learningRate) prepare() error {
	if r.schedule == nil {
		return nil
	}
	if r.next = r.schedule(r.updates); !(r.next >= 0) || math.IsInf(float64(float32(r.next)), 0) {
		return fmt.Errorf("the schedule gives update %d the learning rate %v, which is negative, infinite or NaN as a float32: expected a finite number from 0", r.updates, r.next)
	}
	if r.variable() == nil {
		return nil // The optimizer makes it while the first program is built.
	}
	return r.set()
}

// built sets the rate of an optimizer that has just made its variables. Like what
// it is called from, it panics on an error.
func (r *learningRate) built() {
	if r.schedule == nil {
		return
	}
	if r.variable() == nil {
		panic(errors.New("the optimizer has no learning rate that a schedule could set: use it without a schedule, or take one of GoMLX's optimizers"))
	}
	if err := r.set(); err != nil {
		panic(err)
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

func (r *learningRate) set() error {
	v := r.variable()
	value, err := tensors.FromAnyValue(shapes.CastAsDType(r.next, v.DType()))
	if err != nil {
		return err
	}
	return v.SetValue(value)
}
