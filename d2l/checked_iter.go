package d2l

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/ml/train"
)

// checkedIter yields the batches of somebody's own DataIter. If that panics, or
// yields a batch that has no inputs or no labels, the loop gets an error.
type checkedIter struct{ DataIter }

// Iter returns an iterator over one epoch.
func (it checkedIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		inLoop := false // Whether it is the loop that has control.
		defer func() {
			if inLoop {
				return // A panic of the loop's, or its end.
			}
			if e := recover(); e != nil {
				yield(train.Batch{}, fmt.Errorf("%s panicked while it made a batch: %w", it.Name(), panicError(e)))
			}
		}()
		for batch, err := range it.DataIter.Iter() {
			if err == nil {
				err = checkBatch(it.Name(), batch)
			}
			inLoop = true
			if !yield(batch, err) || err != nil {
				return
			}
			inLoop = false
		}
	}
}

// checkBatch refuses a batch that a loop could not take apart.
func checkBatch(name string, batch train.Batch) error {
	if len(batch.Inputs) == 0 || batch.Inputs[0] == nil {
		return fmt.Errorf("%s yields a batch without X in Inputs[0]", name)
	}
	if len(batch.Labels) == 0 || batch.Labels[0] == nil {
		return fmt.Errorf("%s yields a batch without y in Labels[0]", name)
	}
	return nil
}
