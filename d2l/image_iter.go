package d2l

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// imageIter is a DataIter over grey images that are kept as bytes. Each batch is resized, if it must be, and converted
// to float32 in [0, 1] as it is yielded, so memory does not grow with the size of the resized images.
type imageIter struct {
	name      string
	n         int // Examples.
	side      int // Height and width of the images as stored.
	resize    int // Height and width of the images as yielded.
	batchSize int
	shuffle   bool
	load      func() (images, labels []byte, err error)
	release   func() // Says that the images are somewhere else as well.
	copies    *imageCopies

	mutex    sync.Mutex
	onDevice map[Device]*deviceImages // Of devices that keep the images.
}

// Name returns the name of the data, for messages.
func (it *imageIter) Name() string { return it.name }

// Len returns the number of batches; the last may be smaller than the others.
func (it *imageIter) Len() int { return (it.n + it.batchSize - 1) / it.batchSize }

// Iter returns an iterator over one epoch.
func (it *imageIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		images, labels, err := it.load()
		if err != nil {
			yield(train.Batch{}, fmt.Errorf("%s: %w", it.name, err))
			return
		}
		for examples := range slices.Chunk(it.order(), it.batchSize) {
			if !yield(it.batch(images, labels, examples), nil) {
				return
			}
		}
	}
}

// order returns the order of the examples in an epoch.
func (it *imageIter) order() []int { return epochOrder(it.n, it.shuffle) }

// scale is the factor from a byte of an image to [0, 1]. XLA turns a division by a constant into a multiplication, so
// the host multiplies too: both give the same bits.
const scale = 1.0 / 255

// scaled has the value in [0, 1] of each byte.
var scaled = func() (values [256]float32) {
	for i := range values {
		values[i] = float32(i) * scale
	}
	return values
}()

func (it *imageIter) batch(images, labels []byte, examples []int) train.Batch {
	X := make([]float32, len(examples)*it.resize*it.resize)
	if it.resize == it.side {
		pixels := it.side * it.side
		for i, example := range examples {
			for p, value := range images[example*pixels:][:pixels] {
				X[i*pixels+p] = scaled[value]
			}
		}
	} else {
		it.resizeTo(X, images, examples)
	}
	return train.Batch{
		Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(X, len(examples), 1, it.resize, it.resize)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(pickLabels(labels, examples), len(examples))},
	}
}

// pickLabels returns the labels of some examples.
func pickLabels(labels []byte, examples []int) []int32 {
	y := make([]int32, len(examples))
	for i, example := range examples {
		y[i] = int32(labels[example])
	}
	return y
}
