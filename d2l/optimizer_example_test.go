package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// losses returns the losses of a few steps on the same three examples.
func losses(opt optimizer.Interface, steps int) []float64 {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Dense{Units: 3})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, opt))
	X, y := d2l.NewTensor([][]float32{{1, 0}, {0, 1}, {1, 1}}), d2l.NewTensor([]int32{0, 1, 2})
	var losses []float64
	for range steps {
		lossSum, _, err := trainer.Step(X, y)
		d2l.Check(err)
		losses = append(losses, lossSum)
	}
	return losses
}

// falls returns whether the last loss is below half of the first.
func falls(losses []float64) bool { return losses[len(losses)-1] < losses[0]/2 }

// Any optimizer of GoMLX's can be used, with or without a schedule.
func ExampleOptimizer() {
	rmsProp := d2l.Optimizer{Interface: optimizer.RMSProp().LearningRate(0.1).Done()}
	fmt.Println(falls(losses(rmsProp, 50)))
	// Output: true
}

// The book's first schedule: the rate falls with the square root of the updates.
func ExampleOptimizer_WithSchedule() {
	opt := d2l.SGD(1).WithSchedule(func(update int) float64 {
		return 1 / math.Sqrt(float64(update+1))
	})
	fmt.Println(falls(losses(opt, 50)))
	// Output: true
}

// One step takes lr times the gradient from each parameter. All values are zero
// here but the biases' gradient: half a unit up for the label, half a unit down for
// the other class.
func ExampleSGD() {
	net := d2l.NewNet(d2l.Dense{Units: 2})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	_, _, err := trainer.Step(d2l.NewTensor([][]float32{{0, 0}}), d2l.NewTensor([]int32{0}))
	d2l.Check(err)
	biases := net.Parameters()[1]
	fmt.Printf("%.2f\n", d2l.Must(biases.Value()).Value())
	// Output: [0.05 -0.05]
}

func ExampleMomentum() {
	fmt.Println(falls(losses(d2l.Momentum(0.1, 0.9), 50)))
	// Output: true
}

func ExampleAdam() {
	fmt.Println(falls(losses(d2l.Adam(0.1), 50)), falls(losses(d2l.Adam(0.1, 0.5, 0.999), 50)))
	// Output: true true
}

// A training loop of your own can take the same types for lr as TrainCh5.
func ExampleOptimizerOf() {
	fmt.Println(falls(losses(d2l.OptimizerOf(1.0), 50)), falls(losses(d2l.OptimizerOf(d2l.Adam(0.1)), 50)))
	// Output: true true
}

func ExampleAdagrad() {
	fmt.Println(falls(losses(d2l.Adagrad(0.5), 50)))
	// Output: true
}

func ExampleRMSProp() {
	fmt.Println(falls(losses(d2l.RMSProp(0.1, 0.9), 50)))
	// Output: true
}

func ExampleAdadelta() {
	steps := losses(d2l.Adadelta(0.9), 50)
	fmt.Println(steps[49] < steps[0])
	// Output: true
}

// The penalty keeps the weights small, and the loss higher.
func ExampleOptimizer_WithWeightDecay() {
	without, with := losses(d2l.SGD(1), 50), losses(d2l.SGD(1).WithWeightDecay(0.1), 50)
	fmt.Println(with[49] > without[49])
	// Output: true
}

// With gradients of such a small norm, the rate matters little.
func ExampleOptimizer_WithGradientClipping() {
	steps := losses(d2l.SGD(1).WithGradientClipping(1e-3), 50)
	fmt.Println(steps[0]-steps[49] < 0.2)
	// Output: true
}

// The weights are frozen; the biases are trained ten times as fast.
func ExampleOptimizer_WithRates() {
	opt := d2l.SGD(0.1).WithRates(func(name string) float64 {
		if name == "bias" {
			return 10
		}
		return 0
	})
	steps := losses(opt, 5)
	fmt.Println(steps[4] < steps[0])
	// Output: true
}
