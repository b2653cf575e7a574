package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
)

// In training the batch is normalized with its own mean and variance; afterwards
// the output for an example is the same in any batch.
func ExampleBatchNorm() {
	d2l.Seed(1)
	net := initialized(d2l.Sequential{d2l.BatchNorm{}, d2l.Dense{Units: 2}})
	X := tensors.FromValue([][]float32{{1, 10}, {2, 20}, {3, 30}})
	y := tensors.FromValue([]int32{0, 1, 1})
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	_, _, err := trainer.Step(X, y)
	d2l.Check(err)
	for _, batch := range [][][]float32{{{1, 10}, {2, 20}, {3, 30}}, {{2, 20}}} {
		outputs := d2l.Must(net.Outputs(tensors.FromValue(batch)))
		fmt.Printf("%s %v: %.3f\n", outputs[0].Name, outputs[0].Shape(), outputs[0].Value.Value())
	}
	// Output:
	// batchnorm0 (3, 2): [[-1.223 -1.231] [-0.004 0.022] [1.215 1.275]]
	// batchnorm0 (1, 2): [[-0.004 0.022]]
}

// Forward drops nothing; a training step does.
func ExampleDropout() {
	net := initialized(d2l.Dropout{Rate: 0.5})
	y := d2l.Must(net.Forward(tensors.FromValue([][]float32{{1, 2, 3, 4}})))
	fmt.Println(y.Value())
	// Output: [[1 2 3 4]]
}

// An activation is a layer where it does not follow Conv2D or Dense at once.
func ExampleActivation() {
	net := initialized(d2l.Sequential{d2l.ReLU, d2l.Tanh})
	outputs := d2l.Must(net.Outputs(tensors.FromValue([][]float32{{-1, 0, 1}})))
	for _, layer := range outputs {
		fmt.Printf("%s: %.3f\n", layer.Name, layer.Value.Value())
	}
	// Output:
	// relu0: [[0.000 0.000 1.000]]
	// tanh0: [[0.000 0.000 0.762]]
}

func ExampleGlobalAvgPool2D() {
	net := initialized(d2l.GlobalAvgPool2D{})
	y := d2l.Must(net.Forward(tensors.FromValue([][][][]float32{{{{1, 2}, {3, 4}}, {{5, 5}, {5, 7}}}})))
	fmt.Println(d2l.ShapeOf(y), y.Value())
	// Output: (1, 2, 1, 1) [[[[2.5]] [[5.5]]]]
}
