package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// notFinite returns the error of a step that was not made, since its loss or an
// update was not finite. It looks for where that comes from, in the order in which
// a step computes: the batch, what the net held before it, the layers, the update.
func (t *Trainer) notFinite(X *tensors.Tensor, lossSum float64, finite []bool) error {
	cause, remedy := t.causeOf(X, lossSum, finite)
	return fmt.Errorf("training on a batch of shape %v: %s; the net is as it was before the step: %s", ShapeOf(X), cause, remedy)
}

func (t *Trainer) causeOf(X *tensors.Tensor, lossSum float64, finite []bool) (cause, remedy string) {
	if found := whereNotFinite(X); found != "" {
		return "X is " + found, "leave such examples out"
	}
	rate := t.rate.variable()
	for v := range t.net.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			continue // It is no worse for that.
		}
		switch found := whereNotFinite(value); {
		case found == "":
		case v == rate:
			return "the learning rate is " + found, "give the optimizer another"
		default:
			return fmt.Sprintf("%s was %s before it", v.Path(), found), "initialize it, or load other parameters"
		}
	}
	advice := "try a smaller learning rate"
	if rate, ok := t.rate.value(); ok {
		advice = fmt.Sprintf("try a learning rate smaller than %.4g", rate)
	}
	step := t.rate.updates + 1
	const usual = 1e4 // What X of any sensible scale stays below.
	switch most := greatest(X); {
	case most > usual:
		advice = fmt.Sprintf("X goes up to %.3g, scale it to numbers about 1", most)
	case step == 1 && !finite[0]:
		advice = "no update has been made yet, look at the layers and at how the parameters begin"
	}
	if finite[0] {
		for i, path := range t.finite.changed {
			if !finite[1+i] {
				return fmt.Sprintf("the loss of step %d is %.3g, but the step would make %s NaN or infinite", step, lossSum/float64(X.Shape().Dim(0)), path), advice
			}
		}
	}
	mean := lossSum / float64(X.Shape().Dim(0))
	if !math.IsNaN(mean) && !math.IsInf(mean, 0) {
		return fmt.Sprintf("training has diverged, the mean loss of step %d is %.3g where guessing has %.3g", step, mean, math.Log(float64(t.classes))), advice
	}
	cause = fmt.Sprintf("the loss of step %d is %v", step, mean)
	outputs, err := t.net.Outputs(X)
	if err != nil {
		return cause, advice // In training mode the layers took X.
	}
	for _, output := range outputs {
		if found := whereNotFinite(output.Value); found != "" {
			return fmt.Sprintf("%s, since the output of layer %s is %s", cause, output.Name, found), advice + ", or mend the layer"
		}
	}
	return cause, advice
}

// whereNotFinite returns what is not finite in x and where it is first, such as
// "NaN at (2, 0, 3, 3)"; nothing if all is.
func whereNotFinite(x *tensors.Tensor) string {
	return where(x, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// whereNaN does the same of NaN.
func whereNaN(x *tensors.Tensor) string { return where(x, math.IsNaN) }

// greatest returns the greatest absolute value in x, 0 for other types than float32.
func greatest(x *tensors.Tensor) (most float64) {
	where(x, func(v float64) bool {
		most = max(most, math.Abs(v))
		return false
	})
	return most
}

func where(x *tensors.Tensor, bad func(float64) bool) (found string) {
	if x.DType() != dtypes.Float32 {
		return ""
	}
	_ = tensors.ConstFlatData(x, func(values []float32) { // What cannot be read is another's error.
		for i, value := range values {
			if v := float64(value); bad(v) {
				found = fmt.Sprint(v)
				if x.Rank() > 0 {
					found += fmt.Sprintf(" at %v", indexOf(i, ShapeOf(x)))
				}
				return
			}
		}
	})
	return found
}

// indexOf returns the index along each axis of the i-th value of an array.
func indexOf(i int, shape Shape) Shape {
	index := make(Shape, len(shape))
	for axis := len(shape) - 1; axis >= 0; axis-- {
		index[axis] = i % shape[axis]
		i /= shape[axis]
	}
	return index
}
