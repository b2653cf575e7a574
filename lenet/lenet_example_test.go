package lenet_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

func ExampleNew() {
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := tensors.FromShape(shapes.Make(dtypes.Float32, 1, 1, 28, 28))
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

// Training takes about 40 seconds on two cores, too long to be run with the tests.
func ExampleImprovedOptimizer() {
	trainIter, testIter := d2l.LoadDataFashionMnist(128)
	numEpochs := 10
	opt := lenet.ImprovedOptimizer(numEpochs * trainIter.Len())
	d2l.Must(d2l.TrainCh5(lenet.Improved(), trainIter, testIter, numEpochs, opt, d2l.TryGPU(0)))
}
