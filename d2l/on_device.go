package d2l

import (
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// OnDevice returns an iterator over the same batches whose images are on device
// when they are yielded, so that a step does not wait for a copy.
//
// The images of LoadDataFashionMnist and LoadDataMnist are kept on the device as
// bytes: 47 MB for a training set. Each batch is gathered and scaled there. Batches
// of resized images, and those for several devices, come from the host, as do those
// of any other dataIter; if that one panics, or yields a batch without inputs or
// labels, the loop gets an error.
//
// Book: none; as_in_ctx, section "GPUs", does the same for a batch.
func OnDevice(dataIter DataIter, device ...Device) DataIter {
	if it, ok := dataIter.(*imageIter); ok && len(device) == 1 && it.resize == it.side {
		return &deviceIter{it, device[0]}
	}
	switch dataIter.(type) {
	case *imageIter, *deviceIter, checkedIter:
		return dataIter
	}
	return checkedIter{dataIter}
}

// deviceIter yields the batches of an imageIter from a device.
type deviceIter struct {
	*imageIter
	device Device
}

// Iter returns an iterator over one epoch.
func (it *deviceIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		images, labels, err := it.imagesOn(it.device)
		if err != nil {
			yield(train.Batch{}, fmt.Errorf("%s: %w", it.name, err))
			return
		}
		for examples := range it.batches() {
			X, err := images.pick(examples)
			if err != nil {
				yield(train.Batch{}, fmt.Errorf("%s, on %v: %w", it.name, it.device, err))
				return
			}
			batch := train.Batch{Inputs: []*tensors.Tensor{X}, Labels: []*tensors.Tensor{pickLabels(labels, examples)}}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// deviceImages are the images of a data set in the memory of a device.
type deviceImages struct {
	bytes  *tensors.Tensor // (images, side·side)
	picked *graph.Exec     // From bytes and the indices of a batch's examples to X.
	device compute.DeviceNum
	given  atomic.Int64 // Bytes of the batches since garbage was last collected.
}

// gcThreshold is the device memory that batches, used ones included, may take before the garbage collector runs: Go
// does not see that memory and would hardly ever collect them.
const gcThreshold = 32 << 20

// imagesOn returns the images on a device, to which they are copied once, and their labels.
func (it *imageIter) imagesOn(device Device) (*deviceImages, []byte, error) {
	it.mutex.Lock() // Held while they are copied: another loop waits for the same copy.
	defer it.mutex.Unlock()
	images, labels, err := it.load()
	if err != nil {
		return nil, nil, err
	}
	if kept, ok := it.onDevice[device]; ok {
		return kept, labels, nil
	}
	kept, err := it.copyTo(device, images)
	if err != nil {
		return nil, nil, fmt.Errorf("putting the images on %v: %w", device, err)
	}
	if it.onDevice == nil {
		it.onDevice = map[Device]*deviceImages{}
	}
	it.onDevice[device] = kept
	return kept, labels, nil
}

// copyTo copies the images to a device.
func (it *imageIter) copyTo(device Device, images []byte) (*deviceImages, error) {
	backend, number, err := device.Backend()
	if err != nil {
		return nil, err
	}
	picked, err := graph.NewExec(backend, func(images, examples *graph.Node) *graph.Node {
		X := graph.Gather(images, graph.ExpandAxes(examples, -1))
		X = graph.MulScalar(graph.ConvertDType(X, dtypes.Float32), scale)
		return graph.Reshape(X, examples.Shape().Dim(0), 1, it.side, it.side)
	})
	if err != nil {
		return nil, err
	}
	picked.SetMaxCache(-1) // As many sizes of batch as there are.
	buffer, err := backend.BufferFromFlatData(number, images, shapes.Make(dtypes.Uint8, it.n, it.side*it.side))
	if err != nil {
		return nil, err
	}
	bytes, err := tensors.FromBuffer(buffer)
	if err != nil {
		return nil, err
	}
	return &deviceImages{bytes: bytes, picked: picked, device: number}, nil
}

// pick returns the X of a batch. It does not wait for the device.
func (d *deviceImages) pick(examples []int) (*tensors.Tensor, error) {
	indices := make([]int32, len(examples))
	for i, example := range examples {
		indices[i] = int32(example)
	}
	// CallOnDevice of GoMLX v0.28.8 takes the first device, whichever it is given.
	picks := tensors.FromFlatDataAndDimensions(indices, len(indices))
	X, _, err := d.picked.CallWithGraphOnDevice(d.device, d.bytes, picks)
	if err != nil {
		return nil, err
	}
	if d.given.Add(int64(X[0].Memory())) > gcThreshold {
		d.given.Store(0)
		runtime.GC()
	}
	return X[0], nil
}
