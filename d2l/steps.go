package d2l

import (
	"errors"
	"fmt"
	"iter"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/ml/train"
)

// StepMetrics has the metrics of one training step, of the forward pass before the
// update. They are float64, as an Accumulator takes them. Where labels have more axes
// than (batch), each counts as an example: LossSum / Examples is the mean loss, and
// its exponential the perplexity of a language model.
//
// Book: none; train_ch5 computes them in its loop.
type StepMetrics struct {
	LossSum  float64 // Sum of the losses of the batch's examples.
	Correct  float64 // Number of correct predictions; NaN if the loss is not one of classes.
	Examples float64 // Size of the batch, or the number of labels.
}

// Steps trains the net for one epoch, with a step for each batch of dataIter, and
// yields each step's number, from 0, and its metrics. If a step fails, or the data does,
// the loop ends: call Err after it. The steps before it have been made, and none after
// it. An epoch without a batch is an error as well, and so, in a notebook, is an interrupt
// (ErrInterrupted), after the step or the program at hand.
//
// A GPU makes up to 50 steps as one program, without waiting for the host after each,
// where the images are on it: those of LoadDataFashionMnist and LoadDataMnist, on one
// GPU. Their metrics are then yielded one after the other. Everywhere else, each step
// is a call of Step, on a batch of OnDevice. The results are the same.
//
// If a GPU itself fails, all steps of the program are undone, or lost with the
// parameters, as the error says. A schedule is asked for the rates of all steps of a
// program before the first is made, so it should depend on the number of the update
// alone. A loop that breaks off may leave steps behind that have been made and whose
// metrics it has not seen, on a GPU; use Step to stop after a certain batch.
//
// timer, unless it is nil, runs while steps are made, which includes copying batches to
// the devices where they are not there already, and not while batches are loaded or the
// loop's body runs. It gets a lap for each program that is run. Where that makes several
// steps, it also selects and resizes their images.
//
// It panics if an earlier loop has failed and Err has not been called since.
//
// Book: the inner loop of train_ch5, section "Convolutional Neural Networks (LeNet)".
func (t *Trainer) Steps(dataIter DataIter, timer *Timer) iter.Seq2[int, StepMetrics] {
	requireMade(t, "Trainer.Steps", "NewTrainer")
	requireIter("Trainer.Steps", dataIter)
	if timer == nil {
		timer = NewTimer()
	}
	return func(yield func(int, StepMetrics) bool) {
		if t.err != nil {
			panic(fmt.Sprintf("d2l: Trainer.Steps after a loop that failed: call Trainer.Err after each loop; its error: %v", t.err))
		}
		defer watchInterrupts()()
		t.epoch = epochMetrics{number: t.epoch.number + 1, before: t.epoch.before}
		i := 0
		for step, err := range t.steps(dataIter, timer) {
			if errors.Is(err, ErrInterrupted) {
				const where = "in epoch %d, after step %d of %d" // Of this Trainer; step 0 is before the epoch's first.
				err = interruption{t.net, fmt.Sprintf(where, t.epoch.number, i, dataIter.Len())}
			}
			if t.err = err; err != nil {
				endLivePlot(err)
				return
			}
			t.epoch.add(step, dataIter.Len(), &t.net.trained)
			if i == 0 && t.epoch.number == 1 {
				setLivePlot("") // It is compiled.
			}
			if !yield(i, step) {
				return
			}
			i++
		}
		if i == 0 {
			t.err = errNoExamples(dataIter)
			endLivePlot(t.err)
		}
	}
}

// Err returns the error that ended the last loop over Steps, nil if there is none. After
// a failed loop it has to be called before the next.
//
// Book: none; in Python the loop raises an exception.
func (t *Trainer) Err() error {
	requireMade(t, "Trainer.Err", "NewTrainer")
	err := t.err
	t.err = nil
	return err
}

// errNoExamples is the error for an epoch without a batch.
func errNoExamples(dataIter DataIter) error {
	return fmt.Errorf("there are no examples in %s", dataIter.Name())
}

// StepBatch is Step for a batch of one or several inputs, in the order in which the net's layer takes them (see Layer),
// and of one or several arrays of labels, as the loss takes them (see LossFuncN), each with a row for each example. It
// also returns the number of examples. Errors and panics are those of Step.
//
// Book: the body of the loop in train_s2s_ch9, section "Sequence to Sequence Learning".
func (t *Trainer) StepBatch(batch train.Batch) (StepMetrics, error) {
	requireMade(t, "Trainer.StepBatch", "NewTrainer")
	if err := checkBatch(batch); err != nil {
		panic(fmt.Sprintf("d2l: Trainer.StepBatch got %v", err))
	}
	return t.makeStep("Trainer.StepBatch", batch.Inputs, batch.Labels)
}

// steps yields what Steps does, until an error.
func (t *Trainer) steps(dataIter DataIter, timer *Timer) iter.Seq2[StepMetrics, error] {
	onDevice := OnDevice(dataIter, t.devices...)
	if !continues(dataIter) && isStateful(t.net) {
		report.WarnOnce("d2l: the sequences of SeqDataIterRandom do not go on where those of the batch before end, but a Stateful " +
			"layer carries its state over: call ResetState after each step, leave Stateful out, or take SeqDataIterConsecutive")
	}
	return func(yield func(StepMetrics, error) bool) {
		if images, ok := onDevice.(*deviceIter); ok && t.loop.size > 0 {
			t.loop.steps(images, timer, yield)
			return
		}
		for batch, err := range onDevice.Iter() {
			if err == nil {
				err = interrupted()
			}
			if err != nil {
				yield(StepMetrics{}, err)
				return
			}
			timer.Start()
			metrics, err := t.makeStep("Trainer.Steps", batch.Inputs, batch.Labels)
			timer.Stop()
			notFreed := freeBatch(onDevice, batch)
			if !yield(metrics, err) || err != nil {
				return
			}
			if notFreed != nil { // The step was made.
				yield(StepMetrics{}, notFreed)
				return
			}
		}
	}
}
