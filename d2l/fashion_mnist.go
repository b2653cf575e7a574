package d2l

import (
	"fmt"
)

// fashionMnist is by Xiao, Rasul and Vollgraf, 2017, under the MIT licence; its
// files are at the authors' own address and in their repository.
var fashionMnist = newMnistSet("Fashion-MNIST", "fashion-mnist",
	"on Debian install it (apt install dataset-fashion-mnist)",
	[]string{
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
	},
	map[string]string{
		"train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
		"train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
		"t10k-images-idx3-ubyte":  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
		"t10k-labels-idx1-ubyte":  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
	})

// LoadDataFashionMnist returns Fashion-MNIST in batches of batchSize: 60,000
// training images, shuffled anew each epoch, and 10,000 test images in order.
//
// A batch's X is float32 (batch, 1, 28, 28) in [0, 1], its y int32 (batch), the
// number of a label in GetFashionMnistLabels. The last batch holds what is left:
// with batchSize 256 there are 235 training batches, the last of 96, and 40 test
// batches, the last of 16. Given a resize, images are (batch, 1, resize, resize).
//
// Nothing is read before the first batch is asked for; then the files are looked
// for in the folder named by D2L_DATA, in the user's cache and where Debian's
// package dataset-fashion-mnist puts them, and fetched if they are nowhere. Their
// content is verified. What fails is the error of the iteration.
//
// It panics if batchSize or resize is not positive, or on more than one resize.
//
// Book: load_data_fashion_mnist, section "The Image Classification Dataset".
func LoadDataFashionMnist(batchSize int, resize ...int) (train, test DataIter) {
	return fashionMnist.iters("LoadDataFashionMnist", batchSize, resize)
}

// KeepFashionMnist makes sure that Fashion-MNIST can be loaded without the
// network: it finds and verifies its files, or, if fetch is set, fetches those
// that are missing, and puts uncompressed copies into the user's cache, where
// they are read fastest. It returns the folder of the copies.
//
// Book: none; gluon.data.vision.FashionMNIST fetches its files by itself.
func KeepFashionMnist(fetch bool) (dir string, err error) {
	return fashionMnist.keep(fetch)
}

var fashionLabels = [...]string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}

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

// mnist is by LeCun, Cortes and Burges, 1998, under CC BY-SA 3.0. Their own
// address no longer serves the files; these are the usual mirrors.
var mnist = newMnistSet("MNIST", "mnist",
	"run scripts/setup of github.com/d2l-go/book, which gets it through the Go module proxy",
	[]string{
		"https://ossci-datasets.s3.amazonaws.com/mnist/",
		"https://storage.googleapis.com/cvdf-datasets/mnist/",
	},
	map[string]string{
		"train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
		"train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
		"t10k-images-idx3-ubyte":  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
		"t10k-labels-idx1-ubyte":  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
	})

// LoadDataMnist returns MNIST, handwritten digits, in batches of batchSize: 60,000
// training images, shuffled anew each epoch, and 10,000 test images in order. The
// label of an image is its digit.
//
// In all else it is as LoadDataFashionMnist: the shapes and values of a batch, the
// last batch, resize, the panics, and where the files are looked for, except that
// Debian has no package of them. scripts/setup of github.com/d2l-go/book puts them
// into the user's cache.
//
// Book: none; exercise 3 of section "Convolutional Neural Networks (LeNet)" asks
// for this data.
func LoadDataMnist(batchSize int, resize ...int) (train, test DataIter) {
	return mnist.iters("LoadDataMnist", batchSize, resize)
}

// KeepMnist does for MNIST what KeepFashionMnist does for Fashion-MNIST.
//
// Book: none; gluon.data.vision.MNIST fetches its files by itself.
func KeepMnist(fetch bool) (dir string, err error) {
	return mnist.keep(fetch)
}
