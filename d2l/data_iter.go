package d2l

import (
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/ml/train"
)

// DataIter yields the batches of one epoch each time it is iterated over. It is
// a GoMLX dataset that knows its length, so GoMLX's own tools for datasets take
// one too.
//
// A batch has the inputs X in Inputs[0], or, for a net of several, in Inputs in their order;
// and the labels y in Labels[0], or, for a LossFuncN, in Labels in its order. An error of the source, such as a missing
// file, ends the iteration and is handed to the loop.
//
// Book: gluon.data.DataLoader, section "The Image Classification Dataset".
type DataIter interface {
	train.Dataset
	// Len returns the number of batches in an epoch. An epoch with another number of batches is an error.
	Len() int
}

// checkedIter yields the batches of a user's DataIter. If that panics, yields a batch without inputs or labels, or
// another number of batches than its Len says, the loop gets an error.
type checkedIter struct{ DataIter }

// Iter returns an iterator over one epoch.
func (it checkedIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		inLoop, done := false, false // Whether the loop has control, and whether it has ended.
		defer func() {
			if inLoop || done {
				return // It is the loop that panicked, or the loop has ended and cannot get an error.
			}
			if e := recover(); e != nil {
				yield(train.Batch{}, fmt.Errorf("%s panicked while it made a batch: %w", it.Name(), report.PanicError(e)))
			}
		}()
		count, length := 0, it.Len()
		it.DataIter.Iter()(func(batch train.Batch, err error) bool {
			if done {
				return false // The DataIter ignores what yield returns.
			}
			if err == nil {
				if err = checkBatch(batch); err != nil {
					err = fmt.Errorf("%s yields %w", it.Name(), err)
				}
			}
			if count++; err == nil && count > length {
				err = fmt.Errorf("%s yields more than %d batches, which is its Len(): make them agree", it.Name(), length)
			}
			inLoop = true
			done = !yield(batch, err) || err != nil
			inLoop = false
			return !done
		})
		if !done && count < length {
			done = true
			yield(train.Batch{}, fmt.Errorf("%s yields %d batches, but its Len() is %d: make them agree", it.Name(), count,
				length))
		}
	}
}

// requireIter panics if a function has got no DataIter.
func requireIter(function string, dataIter DataIter) {
	if v := reflect.ValueOf(dataIter); dataIter == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		panic(fmt.Sprintf("d2l: %s got a DataIter that is nil (%T): give it data, such as that of LoadArray", function,
			dataIter))
	}
}

// checkBatch returns an error unless a batch has inputs and labels.
func checkBatch(batch train.Batch) error {
	if i := slices.Index(batch.Inputs, nil); len(batch.Inputs) == 0 || i >= 0 {
		return fmt.Errorf("a batch without X in Inputs[%d]", max(i, 0))
	}
	if i := slices.Index(batch.Labels, nil); len(batch.Labels) == 0 || i >= 0 {
		return fmt.Errorf("a batch without y in Labels[%d]", max(i, 0))
	}
	return nil
}
