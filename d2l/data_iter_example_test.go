package d2l_test

import (
	"fmt"
	"iter"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// FirstBatches is a DataIter that ends after N batches, or with the data if these
// are fewer: a small part of a data set, for a quick look.
type FirstBatches struct {
	d2l.DataIter
	N int
}

func (f FirstBatches) Len() int { return min(f.N, f.DataIter.Len()) }

func (f FirstBatches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		left := f.N
		if left <= 0 {
			return
		}
		for batch, err := range f.DataIter.Iter() {
			if left--; !yield(batch, err) || left == 0 {
				return
			}
		}
	}
}

// A DataIter of your own can wrap another.
func ExampleDataIter() {
	var trainIter d2l.DataIter
	trainIter, _ = d2l.LoadDataFashionMnist(256)
	trainIter = FirstBatches{trainIter, 3}
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]))
	}
	// Output:
	// (256, 1, 28, 28)
	// (256, 1, 28, 28)
	// (256, 1, 28, 28)
}

// oneBatch is a DataIter of a single batch.
type oneBatch struct{ X, y *tensors.Tensor }

func (oneBatch) Name() string { return "one batch" }

func (oneBatch) Len() int { return 1 }

func (b oneBatch) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		yield(train.Batch{Inputs: []*tensors.Tensor{b.X}, Labels: []*tensors.Tensor{b.y}}, nil)
	}
}
