package d2l

import (
	"fmt"
	"iter"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/d2l-go/book/d2l/internal/report"
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
// bytes, once for all iterators over them and to the end of the program: 47 MB for a
// training set, which the host then keeps no longer than it needs them. Each batch is
// gathered, resized if necessary, and scaled there; resized pixels may differ by 1/255
// from those that dataIter yields itself. Batches for several devices come from the
// host, as do those of any other dataIter; if that one panics, yields a batch without
// inputs or labels, or another number of batches than its Len says, the loop gets an
// error.
//
// Book: none; as_in_ctx, section "GPUs", does the same for a batch.
func OnDevice(dataIter DataIter, device ...Device) DataIter {
	requireIter("OnDevice", dataIter)
	if it, ok := dataIter.(*imageIter); ok && len(device) == 1 {
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
		images, labels, err := it.images()
		if err != nil {
			yield(train.Batch{}, err)
			return
		}
		for examples := range slices.Chunk(it.order(), it.batchSize) {
			X, err := images.pick(examples)
			if err != nil {
				yield(train.Batch{}, fmt.Errorf("%s, on %v: %w", it.name, it.device, err))
				return
			}
			y := tensors.FromFlatDataAndDimensions(pickLabels(labels, examples), len(examples))
			if !yield(train.Batch{Inputs: []*tensors.Tensor{X}, Labels: []*tensors.Tensor{y}}, nil) {
				return
			}
		}
	}
}

// images returns the data set on the device, and its labels on the host.
func (it *deviceIter) images() (*deviceImages, []byte, error) {
	images, labels, err := it.imagesOn(it.device)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", it.name, err)
	}
	return images, labels, nil
}

// loopSize returns the largest number of batches for which a device computes in one program, 0 if each batch is a
// program of its own. On a GPU that saves the way to the host after each; XLA's loops on the CPU are slower than single
// programs. A program on another device than the first would get a copy of the images in each call, see xla.Program.
//
// It is a variable for the sake of tests.
var loopSize = func(devices ...Device) int {
	if len(devices) != 1 || devices[0] != GPU(0) {
		return 0
	}
	const usual = 50 // From one point of TrainCh5's plot to the next.
	given := os.Getenv(stepsVariable)
	n, err := strconv.Atoi(given)
	switch {
	case given == "":
		return usual
	case err != nil || n < 1:
		report.WarnOnce(fmt.Sprintf("d2l: %s is %q, not the number of steps in a program, from 1: it is %d", stepsVariable, given, usual))
		return usual
	case n == 1:
		return 0
	}
	return n
}

// stepsVariable is another number of batches than 50 for which a GPU computes in one program; with 1 each is a program of
// its own.
const stepsVariable = "D2L_GPU_STEPS"

// groups iterates over the examples of up to n successive batches of one size, with that size: the last batch of an
// epoch, which may be smaller, is a group of its own.
func groups(order []int, batchSize, n int) iter.Seq2[int, []int] {
	return func(yield func(int, []int) bool) {
		for len(order) > 0 {
			batch := min(batchSize, len(order))
			size := batch * min(max(n, 1), len(order)/batch)
			if !yield(batch, order[:size]) {
				return
			}
			order = order[size:]
		}
	}
}

// padded returns examples as a tensor int32 (n, batch), with zeros after them.
func padded(examples []int, n, batch int) *tensors.Tensor {
	values := make([]int32, n*batch)
	for i, example := range examples {
		values[i] = int32(example)
	}
	return tensors.FromFlatDataAndDimensions(values, n, batch)
}

// warnNoLoop reports that a net computes batch by batch where many could be one program: GoMLX v0.28.8, for one, cannot
// sort in a loop.
func warnNoLoop(err error) {
	report.WarnOnce(fmt.Sprintf("d2l: this net could not be compiled as a loop for the GPU, so each batch is a program of "+
		"its own, which is slower: %v", err))
}

// imageCopies are the images and labels of a data set on devices, one copy on each for all iterators over the set.
type imageCopies struct {
	mutex sync.Mutex
	on    map[backendDevice]imageCopy
}

// A backendDevice is a device of a backend that has been started.
type backendDevice struct {
	backend compute.Backend
	number  compute.DeviceNum
}

