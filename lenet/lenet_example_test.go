package lenet_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

func ExampleNew() {
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor(make([]float32, 28*28), 1, 1, 28, 28)
	outputs := d2l.Must(net.Outputs(X))
	for _, layer := range outputs {
		fmt.Printf("%s output shape: %v\n", layer.Name, layer.Shape())
	}
	fmt.Println(net.NumParameters(), "parameters")
	// Output:
	// conv0 output shape: (1, 6, 28, 28)
	// pool0 output shape: (1, 6, 14, 14)
	// conv1 output shape: (1, 16, 10, 10)
	// pool1 output shape: (1, 16, 5, 5)
	// dense0 output shape: (1, 120)
	// dense1 output shape: (1, 84)
	// dense2 output shape: (1, 10)
	// 61706 parameters
}

func ExampleImproved() {
	for _, layer := range d2l.Must(lenet.Improved().Shapes(1, 28, 28)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// conv0 (1, 8, 28, 28)
	// pool0 (1, 8, 14, 14)
	// conv1 (1, 16, 10, 10)
	// pool1 (1, 16, 5, 5)
	// conv2 (1, 32, 5, 5)
	// dense0 (1, 256)
	// dense1 (1, 10)
}

// The network memorizes one batch. Ten epochs of all images take about 40 seconds
// on two cores:
//
//	trainIter, testIter := d2l.LoadDataFashionMnist(128)
//	numEpochs := 10
//	opt := lenet.ImprovedOptimizer(numEpochs * trainIter.Len())
//	d2l.TrainCh5(lenet.Improved(), trainIter, testIter, numEpochs, opt, d2l.TryGPU(0))
func ExampleImprovedOptimizer() {
	const updates = 40
	d2l.Seed(1)
	_, testIter := d2l.LoadDataFashionMnist(16)
	net := lenet.Improved()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, lenet.ImprovedOptimizer(updates)))
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		for range updates {
			_, _, err := trainer.Step(X, y)
			d2l.Check(err)
		}
		fmt.Println(d2l.Must(d2l.Accuracy(d2l.Must(net.Forward(X)), y)), "of 16 are right")
		break
	}
	// Output: 16 of 16 are right
}
