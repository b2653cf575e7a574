package d2l

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
)

// ErrInterrupted is what ends a training, or an evaluation, that the reader of a notebook interrupts: the error of
// Trainer.Err and of TrainCh5 is one by errors.Is. The net has the parameters of the last step.
//
// In a notebook the first interrupt lets the step at hand finish; the kernel ends a program that goes on for five
// seconds after it. Elsewhere, an interrupt ends the program as it does any other.
//
// Book: none; in Python it is KeyboardInterrupt.
var ErrInterrupted = errors.New("interrupted")

// statusInterrupted is the status of programs that an interrupt has ended, by which shells and the kernel know them.
const statusInterrupted = 130

// interrupts knows whether the cell has been interrupted since it began to train.
var interrupts struct {
	watch    sync.Once
	happened atomic.Bool
	reported atomic.Bool  // To a loop, which has ended.
	loops    atomic.Int32 // That ask interrupted while they run.
}

// watchInterrupts makes an interrupt end the loops of steps and of batches; the function that it returns is called at
// the end of such a loop. A cell that is doing something else is ended, as without this.
func watchInterrupts() (end func()) {
	interrupts.watch.Do(func() {
		if !gonbui.IsNotebook {
			return
		}
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		go func() {
			<-signals
			interrupts.happened.Store(true)
			for !interrupts.reported.Load() {
				const grace = 200 * time.Millisecond // From one loop to the next.
				time.Sleep(grace)
				if interrupts.loops.Load() == 0 && !interrupts.reported.Load() {
					fmt.Fprintln(os.Stderr, ErrInterrupted)
					os.Exit(statusInterrupted)
				}
			}
		}()
	})
	interrupts.loops.Add(1)
	return func() { interrupts.loops.Add(-1) }
}

// interrupted returns ErrInterrupted once the cell has been interrupted.
func interrupted() error {
	if interrupts.happened.Load() {
		interrupts.reported.Store(true)
		return ErrInterrupted
	}
	return nil
}

// An interruption tells how far a training, or an evaluation in one, came.
type interruption struct {
	net   *Net
	where string // Such as "in epoch 3, after step 17 of 235".
}

// inEvaluation returns err, as an interruption if it is that.
func inEvaluation(net *Net, err error) error {
	if !errors.Is(err, ErrInterrupted) {
		return err
	}
	where := "in an evaluation"
	if epochs := net.trained.Epochs; epochs > 0 {
		where += fmt.Sprintf(", after %.3g epochs of training", epochs)
	}
	endLivePlot(err)
	return interruption{net, where}
}

func (i interruption) Error() string {
	message := fmt.Sprintf("interrupted %s: ", i.where)
	if i.net.savedTo != "" {
		return message + "the parameters so far are in " + i.net.savedTo
	}
	return message + "the parameters so far have not been saved"
}

func (i interruption) Unwrap() error { return ErrInterrupted }