type imageCopy struct {
	bytes  *tensors.Tensor // (images, side·side)
	labels *tensors.Tensor // uint8 (images)
	onHost []byte          // The labels.
}

// deviceImages are a data set in the memory of a device, for one iterator.
type deviceImages struct {
	imageCopy
	form   imageForm
	picked *graph.Exec // From bytes and the indices of a batch's examples to X.
	device compute.DeviceNum
	given  atomic.Int64 // Bytes of the batches since garbage was last collected.
}

// An imageForm has the height and width of images as stored and as yielded.
type imageForm struct{ side, resize int }

// batch returns the shape of a batch of n examples.
func (f imageForm) batch(n int) shapes.Shape {
	return shapes.Make(dtypes.Float32, n, 1, f.resize, f.resize)
}

// X adds a batch to the graph: the images, uint8 (images, side·side), at the indices examples.
func (f imageForm) X(images, examples *graph.Node) *graph.Node {
	X := graph.ConvertDType(graph.Gather(images, graph.ExpandAxes(examples, -1)), dtypes.Float32)
	if f.resize != f.side {
		X = f.resized(X)
	}
	return graph.Reshape(graph.MulScalar(X, scale), examples.Shape().Dim(0), 1, f.resize, f.resize)
}

// freeBatch frees the images of a batch of dataIter that nobody else has seen, if they are on a device: Go does not see
// their memory, and would keep it for long.
func freeBatch(dataIter DataIter, batch train.Batch) error {
	it, ok := dataIter.(*deviceIter)
	if !ok {
		return nil
	}
	images, _, err := it.images()
	if err != nil {
		return err
	}
	X := batch.Inputs[0]
	images.given.Add(-int64(X.Memory()))
	return X.FinalizeAll()
}

// gcThreshold is the device memory that batches, used ones included, may take before the garbage collector runs: Go
// does not see that memory and would hardly ever collect them.
const gcThreshold = 32 << 20

// imagesOn returns the images on a device, and their labels.
func (it *imageIter) imagesOn(device Device) (*deviceImages, []byte, error) {
	it.mutex.Lock()
	defer it.mutex.Unlock()
	if images, ok := it.onDevice[device]; ok {
		return images, images.onHost, nil
	}
	backend, number, err := device.Backend()
	if err != nil {
		return nil, nil, fmt.Errorf("putting the images on %v: %w", device, err)
	}
	images := &deviceImages{form: imageForm{it.side, it.resize}, device: number}
	if images.imageCopy, err = it.copyOn(device, backendDevice{backend, number}); err != nil {
		return nil, nil, err
	}
	if images.picked, err = graph.NewExec(backend, images.form.X); err != nil {
		return nil, nil, err
	}
	images.picked.SetMaxCache(-1) // As many sizes of batch as there are.
	if it.onDevice == nil {
		it.onDevice = map[Device]*deviceImages{}
	}
	it.onDevice[device] = images
	return images, images.onHost, nil
}

// copyOn returns the copy of the data set on a device, where it puts one if there is none.
func (it *imageIter) copyOn(device Device, to backendDevice) (c imageCopy, err error) {
	it.copies.mutex.Lock() // Held meanwhile: another loop waits for the same copy.
	defer it.copies.mutex.Unlock()
	if c, ok := it.copies.on[to]; ok {
		return c, nil
	}
	images, labels, err := it.load()
	if err != nil {
		return c, err
	}
	n := len(labels) // All of them: another iterator may be over more than this one.
	if c.bytes, err = bytesOn(to, images, n, it.side*it.side); err == nil {
		c.labels, err = bytesOn(to, labels, n)
	}
	if err != nil {
		return c, fmt.Errorf("putting the images on %v: %w", device, err)
	}
	c.onHost = labels
	it.release()
	if it.copies.on == nil {
		it.copies.on = map[backendDevice]imageCopy{}
	}
	it.copies.on[to] = c
	return c, nil
}

// bytesOn copies bytes to a device.
func bytesOn(to backendDevice, bytes []byte, shape ...int) (*tensors.Tensor, error) {
	buffer, err := to.backend.BufferFromFlatData(to.number, bytes, shapes.Make(dtypes.Uint8, shape...))
	if err != nil {
		return nil, err
	}
	return tensors.FromBuffer(buffer)
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
