package d2l_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
)

// syntheticData is the book's synthetic_data: n examples of y = Xw + b + noise.
func syntheticData(w []float32, b float32, n int) (X, y *tensors.Tensor) {
	var features [][]float32
	var labels []float32
	random := rand.New(rand.NewPCG(42, 0))
	for range n {
		x, y := make([]float32, len(w)), b+0.01*float32(random.NormFloat64())
		for i := range x {
			x[i] = float32(random.NormFloat64())
			y += x[i] * w[i]
		}
		features, labels = append(features, x), append(labels, y)
	}
	return tensors.FromValue(features), tensors.FromValue(labels)
}

// Linear regression, as in the book's section "Concise Implementation of Linear Regression".
func ExampleTrainer_WithLoss() {
	d2l.Seed(1)
	features, labels := syntheticData([]float32{2, -3.4}, 4.2, 1000)
	dataIter := d2l.LoadArray(features, labels, 10, true)

	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
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
	// epoch 1, loss 0.038
	// epoch 2, loss 0.000
	// epoch 3, loss 0.000
	// weights: [[2.0] [-3.4]]
	// biases: [4.2]
}
