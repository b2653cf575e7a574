package d2l

import "fmt"

// Result has the metrics of a training run.
//
// Book: none; train_ch5 prints them and returns nothing.
type Result struct {
	Loss           float64 // Mean loss over the last epoch.
	TrainAcc       float64 // Fraction of correct predictions over the last epoch.
	TestAcc        float64 // Fraction of correct predictions on the test set at the end.
	ExamplesPerSec float64 // Training examples a second, over the time of the steps.
	Devices        Devices
}

// String returns the metrics in one line, rounded as TrainCh5 prints them in two.
func (r Result) String() string {
	return fmt.Sprintf("loss %.3f, train acc %.3f, test acc %.3f, %.1f examples/sec on %v",
		r.Loss, r.TrainAcc, r.TestAcc, r.ExamplesPerSec, r.Devices)
}

// TrainCh5 trains net with minibatch stochastic gradient descent on the softmax
// cross-entropy loss, from parameters that it draws first (Xavier). ctx is one device,
// such as TryGPU(0), or several, such as TryAllGPUs()..., over which each batch is split.
// In place of the learning rate lr it also takes an Optimizer, such as Adam(0.001), with
// or without a schedule.
//
// Loss and training accuracy come from the forward passes of the training steps,
// averaged over the epoch so far; they are plotted every 50 batches, or, in an epoch of
// fewer than 200, about five times and after the last batch, as in later editions; the
// test accuracy after each epoch. The rate, in examples a second, is measured over the
// time of the steps, without loading and evaluation.
// On a GPU up to 50 steps are one program: see Trainer.Steps.
//
// A batch has inputs X of any shape that the net takes and labels y, int32 (batch); the
// net's output is (batch, classes). Two lines are printed at the end, as in the
// book. An error of the data, the net or a device ends the training and is returned.
// So does a loss or an update that is NaN or infinite, for example because lr is too
// large; the net then has the parameters of the last successful step. In a notebook, an
// interrupt ends it with ErrInterrupted. If the loss is that of guessing at the end, or
// higher, TrainCh5 says so on standard error. It panics if lr or numEpochs is not
// positive, or without a device.
//
// Book: train_ch5, section "Convolutional Neural Networks (LeNet)".
func TrainCh5[R Rate](net *Net, trainIter, testIter DataIter,
	numEpochs int, lr R, ctx ...Device) (*Result, error) {
	if numEpochs <= 0 || len(ctx) == 0 || trainIter == nil || testIter == nil {
		panic("d2l: TrainCh5 needs data, at least one epoch, and a device, such as TryGPU(0)")
	}
	opt := OptimizerOf(lr) // Which refuses a rate before the parameters are drawn anew.
	if err := net.Initialize(ctx[0], Xavier); err != nil {
		return nil, err
	}
	trainer, err := NewTrainer(net, opt, ctx...)
	if err != nil {
		return nil, err
	}
	return trainEpochs(net, trainer.WithLoss(SoftmaxCrossEntropyLoss{}), trainIter, testIter, numEpochs, ctx)
}

// trainEpochs is the loop of TrainCh5, for a net that has parameters.
func trainEpochs(net *Net, trainer *Trainer, trainIter, testIter DataIter,
	numEpochs int, ctx Devices) (_ *Result, err error) {
	animator := NewAnimator(PlotOptions{XLabel: "epoch", XLim: []float64{0, float64(numEpochs)},
		Legend: []string{"train loss", "train acc", "test acc"}})
	timer := NewTimer()
	var trainLoss, trainAcc, testAcc, examples float64
	for epoch := range numEpochs {
		metric := NewAccumulator(3) // Sum of losses, correct predictions, examples.
		// Each step copies a batch to ctx if necessary, then computes loss, gradients and update.
		for i, step := range trainer.Steps(trainIter, timer) {
			metric.Add(step.LossSum, step.Correct, step.Examples)
			trainLoss, trainAcc = metric[0]/metric[2], metric[1]/metric[2]
			// Points are every 50 batches, or, of few, about five and the last.
			if n := trainIter.Len(); n >= 200 && (i+1)%50 == 0 || n < 200 && ((i+1)%max(n/5, 1) == 0 || i == n-1) {
				animator.Add(float64(epoch)+float64(i)/float64(n), trainLoss, trainAcc, None)
			}
		}
		if err := trainer.Err(); err != nil {
			return nil, err
		}
		if testAcc, err = EvaluateAccuracyGPU(net, testIter); err != nil {
			return nil, err
		}
		animator.Add(float64(epoch+1), None, None, testAcc)
		examples += metric[2]
	}
	trainer.WarnIfGuessing(trainLoss)
	fmt.Printf("loss %.3f, train acc %.3f, test acc %.3f\n", trainLoss, trainAcc, testAcc)
	fmt.Printf("%.1f examples/sec on %v\n", examples/timer.Sum(), ctx)
	return &Result{Loss: trainLoss, TrainAcc: trainAcc, TestAcc: testAcc,
		ExamplesPerSec: examples / timer.Sum(), Devices: ctx}, nil
}

// TrainCh6 is TrainCh5 under its name in later editions of the book, for sections from
// "Deep Convolutional Neural Networks (AlexNet)" on.
//
// Book: train_ch6, section "Convolutional Neural Networks (LeNet)".
func TrainCh6[R Rate](net *Net, trainIter, testIter DataIter,
	numEpochs int, lr R, ctx ...Device) (*Result, error) {
	return TrainCh5(net, trainIter, testIter, numEpochs, lr, ctx...)
}
