package d2l_test

import (
	"fmt"
	"iter"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/ml/train"
)

func ExampleFirstBatches() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	trainIter = d2l.FirstBatches(trainIter, 3)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]))
	}
	// Output:
	// (256, 1, 28, 28)
	// (256, 1, 28, 28)
	// (256, 1, 28, 28)
}

// A DataIter of your own: oneBatch below.
func ExampleDataIter() {
	var data d2l.DataIter = oneBatch{d2l.NewTensor([][]float32{{1, 2}}), d2l.NewTensor([]int32{1})}
	for batch, err := range data.Iter() {
		d2l.Check(err)
		fmt.Println(data.Len(), d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Labels[0]))
	}
	// Output: 1 (1, 2) (1,)
}

// oneBatch is a DataIter of a single batch.
type oneBatch struct{ X, y *d2l.Tensor }

func (oneBatch) Name() string { return "one batch" }

func (oneBatch) Len() int { return 1 }

func (b oneBatch) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		yield(train.Batch{Inputs: []*d2l.Tensor{b.X}, Labels: []*d2l.Tensor{b.y}}, nil)
	}
}

// Five examples in batches of two, in order.
func ExampleLoadArray() {
	X := d2l.NewTensor([][]float32{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}})
	y := d2l.NewTensor([]float32{1, 2, 3, 4, 5})
	for batch, err := range d2l.LoadArray(X, y, 2, false).Iter() {
		d2l.Check(err)
		fmt.Println(batch.Inputs[0].Value(), batch.Labels[0].Value())
	}
	// Output:
	// [[1 2] [3 4]] [1 2]
	// [[5 6] [7 8]] [3 4]
	// [[9 10]] [5]
}

// Two inputs of a net, of which one is the lengths of the other.
func ExampleLoadArrays() {
	X := d2l.NewTensor([][]int32{{4, 2, 0}, {5, 0, 0}, {3, 3, 1}})
	lengths, y := d2l.NewTensor([]int32{2, 1, 3}), d2l.NewTensor([]int32{0, 1, 1})
	for batch, err := range d2l.LoadArrays([]*d2l.Tensor{X, lengths}, y, 2, false).Iter() {
		d2l.Check(err)
		fmt.Println(batch.Inputs[0].Value(), batch.Inputs[1].Value(), batch.Labels[0].Value())
	}
	// Output:
	// [[4 2 0] [5 0 0]] [2 1] [0 1]
	// [[3 3 1]] [3] [1]
}
