package d2l_test

import "github.com/d2l-go/book/d2l"

// trainConcise trains layers whose weights are drawn from a normal distribution. The book's trainings take ten epochs.
func trainConcise(layers ...d2l.Layer) {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.WithInit(d2l.Sequential(layers), d2l.Normal(0.01)))
	d2l.Must(d2l.TrainCh5(net, trainIter, testIter, 1, 0.1, d2l.TryGPU(0)))
}

// The book's section "Concise Implementation of Softmax Regression". It prints, for example,
//
//	loss 0.786, train acc 0.749, test acc 0.791
//	9298.7 examples/sec on cpu(0)
func ExampleTrainCh5_softmaxRegression() { trainConcise(d2l.Dense{Units: 10}) }

// The book's section "Concise Implementation of Multilayer Perceptrons".
func ExampleTrainCh5_mlp() {
	trainConcise(d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10})
}
