package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
)

// polynomial returns n examples of the book's polynomial of degree three, with noise: the features are xⁱ/i! for i
// from 0 to 19.
func polynomial(n int, random *rand.Rand) (features [][]float32, labels []float32) {
	w := [20]float64{5, 1.2, -3.4, 5.6}
	for range n {
		x, row, y := random.NormFloat64(), make([]float32, len(w)), 0.1*random.NormFloat64()
		for i := range row {
			feature := math.Pow(x, float64(i)) / math.Gamma(float64(i+1))
			row[i] = float32(feature)
			y += w[i] * feature
		}
		features, labels = append(features, row), append(labels, float32(y))
	}
	return features, labels
}

// firstColumns returns the first n features of each example.
func firstColumns(features [][]float32, n int) *d2l.Tensor {
	var first [][]float32
	for _, row := range features {
		first = append(first, row[:n])
	}
	return d2l.NewTensor(first)
}

// Polynomial regression, as in the book's section "Model Selection, Underfitting, and Overfitting": with four
// features the net finds the polynomial, with two it cannot.
func ExampleTrainer_EvaluateLoss() {
	d2l.Seed(1)
	random := rand.New(rand.NewPCG(1, 0))
	features, labels := polynomial(100, random)
	testFeatures, testLabels := polynomial(100, random)
	for _, degree := range []int{4, 2} {
		trainIter := d2l.LoadArray(firstColumns(features, degree), d2l.NewTensor(labels), 10, true)
		testIter := d2l.LoadArray(firstColumns(testFeatures, degree), d2l.NewTensor(testLabels), 10, false)
		net := d2l.NewNet(d2l.Dense{Units: 1})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.01))).WithLoss(d2l.L2Loss{})
		for range 400 {
			for range trainer.Steps(trainIter, nil) {
			}
			d2l.Check(trainer.Err())
		}
		trainLoss, testLoss := d2l.Must(trainer.EvaluateLoss(trainIter)), d2l.Must(trainer.EvaluateLoss(testIter))
		fmt.Printf("%d features: train loss below 0.02: %v, ", degree, trainLoss < 0.02)
		fmt.Printf("test loss below 0.02: %v\n", testLoss < 0.02)
	}
	// Output:
	// 4 features: train loss below 0.02: true, test loss below 0.02: true
	// 2 features: train loss below 0.02: false, test loss below 0.02: false
}
