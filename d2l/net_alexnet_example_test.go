package d2l_test

import "github.com/d2l-go/book/d2l"

// alexNet is the book's AlexNet for grey images of 224 × 224, with all widths divided by ratio.
func alexNet(ratio int) *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 96 / ratio, KernelSize: 11, Strides: 4, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Conv2D{Channels: 256 / ratio, KernelSize: 5, Padding: 2, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Conv2D{Channels: 384 / ratio, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: 384 / ratio, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: 256 / ratio, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Dense{Units: 4096 / ratio, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 4096 / ratio, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 10},
	})
}

// AlexNet, made narrower, begins to learn eight images by heart. The book's training is of the whole net, on all images
// in batches of 128, for ten epochs at a rate of 0.01, which takes a GPU:
//
//	trainIter, testIter := d2l.LoadDataFashionMnist(128, 224)
//	d2l.TrainCh6(net, trainIter, testIter, 10, 0.01, d2l.TryGPU(0))
//
// The shapes are followed by, for example,
//
//	loss 1.577, train acc 0.375, test acc 0.250
//	7.9 examples/sec on cpu(0)
func ExampleTrainCh5_alexNet() {
	printShapes(alexNet(1), 1, 224, 224)
	trainFew(alexNet(4), 0.05, 224)
}
