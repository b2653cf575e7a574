package d2l

import "github.com/gomlx/gomlx/ml/train/optimizer"

// SGD returns plain stochastic gradient descent: each step takes lr times the
// gradient of the batch's mean loss from each parameter. It panics unless lr is a
// positive number.
//
// Book: sgd, section "Linear Regression Implementation from Scratch".
func SGD(lr float64) Optimizer {
	requireRate("SGD", lr)
	return Optimizer{Interface: plainSGD(lr)}
}

// plainSGD returns GoMLX's, which on its own divides the rate by the square root
// of the step.
func plainSGD(lr float64) *optimizer.SGDConfig {
	return optimizer.StochasticGradientDescent().WithLearningRate(lr).WithDecay(false)
}
