package d2l_test

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// highDimensional returns n examples of the book's section "Weight Decay". With 200 features and 20 examples a linear
// model learns these by heart, and with a penalty on its weights it does so less.
func highDimensional(n int) (features, labels *d2l.Tensor) {
	return d2l.SyntheticData(slices.Repeat([]float32{0.01}, 200), 0.05, n)
}

var lossCurves = d2l.PlotOptions{
	XLabel: "epochs", YLabel: "loss", YScale: "log", XLim: []float64{20, 100}, Legend: []string{"train", "test"},
}

// l2Penalty is half the square of the L2 norm of w.
func l2Penalty(w *graph.Node) *graph.Node {
	return graph.DivScalar(graph.ReduceAllSum(graph.Square(w)), 2)
}

var l2Norm = d2l.Compile(func(w *graph.Node) *graph.Node { return graph.L2Norm(w) })

// The penalty from scratch: a step takes the gradients of the loss plus λ times the penalty.
func Example_weightDecayScratch() {
	d2l.Seed(1)
	X, y := highDimensional(20)
	testX, testY := highDimensional(100)
	loss := func(w, b, X, y *graph.Node) *graph.Node { return graph.ReduceAllMean(squaredLoss(linreg(X, w, b), y)) }
	step := d2l.CompileN(func(lambd, w, b, X, y *graph.Node) []*graph.Node {
		gradients := graph.Gradient(graph.Add(loss(w, b, X, y), graph.Mul(lambd, l2Penalty(w))), w, b)
		return []*graph.Node{
			graph.Sub(w, graph.MulScalar(gradients[0], 0.003)), graph.Sub(b, graph.MulScalar(gradients[1], 0.003)),
		}
	})
	evaluateLoss := d2l.Compile(loss)
	for _, lambd := range []float32{0, 3} {
		w, b, animator := d2l.Randn(200, 1), d2l.NewTensor([][]float32{{0}}), d2l.NewAnimator(lossCurves)
		for epoch := range 100 {
			for batch, err := range d2l.LoadArray(X, y, 5, true).Iter() {
				d2l.Check(err)
				params := d2l.Must(step(lambd, w, b, batch.Inputs[0], batch.Labels[0]))
				w, b = params[0], params[1]
			}
			if (epoch+1)%20 == 0 {
				train, test := d2l.Must(evaluateLoss(w, b, X, y)), d2l.Must(evaluateLoss(w, b, testX, testY))
				animator.Add(float64(epoch+1), float64s(train)[0], float64s(test)[0])
			}
		}
		norm, test := d2l.Must(l2Norm(w)).Value(), d2l.Must(evaluateLoss(w, b, testX, testY)).Value()
		fmt.Printf("λ = %v: L2 norm of w %.1f, test loss %.0f\n", lambd, norm, test)
	}
	// Output:
	// λ = 0: L2 norm of w 13.4, test loss 105
	// λ = 3: L2 norm of w 0.4, test loss 0
}

// The concise version: the weights of the layer decay, and not its bias. As in the book, its loss is the squared error,
// and that from scratch half of it.
func ExampleOptimizer_WithWeightDecay_linear() {
	d2l.Seed(1)
	features, labels := highDimensional(20)
	testFeatures, testLabels := highDimensional(100)
	trainIter := d2l.LoadArray(features, labels, 5, true)
	testIter := d2l.LoadArray(testFeatures, testLabels, 100, false)
	isWeight := func(name string) bool { return name == "weight" }
	for _, wd := range []float64{0, 3} {
		net := d2l.NewNet(d2l.Dense{Units: 1})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(1)))
		opt := d2l.SGD(0.003).WithWeightDecay(wd, isWeight)
		trainer, animator := d2l.Must(d2l.NewTrainer(net, opt)).WithLoss(d2l.MSELoss{}), d2l.NewAnimator(lossCurves)
		for epoch := range 100 {
			for range trainer.Steps(trainIter, nil) {
			}
			d2l.Check(trainer.Err())
			if (epoch+1)%20 == 0 {
				train, test := d2l.Must(trainer.EvaluateLoss(trainIter)), d2l.Must(trainer.EvaluateLoss(testIter))
				animator.Add(float64(epoch+1), train, test)
			}
		}
		norm := d2l.Must(l2Norm(d2l.Must(d2l.Must(net.Parameter("weight")).Value()))).Value()
		fmt.Printf("λ = %v: L2 norm of w %.1f, test loss %.0f\n", wd, norm, d2l.Must(trainer.EvaluateLoss(testIter)))
	}
	// Output:
	// λ = 0: L2 norm of w 13.2, test loss 220
	// λ = 3: L2 norm of w 0.4, test loss 0
}
