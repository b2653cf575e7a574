package d2l

import (
	"fmt"
	"image"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
	"golang.org/x/image/draw"
)

// imageIter is a DataIter over grey images of one size that are kept as bytes;
// a batch becomes float32 in [0, 1] as it is yielded, resized before that where
// asked, so memory does not grow with the size asked for.
type imageIter struct {
	name      string
	n         int // Examples.
	side      int // Height and width of the images as stored.
	resize    int // Height and width of the images as yielded.
	batchSize int
	shuffle   bool
	load      func() (images, labels []byte, err error)

	mutex    sync.Mutex
	onDevice map[Device]*deviceImages // Of devices that keep the images.
}

// Name returns what the images are, for messages.
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
		for examples := range it.batches() {
			if !yield(it.batch(images, labels, examples), nil) {
				return
			}
		}
	}
}

// batches iterates over the numbers of the examples in each batch of an epoch.
func (it *imageIter) batches() iter.Seq[[]int] {
	return slices.Chunk(it.order(), it.batchSize)
}

// order returns the order of the examples in an epoch.
func (it *imageIter) order() []int {
	if it.shuffle {
		return rand.New(rand.NewPCG(uint64(nextSeed()), 0)).Perm(it.n)
	}
	order := make([]int, it.n)
	for i := range order {
		order[i] = i
	}
	return order
}

// scale takes a byte of an image to [0, 1]. It multiplies, since XLA makes a
// multiplication of a division by a constant: so host and device give the same.
const scale = 1.0 / 255

// scaled is what each byte of an image becomes.
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
		Labels: []*tensors.Tensor{pickLabels(labels, examples)},
	}
}

// resizeTo writes the resized examples into X, on all cores. They go through
// colour pictures, since x/image is twice as fast with these as with grey ones.
func (it *imageIter) resizeTo(X []float32, images []byte, examples []int) {
	before, after := image.Rect(0, 0, it.side, it.side), image.Rect(0, 0, it.resize, it.resize)
	scaler := draw.BiLinear.NewScaler(after.Dx(), after.Dy(), before.Dx(), before.Dy())
	workers := min(runtime.GOMAXPROCS(0), len(examples))
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			resized, pixels := image.NewRGBA(after), it.resize*it.resize
			for i := worker; i < len(examples); i += workers {
				source := &image.Gray{Pix: images[examples[i]*it.side*it.side:], Stride: it.side, Rect: before}
				scaler.Scale(resized, after, source, before, draw.Src, nil)
				for p := range pixels {
					X[i*pixels+p] = scaled[resized.Pix[4*p]] // Its red.
				}
			}
		})
	}
	working.Wait()
}

// pickLabels returns the labels of some examples, int32 (batch).
func pickLabels(labels []byte, examples []int) *tensors.Tensor {
	y := make([]int32, len(examples))
	for i, example := range examples {
		y[i] = int32(labels[example])
	}
	return tensors.FromFlatDataAndDimensions(y, len(y))
}

// once makes a loader read its files on the first call that succeeds and hand
// out the same bytes from then on. A failure is not kept, so that the next cell
// or epoch finds a file that has been put right.
func once(load func() (images, labels []byte, err error)) func() (images, labels []byte, err error) {
	var mutex sync.Mutex
	var images, labels []byte
	return func() ([]byte, []byte, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if images != nil {
			return images, labels, nil
		}
		var err error
		images, labels, err = load()
		return images, labels, err
	}
}
