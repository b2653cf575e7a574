package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleSyntheticData() {
	features, labels := d2l.SyntheticData([]float32{2, -3.4}, 4.2, 1000)
	fmt.Println(d2l.ShapeOf(features), d2l.ShapeOf(labels))
	// Output: (1000, 2) (1000, 1)
}

// Linear regression, as in the book's section "Concise Implementation of Linear Regression".
func ExampleTrainer_WithLoss() {
	d2l.Seed(1)
	features, labels := d2l.SyntheticData([]float32{2, -3.4}, 4.2, 1000)
	dataIter := d2l.LoadArray(features, labels, 10, true)

	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.01)))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.03))).WithLoss(d2l.L2Loss{})
	for epoch := range 3 {
		for range trainer.Steps(dataIter, nil) {
		}
		d2l.Check(trainer.Err())
		fmt.Printf("epoch %d, loss %.3f\n", epoch+1, d2l.Must(trainer.EvaluateLoss(dataIter)))
	}
	for _, p := range net.Parameters() {
		fmt.Printf("%s: %.1f\n", p.Name(), d2l.Must(p.Value()).Value())
	}
	// Output:
	// epoch 1, loss 0.031
	// epoch 2, loss 0.000
	// epoch 3, loss 0.000
	// weights: [[2.0] [-3.4]]
	// biases: [4.2]
}
