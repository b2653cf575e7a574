package d2l

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
