package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// alexNet is the book's AlexNet for grey images of 224 × 224.
func alexNet() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 96, KernelSize: 11, Strides: 4, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Conv2D{Channels: 256, KernelSize: 5, Padding: 2, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Conv2D{Channels: 384, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: 384, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: 256, KernelSize: 3, Padding: 1, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		d2l.Dense{Units: 4096, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 4096, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 10},
	})
}

// AlexNet begins to learn eight images by heart. The book's training is on all
// images in batches of 128, for ten epochs at a rate of 0.01, which takes a GPU:
//
//	trainIter, testIter := d2l.LoadDataFashionMnist(128, 224)
//	d2l.TrainCh5(net, trainIter, testIter, 10, 0.01, d2l.TryGPU(0))
//
// The shapes are followed by, for example,
//
//	loss 1.888, train acc 0.375, test acc 0.375
//	12.6 examples/sec on cpu(0)
func ExampleTrainCh5_alexNet() {
	net := alexNet()
	for _, layer := range d2l.Must(net.Shapes(1, 224, 224)) {
		fmt.Println(layer.Name, "output shape:", layer.Shape)
	}
	d2l.Seed(1)
	_, testIter := d2l.LoadDataFashionMnist(8, 224)
	eight := d2l.FirstBatches(testIter, 1)
	d2l.Must(d2l.TrainCh5(net, eight, eight, 12, 0.02, d2l.TryGPU(0)))
}
