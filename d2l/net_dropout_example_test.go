package d2l_test

import (
	"github.com/d2l-go/book/d2l"
)

// dropoutMLP is the multilayer perceptron of the book's section "Dropout", which
// drops fewer numbers near the input.
func dropoutMLP() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 256, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.2},
		d2l.Dense{Units: 256, Activation: d2l.ReLU},
		d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 10},
	})
}

// Numbers are dropped in training alone; the evaluation uses them all. The book's
// training is ten epochs of all batches.
//
// This prints, for example,
//
//	loss 1.259, train acc 0.546, test acc 0.750
//	24349.5 examples/sec on cpu(0)
func ExampleTrainCh5_dropout() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	d2l.Must(d2l.TrainCh5(dropoutMLP(), d2l.FirstBatches(trainIter, 60), d2l.FirstBatches(testIter, 8), 1, 0.5, d2l.TryGPU(0)))
}
