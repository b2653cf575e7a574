package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A finiteStep makes a step do all that it does or nothing: where its loss is no
// sensible number, or a new value of any variable is not finite, all variables keep the values that they
// have, running statistics, an optimizer's state and the state of the random
// generator among them. XLA decides that on the device, inside of the step's
// program: the old values are gone once it has run.
type finiteStep struct {
	// The variables that steps change. The list only grows, so that a place in it
	// means the same variable in the programs of all shapes of batch.
	changed []string
}

// mostLoss is the mean loss from which on training counts as diverged: float32
// cannot tell losses that differ by 1 apart there, and a guess at random among a
// million classes has 14.
const mostLoss = 1 << 24

// guard, called once everything that the step changes is known, puts the old values
// in place of the new ones unless the loss is below mostLoss and all of them are finite. It
// returns the answers: for the loss, and for each of changed.
func (s *finiteStep) guard(store *model.Store, loss *graph.Node) *graph.Node {
	g := loss.Graph()
	var changed []*model.Variable
	for v := range store.IterVariables() {
		if !v.ChangedInGraph(g) {
			continue
		}
		changed = append(changed, v)
		if !slices.Contains(s.changed, v.Path()) {
			s.changed = append(s.changed, v.Path())
		}
	}
	finite := make([]*graph.Node, 1+len(s.changed))
	for i := range finite {
		finite[i] = graph.Const(g, true)
	}
	finite[0] = graph.LessThan(graph.Abs(loss), graph.Scalar(g, loss.DType(), mostLoss)) // False for NaN.
	for _, v := range changed {
		if v.DType().IsFloat() {
			finite[1+slices.Index(s.changed, v.Path())] = graph.LogicalAll(graph.IsFinite(v.NodeValue(g)))
		}
	}
	each := graph.Concatenate(finite, 0)
	all := graph.LogicalAll(each)
	for _, v := range changed {
		v.SetNodeValue(graph.Where(all, v.NodeValue(g), g.GetParameterByName(v.Path())))
	}
	return each
}

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

// What a step changes is given away to the device before it runs (donated), so that a
// device that fails takes it along. Where a device has too little memory, it fails
// when a batch of a shape runs for the first time; only then copies are kept, as
// they cost a step the time of the way to the host.

// keep returns copies of the net's variables in the memory of the host before
// the first step with X's shape, and nothing before others.
func (t *Trainer) keep(X *tensors.Tensor) (map[*model.Variable]*tensors.Tensor, error) {
	if t.ran[X.Shape().String()] {
		return nil, nil
	}
	kept := map[*model.Variable]*tensors.Tensor{}
	for v := range t.net.store.IterVariables() {
		if !v.HasValue() {
			continue
		}
		value, err := hostValue(v)
		if err != nil {
			return nil, err
		}
		kept[v] = value
	}
	return kept, nil
}

// afterFailure returns the error of a step that the device or a layer has failed.
// Variables that went with it get what was kept of them; where nothing was, the net
// loses its parameters for good, rather than being left with some of them.
func (t *Trainer) afterFailure(kept map[*model.Variable]*tensors.Tensor, err error) error {
	lost := false
	for v := range t.net.store.IterVariables() {
		lost = lost || !v.HasValue()
	}
	if !lost {
		return err
	}
	if kept == nil {
		t.net.drop()
		return fmt.Errorf("the device failed, and the net's parameters are lost with it: %w; load them with LoadParameters or initialize the net", err)
	}
	for v, value := range kept {
		if err := v.SetValue(value); err != nil {
			return err
		}
	}
	// Programs remember the variables that they made, such as an optimizer's.
	t.step.forget()
	if err := t.step.dropUnset(); err != nil {
		return err
	}
	return fmt.Errorf("the device failed: %w; the net is as it was before the step: if memory is short, try smaller batches", err)
}
