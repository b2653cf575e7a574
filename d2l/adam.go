package d2l

import "github.com/gomlx/gomlx/ml/train/optimizer"

// Adam returns the optimizer Adam with the book's parameters: β₁ = 0.9 for the
// momentum, β₂ = 0.999 for the second moment, and ε = 10⁻⁶, where Gluon and
// PyTorch have 10⁻⁸. It panics unless lr is a positive number. For other
// parameters take GoMLX's:
//
//	d2l.Optimizer{Interface: optimizer.Adam().LearningRate(lr).Epsilon(1e-8).Done()}
//
// Book: adam, section "Adam".
func Adam(lr float64) Optimizer {
	requireRate("Adam", lr)
	return Optimizer{Interface: optimizer.Adam().LearningRate(lr).Betas(0.9, 0.999).Epsilon(1e-6).Done()}
}
