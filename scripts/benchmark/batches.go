package main

import (
	"encoding/binary"
	"iter"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// batches yields the training images in the order that all workers follow, over
// and over.
type batches struct {
	images, labels []byte
	order          []int32
	size, position int
}

func newBatches(data, start string, size int) (*batches, error) {
	read := func(dir, name string, header int) (content []byte, err error) {
		content, err = os.ReadFile(filepath.Join(dir, name))
		return content[min(header, len(content)):], err
	}
	images, err := read(data, "train-images-idx3-ubyte", 16)
	if err != nil {
		return nil, err
	}
	labels, err := read(data, "train-labels-idx1-ubyte", 8)
	if err != nil {
		return nil, err
	}
	content, err := read(start, "order.i32", 0)
	if err != nil {
		return nil, err
	}
	order := make([]int32, len(content)/4)
	_, err = binary.Decode(content, binary.LittleEndian, order)
	return &batches{images: images, labels: labels, order: order, size: size}, err
}

// next returns the next n batches, ready on a device: d2l.OnDevice puts them there
// too, and PyTorch's and JAX's are where they are used, since theirs is the CPU.
func (b *batches) next(n int, device d2l.Device) ([]train.Batch, error) {
	backend, number, err := device.Backend()
	if err != nil {
		return nil, err
	}

	const pixels = 28 * 28
	next := make([]train.Batch, n)
	for i := range next {
		X, y := make([]float32, 0, b.size*pixels), make([]int32, 0, b.size)
		for range b.size {
			example := int(b.order[b.position])
			for _, value := range b.images[example*pixels : (example+1)*pixels] {
				X = append(X, float32(value)/255)
			}
			y = append(y, int32(b.labels[example]))
			b.position = (b.position + 1) % len(b.order)
		}
		next[i] = newBatch(X, y, 1, 28, 28)
		if err := next[i].Inputs[0].MaterializeOnDevice(backend, false, number); err != nil {
			return nil, err
		}
		next[i].Inputs[0].FinalizeLocal()
	}
	return next, nil
}

// newBatch returns a batch of images of the given shape.
func newBatch(X []float32, y []int32, shape ...int) train.Batch {
	return train.Batch{
		Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(X, append([]int{len(y)}, shape...)...)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, len(y))},
	}
}

// fixedIter is a d2l.DataIter over batches that are there already.
type fixedIter []train.Batch

func (it fixedIter) Name() string { return "the batches of the benchmark" }

func (it fixedIter) Len() int { return len(it) }

func (it fixedIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for _, batch := range it {
			if !yield(batch, nil) {
				return
			}
		}
	}
}
