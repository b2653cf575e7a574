package d2l

import (
	"errors"
	"fmt"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A backup has copies of a net's variables in the memory of the host. A step gives its variables away to the device
// before it runs (donates them), so that they are lost if the device fails. Where a device has too little memory, it
// fails when a batch of a shape runs for the first time; only then there is a backup, which takes a step the time of
// the way to the host.
type backup map[*model.Variable]*tensors.Tensor

func newBackup(store *model.Store) (backup, error) {
	b := backup{}
	for v := range store.IterVariables() {
		value, err := xla.HostValue(v)
		if err != nil {
			return nil, err
		}
		b[v] = value
	}
	return b, nil
}

// putBack returns the error of a step that failed while it ran. Variables whose values went with the device get those
// of the backup; where there is none, the net loses its parameters for good, rather than being left with some of them.
func (b backup) putBack(net *Net, X string, err error) error {
	lost := false
	for v := range net.store.IterVariables() {
		lost = lost || !v.HasValue()
	}
	if !lost {
		return &stepError{X: X, cause: err}
	}
	restored := b != nil
	for v, value := range b {
		if failed := v.SetValue(value); failed != nil {
			err, restored = errors.Join(err, failed), false
		}
	}
	failure := &stepError{X: X, cause: fmt.Errorf("the device failed: %w", err),
		remedy: "if memory is short, try smaller batches"}
	if !restored {
		net.drop()
		failure.lost, failure.remedy = true, "load them with LoadParameters or initialize the net"
	}
	return failure
}
