package d2l

import (
	"fmt"
	"sync"

	"github.com/d2l-go/book/d2l/internal/mnist"
)

// LoadDataFashionMnist returns Fashion-MNIST in batches of batchSize: 60,000
// training images, shuffled in each epoch, and 10,000 test images in order.
//
// A batch's X is float32 (batch, 1, 28, 28) in [0, 1], its y int32 (batch), the
// number of a label in GetFashionMnistLabels. The last batch holds what is left:
// with batchSize 256 there are 235 training batches, the last of 96, and 40 test
// batches, the last of 16. Given a resize, images are (batch, 1, resize, resize).
//
// Nothing is read before the first batch is needed. Then the files are searched for
// in the folder named by D2L_DATA, in the user's cache and where Debian's package
// dataset-fashion-mnist puts them, and fetched if they are nowhere. Their content is
// verified. A failure is the error of the iteration.
//
// It panics if batchSize or resize is not positive, or on more than one resize.
//
// Book: load_data_fashion_mnist, section "The Image Classification Dataset".
func LoadDataFashionMnist(batchSize int, resize ...int) (train, test DataIter) {
	return mnistIters(mnist.FashionMNIST, "LoadDataFashionMnist", batchSize, resize)
}

// KeepFashionMnist makes sure that Fashion-MNIST can be loaded without the
// network: it finds and verifies its files, or, if fetch is set, fetches those
// that are missing, and puts uncompressed copies into the user's cache, where
// they are read fastest. It returns the folder of the copies.
//
// Book: none; gluon.data.vision.FashionMNIST fetches its files when it is made.
func KeepFashionMnist(fetch bool) (dir string, err error) {
	return mnist.FashionMNIST.Keep(fetch)
}

var fashionLabels = [...]string{
	"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
}

// GetFashionMnistLabels returns the names of the labels, each from 0 to 9. It
// panics on any other number.
//
// Book: get_fashion_mnist_labels, section "The Image Classification Dataset".
func GetFashionMnistLabels[L int | int32](labels ...L) []string {
	names := make([]string, len(labels))
	for i, label := range labels {
		if label < 0 || int(label) >= len(fashionLabels) {
			panic(fmt.Sprintf("d2l: Fashion-MNIST has no label %d, only 0 to %d", label, len(fashionLabels)-1))
		}
		names[i] = fashionLabels[label]
	}
	return names
}

// LoadDataMnist returns MNIST, handwritten digits, in batches of batchSize: 60,000
// training images, shuffled in each epoch, and 10,000 test images in order. The
// label of an image is its digit.
//
// Everything else is as in LoadDataFashionMnist: the shapes and values of a batch, the
// last batch, resize, the panics, and where the files are searched for, except that
// Debian has no package of them. scripts/setup of github.com/d2l-go/book puts them
// into the user's cache.
//
// Book: none; exercise 3 of section "Convolutional Neural Networks (LeNet)" needs
// this data.
func LoadDataMnist(batchSize int, resize ...int) (train, test DataIter) {
	return mnistIters(mnist.MNIST, "LoadDataMnist", batchSize, resize)
}

// KeepMnist does for MNIST what KeepFashionMnist does for Fashion-MNIST.
//
// Book: none; gluon.data.vision.MNIST fetches its files when it is made.
func KeepMnist(fetch bool) (dir string, err error) {
	return mnist.MNIST.Keep(fetch)
}

// mnistCopies has the imageCopies of each *mnist.Part.
var mnistCopies sync.Map

func copiesOf(p *mnist.Part) *imageCopies {
	copies, _ := mnistCopies.LoadOrStore(p, &imageCopies{})
	return copies.(*imageCopies)
}

// mnistIters returns a data set in batches, for the exported function caller.
func mnistIters(set *mnist.Set, caller string, batchSize int, resize []int) (train, test DataIter) {
	side := mnist.Side
	if len(resize) > 0 {
		side = resize[0]
	}
	if batchSize <= 0 || side <= 0 || len(resize) > 1 {
		panic(fmt.Sprintf("d2l: %s needs a positive batch size and at most one positive resize, got %d and %v",
			caller, batchSize, resize))
	}
	part := func(name string, p *mnist.Part, shuffle bool) DataIter {
		return &imageIter{
			name: fmt.Sprintf("%s (%s)", set.Name, name), n: p.N, load: p.Load, release: p.Release, copies: copiesOf(p), shuffle: shuffle,
			side: mnist.Side, resize: side, batchSize: batchSize,
		}
	}
	return part("train", set.Train, true), part("test", set.Test, false)
}
