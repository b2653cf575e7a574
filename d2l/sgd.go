package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// SGD returns plain stochastic gradient descent with a constant learning rate:
// each step takes lr times the gradient of the batch's mean loss from each
// parameter. It panics unless lr is a positive number.
//
// Book: sgd, section "Linear Regression Implementation from Scratch".
func SGD(lr float64) optimizer.Interface {
	if !(lr > 0) || math.IsInf(lr, 0) {
		panic(fmt.Sprintf("d2l: SGD needs a positive learning rate, got %v", lr))
	}
	// GoMLX's own default divides the rate by the square root of the step.
	return optimizer.StochasticGradientDescent().WithLearningRate(lr).WithDecay(false).Done()
}
