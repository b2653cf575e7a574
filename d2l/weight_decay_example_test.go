package d2l_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Weight Decay": with 200 features and 20 examples a linear model learns these by heart, and with a
// penalty on its weights it does so less.
func ExampleOptimizer_WithWeightDecay_linear() {
	d2l.Seed(1)
	trueW := make([]float32, 200)
	for i := range trueW {
		trueW[i] = 0.01
	}
	features, labels := d2l.SyntheticData(trueW, 0.05, 20)
	testFeatures, testLabels := d2l.SyntheticData(trueW, 0.05, 100)
	trainIter := d2l.LoadArray(features, labels, 5, true)
	testIter := d2l.LoadArray(testFeatures, testLabels, 100, false)
	isWeight := func(name string) bool { return strings.HasSuffix(name, "weight") }
	for _, wd := range []float64{0, 3} {
		net := d2l.NewNet(d2l.Dense{Units: 1})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(1)))
		opt := d2l.SGD(0.003).WithWeightDecay(wd, isWeight)
		trainer := d2l.Must(d2l.NewTrainer(net, opt)).WithLoss(d2l.MSELoss{})
		var epochs, train, test []float64
		for epoch := range 100 {
			for range trainer.Steps(trainIter, nil) {
			}
			d2l.Check(trainer.Err())
			if (epoch+1)%20 == 0 {
				epochs = append(epochs, float64(epoch+1))
				train = append(train, d2l.Must(trainer.EvaluateLoss(trainIter)))
				test = append(test, d2l.Must(trainer.EvaluateLoss(testIter)))
			}
		}
		d2l.Must(d2l.Plot([][]float64{epochs}, [][]float64{train, test}, d2l.PlotOptions{
			XLabel: "epochs", YLabel: "loss", YScale: "log", Legend: []string{"train", "test"},
		}))
		square := 0.0
		for _, w := range d2l.Values[float32](d2l.Must(d2l.Must(net.Parameter("weight")).Value())) {
			square += float64(w * w)
		}
		fmt.Printf("λ = %v: L2 norm of w %.1f, train loss %.2f, test loss %.0f\n", wd, math.Sqrt(square),
			train[len(train)-1], test[len(test)-1])
	}
	// Output:
	// λ = 0: L2 norm of w 13.2, train loss 0.00, test loss 220
	// λ = 3: L2 norm of w 0.4, train loss 0.00, test loss 0
}
