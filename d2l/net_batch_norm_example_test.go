package d2l_test

import (
	"github.com/d2l-go/book/d2l"
)

// batchNormLeNet is LeNet as in the book's section "Batch Normalization": each
// sum is normalized before the sigmoid.
func batchNormLeNet() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5},
		d2l.BatchNorm{}, d2l.Sigmoid,
		d2l.MaxPool2D{PoolSize: 2, Strides: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 5},
		d2l.BatchNorm{}, d2l.Sigmoid,
		d2l.MaxPool2D{PoolSize: 2, Strides: 2},
		d2l.Dense{Units: 120},
		d2l.BatchNorm{}, d2l.Sigmoid,
		d2l.Dense{Units: 84},
		d2l.BatchNorm{}, d2l.Sigmoid,
		d2l.Dense{Units: 10},
	})
}

// With batch normalization LeNet learns from the first batches on, at a higher rate
// than the chapter's. The statistics that the evaluation normalizes with are
// kept up by TrainCh5. The book's training is five epochs of all batches.
//
// This prints, for example,
//
//	loss 0.958, train acc 0.669, test acc 0.757
//	3843.6 examples/sec on cpu(0)
func ExampleTrainCh5_batchNorm() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	trainIter, testIter = d2l.FirstBatches(trainIter, 60), d2l.FirstBatches(testIter, 8)
	d2l.Must(d2l.TrainCh5(batchNormLeNet(), trainIter, testIter, 1, 1.0, d2l.TryGPU(0)))
}
