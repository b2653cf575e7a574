package d2l_test

import "github.com/d2l-go/book/d2l"

// A convolutional network learns to classify clothes in one epoch. It prints, for
// example,
//
//	loss 0.766, train acc 0.718, test acc 0.777
//	28142.7 examples/sec on cpu(0)
func Example() {
	d2l.Seed(42) // The same results in every run.
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Dense{Units: 84, Activation: d2l.ReLU},
		d2l.Dense{Units: 10},
	})
	d2l.Must(d2l.TrainCh5(net, trainIter, testIter, 1, 0.1, d2l.TryGPU(0)))
	d2l.Check(net.SaveParameters("clothes.params"))
}
