package d2l

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// SyntheticData returns n examples of a linear model with noise: features X, float32 (n, len(w)), from a normal
// distribution with standard deviation 1, and labels y = Xw + b + ε, float32 (n, 1), where the noise ε has 0.01. They
// are as Seed has it. It panics if n is not positive or w is empty.
//
// Book: synthetic_data, section "Linear Regression Implementation from Scratch".
func SyntheticData(w []float32, b float32, n int) (X, y *tensors.Tensor) {
	if n <= 0 || len(w) == 0 {
		panic(fmt.Sprintf("d2l: SyntheticData needs weights and a positive number of examples, got %v and %d", w, n))
	}
	random := newRand()
	features, labels := make([]float32, n*len(w)), make([]float32, n)
	for i := range labels {
		labels[i] = b + 0.01*float32(random.NormFloat64())
		for j := range w {
			x := float32(random.NormFloat64())
			features[i*len(w)+j] = x
			labels[i] += x * w[j]
		}
	}
	return tensors.FromFlatDataAndDimensions(features, n, len(w)), tensors.FromFlatDataAndDimensions(labels, n, 1)
}

// LoadArray returns the batches of examples that are in memory: X[i] with the label y[i], of any shapes and types.
// For training they are shuffled in each epoch, as Seed has it; otherwise they stay in order. The last batch may be
// smaller than the others. X and y stay the caller's, and may not be changed or finalized while batches are read.
// It panics unless X and y have the same number of examples, at least one, and if batchSize is not positive.
//
// Book: load_array, section "Concise Implementation of Linear Regression".
func LoadArray(X, y *tensors.Tensor, batchSize int, isTrain bool) DataIter {
	return loadArrays("LoadArray", []*tensors.Tensor{X}, []*tensors.Tensor{y}, batchSize, isTrain)
}

// LoadArrays is LoadArray for a net of several inputs, which get an array each, and for a LossFuncN of several arrays
// of labels: the inputs of a batch are rows of inputs[0], inputs[1], …, and its labels rows of y, or of y[0], y[1], …,
// in this order.
//
// Book: load_array, section "Concise Implementation of Linear Regression".
func LoadArrays[Y Labels](inputs []*tensors.Tensor, y Y, batchSize int, isTrain bool) DataIter {
	ys, ok := any(y).([]*tensors.Tensor)
	if !ok {
		ys = []*tensors.Tensor{any(y).(*tensors.Tensor)}
	}
	return loadArrays("LoadArrays", inputs, ys, batchSize, isTrain)
}

// Labels are one array of labels, or several.
//
// Book: none; there load_array takes all arrays of a data set.
type Labels interface {
	*tensors.Tensor | []*tensors.Tensor
}

func loadArrays(function string, X, ys []*tensors.Tensor, batchSize int, isTrain bool) DataIter {
	arrays := slices.Concat(X, ys)
	var got []string
	agree := len(X) > 0 && len(ys) > 0
	for _, t := range arrays {
		if t == nil {
			got, agree = append(got, "nil"), false
			continue
		}
		got = append(got, ShapeOf(t).String())
		agree = agree && t.Rank() > 0 && t.Shape().Dim(0) > 0 && t.Shape().Dim(0) == arrays[0].Shape().Dim(0)
	}
	if !agree {
		panic(fmt.Sprintf("d2l: %s needs X and y with the same number of examples, at least one, got %s", function,
			listed(got)))
	}
	requireBatchSize(function, batchSize)
	return &exampleIter{name: "arrays", n: arrays[0].Shape().Dim(0), batchSize: batchSize, shuffle: isTrain,
		batch: func(examples []int) (batch train.Batch, err error) {
			rows := make([]*tensors.Tensor, len(arrays))
			for i, t := range arrays {
				if rows[i], err = pickRows(t, examples); err != nil {
					return batch, err
				}
			}
			return train.Batch{Inputs: rows[:len(X):len(X)], Labels: rows[len(X):]}, nil
		}}
}

func requireBatchSize(function string, batchSize int) {
	if batchSize <= 0 {
		panic(fmt.Sprintf("d2l: %s needs a positive batch size, got %d", function, batchSize))
	}
}

// pickRows returns a tensor of some rows of another.
func pickRows(t *tensors.Tensor, rows []int) (*tensors.Tensor, error) {
	shape := t.Shape().Clone()
	n := shape.Dim(0)
	shape.Dimensions[0] = len(rows)
	picked := tensors.FromShape(shape)
	var err error
	if e := t.ConstBytes(func(from []byte) {
		size := len(from) / n
		err = picked.MutableBytes(func(to []byte) {
			for i, row := range rows {
				copy(to[i*size:(i+1)*size], from[row*size:])
			}
		})
	}); e != nil {
		return nil, fmt.Errorf("reading the examples: %w", e)
	}
	return picked, err
}

// exampleIter is a DataIter of n examples, which batch returns by their indices.
type exampleIter struct {
	name         string
	n, batchSize int
	shuffle      bool
	batch        func(examples []int) (train.Batch, error)
}

// Name returns the name of the data, for messages.
func (b *exampleIter) Name() string { return b.name }

// Len returns the number of batches; the last may be smaller than the others.
func (b *exampleIter) Len() int { return (b.n + b.batchSize - 1) / b.batchSize }

// Iter returns an iterator over one epoch.
func (b *exampleIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for examples := range slices.Chunk(epochOrder(b.n, b.shuffle), b.batchSize) {
			batch, err := b.batch(examples)
			if err != nil {
				yield(train.Batch{}, fmt.Errorf("%s: %w", b.name, err))
				return
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// epochOrder returns the order of n examples in an epoch.
func epochOrder(n int, shuffle bool) []int {
	if shuffle {
		return newRand().Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// newRand returns random numbers, as Seed has them.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(uint64(nextSeed()), 0)) }

// FirstBatches returns the first n batches of each epoch, or all if there are fewer: a small part of a data set, for a
// quick look. It panics if n is negative.
//
// Book: none; a loop breaks off there.
func FirstBatches(dataIter DataIter, n int) DataIter {
	requireIter("FirstBatches", dataIter)
	if n < 0 {
		panic(fmt.Sprintf("d2l: FirstBatches needs a number of batches, got %d", n))
	}
	return firstBatches{dataIter, n}
}

type firstBatches struct {
	DataIter
	n int
}

// Len returns the number of batches.
func (f firstBatches) Len() int { return min(f.n, f.DataIter.Len()) }

// Iter returns an iterator over the first batches of an epoch.
func (f firstBatches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		left := f.n
		if left == 0 {
			return
		}
		for batch, err := range f.DataIter.Iter() {
			if left--; !yield(batch, err) || left == 0 {
				return
			}
		}
	}
}
