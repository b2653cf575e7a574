package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

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
