package d2l

// Rate is what TrainCh5 takes for lr: the learning rate of plain stochastic
// gradient descent, or an Optimizer; one of GoMLX's is wrapped as
// Optimizer{Interface: …}. (int is allowed so that the constant 1 can be passed,
// which Go types as an int.)
//
// Book: none; train_ch5 takes a number.
type Rate interface {
	float64 | int | Optimizer
}

// OptimizerOf returns SGD with the learning rate lr, or lr itself if it is an
// Optimizer. It panics unless a learning rate is a positive number.
//
// Book: none; train_ch5 always makes its own Trainer, with 'sgd'.
func OptimizerOf[R Rate](lr R) Optimizer {
	switch lr := any(lr).(type) {
	case Optimizer:
		return lr
	case int:
		return SGD(float64(lr))
	default:
		return SGD(lr.(float64))
	}
}
