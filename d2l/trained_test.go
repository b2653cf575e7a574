package d2l

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/plot/plotter"
)

// interruptAt makes the interrupt of a notebook come while a batch of data is made.
type interruptAt struct {
	DataIter
	batch int
}

func (it interruptAt) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		i := 0
		for batch, err := range it.DataIter.Iter() {
			if i == it.batch {
				interrupts.happened.Store(true)
			}
			if i++; !yield(batch, err) {
				return
			}
		}
	}
}

// An interrupt ends the training after the step at hand, and nothing is trained after it. The net can be saved, and
// says how far it came when it is loaded.
func TestInterrupted(t *testing.T) {
	unseeded(t)
	defer interrupts.happened.Store(false)
	path := filepath.Join(t.TempDir(), "net.params")
	for _, size := range []int{0, 50} {
		inLoops(t, size)
		interrupts.happened.Store(false)
		Seed(1)
		data, want := quadrants(48, 8, true), "after step 2 of 6"
		var train DataIter = interruptAt{data, 2}
		if size > 0 { // A GPU finishes all steps of the program at hand.
			load := data.load
			data.load = func() ([]byte, []byte, error) {
				interrupts.happened.Store(true)
				return load()
			}
			train, want = data, "after step 0 of 6"
		}
		net := smallNet()
		_, err := TrainCh5(net, train, quadrants(8, 8, false), 3, 0.5, testDevice())
		wantError(t, err, "interrupted in epoch 1, "+want, "the parameters so far have not been saved")
		if !errors.Is(err, ErrInterrupted) {
			t.Errorf("%v is not ErrInterrupted", err)
		}
		_, again := TrainCh5(smallNet(), quadrants(48, 8, true), data, 1, 0.5, testDevice())
		wantError(t, again, "interrupted in epoch 1, after step 0 of 6")
		if size > 0 {
			continue
		}
		noError(t, net.SaveParameters(path))
		wantError(t, err, "the parameters so far are in "+path)
		_, err = EvaluateAccuracyGPU(net, data)
		if !errors.Is(err, ErrInterrupted) {
			t.Errorf("evaluation ends with %v", err)
		}
		wantError(t, err, "interrupted in an evaluation, after 0.333 epochs of training: the parameters so far are in "+path)
		_, err = must(NewTrainer(net, SGD(0.1)))(t).EvaluateLoss(data)
		wantError(t, err, "interrupted in an evaluation, after 0.333 epochs of training: ")
		interrupts.happened.Store(false)
		loaded := smallNet()
		noError(t, loaded.LoadParameters(path, testDevice()))
		must(EvaluateAccuracyGPU(loaded, data))(t)
		if got := loaded.Trained(); !strings.HasPrefix(got, "trained for 0.333 epochs (2 steps): loss ") {
			t.Error(got)
		}
	}
}

// A net tells for how long it has been trained, in all; and its file, when it was written.
func TestTrained(t *testing.T) {
	unseeded(t)
	Seed(1)
	path, data := filepath.Join(t.TempDir(), "net.params"), quadrants(48, 8, true)
	net := smallNet()
	result, err := TrainCh5(net, data, data, 2, 0.5, testDevice())
	noError(t, err)
	figures := fmt.Sprintf("loss %.3f, train acc %.3f", result.Loss, result.TrainAcc)
	want := "trained for 2 epochs (12 steps): " + figures
	if got := net.Trained(); got != want {
		t.Errorf("%s, expected %s", got, want)
	}
	noError(t, net.SaveParameters(path))
	then := time.Date(2026, 11, 28, 7, 40, 0, 0, time.Local)
	noError(t, os.Chtimes(path, then, then))
	loaded := smallNet()
	noError(t, loaded.LoadParameters(path, testDevice()))
	if got := loaded.Trained(); got != want+"; saved 2026-11-28 07:40" {
		t.Errorf("loaded: %s", got)
	}
	trainer := must(NewTrainer(loaded, SGD(0.1)))(t)
	for range trainer.Steps(data, nil) {
	}
	noError(t, trainer.Err())
	if got := loaded.Trained(); !regexp.MustCompile(`^trained for 3 epochs \(18 steps\): loss [0-9.]+, train acc [0-9.]+$`).MatchString(got) {
		t.Errorf("gone on: %s", got)
	}
	X, y := waves(1, 1, 5, 1, 8, 8), fiveLabels()
	noError(t, loaded.Initialize(testDevice(), Xavier))
	trainer = must(NewTrainer(loaded, SGD(0.1)))(t)
	_, _, err = trainer.Step(X, y)
	noError(t, err)
	if got := loaded.Trained(); got != "trained for 1 step" {
		t.Errorf("by Step: %s", got)
	}
}

// A loss of one's own has another scale.
type scaledLoss struct{ SoftmaxCrossEntropyLoss }

func (l scaledLoss) Forward(yHat, y *graph.Node) *graph.Node {
	return graph.MulScalar(l.SoftmaxCrossEntropyLoss.Forward(yHat, y), 10)
}

func TestWarnIfGuessing(t *testing.T) {
	net, X := initialized(t)
	trainer := must(NewTrainer(net, SGD(50)))(t)
	must2(trainer.Step(X, fiveLabels()))(t)
	guess := math.Log(float64(trainer.classes))
	for loss, want := range map[float64]string{
		0.9 * guess: "",
		guess:       "try more epochs, another learning rate than 50, or another initialization",
		190.483:     fmt.Sprintf("the loss, 190.483, is not below that of guessing among %d classes, %.3f: try a smaller learning rate than 50,", trainer.classes, guess),
		math.NaN():  "the loss, NaN, is not below",
	} {
		got := captured(t, &os.Stderr, func() { trainer.WarnIfGuessing(loss) })
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("loss %v: %q, expected %q", loss, got, want)
		}
	}
	scaled, _ := initialized(t)
	own := must(NewTrainer(scaled, SGD(0.1)))(t).WithLoss(scaledLoss{})
	must2(own.Step(X, fiveLabels()))(t)
	if got := captured(t, &os.Stderr, func() { own.WarnIfGuessing(13) }); got != "" {
		t.Errorf("of a loss of one's own: %q", got)
	}
}

// Below a plot that grows is where x is, what is going on, and the last values.
func TestPlotStatus(t *testing.T) {
	options := PlotOptions{XLabel: "epoch", Legend: []string{"train loss", "test acc"}}
	series := make([]plotter.XYs, 2)
	s := plotStatus{end: 10, now: "compiling …"}
	want := func(first, second string) {
		t.Helper()
		if got := s.lines(options, series); len(got) != 2 || !regexp.MustCompile("^"+first+"$").MatchString(got[0]) || got[1] != second {
			t.Errorf("%q, expected %q and %q", got, first, second)
		}
	}
	want("epoch 0 of 10, compiling …", "")
	s.at(0.5)
	series[0] = plotter.XYs{{X: 0.5, Y: 2.25}}
	want("epoch 0.5 of 10", "train loss 2.250")
	s.first = s.first.Add(-time.Minute)
	s.at(2.5)
	series[1] = plotter.XYs{{X: 1, Y: 0.5}}
	want("epoch 2.5 of 10, about 3m4[56]s left", "train loss 2.250, test acc 0.500")
	s.now = "interrupted"
	want("epoch 2.5 of 10, interrupted", "train loss 2.250, test acc 0.500")
	if s.at(10); s.lines(options, series) != nil {
		t.Error("a status at the end")
	}
}
