package d2l

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A rate that can be no rate is refused where the optimizer is made; a schedule's
// is an error of the step, and the schedule is asked for the same update again.
func TestLearningRates(t *testing.T) {
	for _, lr := range []float64{0, -0.1, math.NaN(), math.Inf(1), math.Inf(-1), 1e39, 1e-50} {
		for name, make := range map[string]func(){
			"SGD":      func() { SGD(lr) },
			"Momentum": func() { Momentum(lr, 0.9) },
			"Adam":     func() { Adam(lr) },
			"TrainCh5": func() { TrainCh5(smallNet(), quadrants(8, 4, false), quadrants(8, 4, false), 1, lr, testDevice()) },
		} {
			t.Run(fmt.Sprint(name, " ", lr), func(t *testing.T) {
				wantPanic(t, make, "d2l: ", "learning rate", "got "+fmt.Sprint(lr))
			})
		}
	}
	t.Run("TrainCh5 keeps the parameters", func(t *testing.T) {
		net, _ := initialized(t)
		before := values(t, net)
		wantPanic(t, func() { TrainCh5(net, quadrants(8, 4, false), quadrants(8, 4, false), 1, 0.0, testDevice()) }, "learning rate")
		if !reflect.DeepEqual(values(t, net), before) {
			t.Error("the net lost its parameters")
		}
	})
	for _, lr := range []float64{-0.1, math.NaN(), 1e39} { // Zero may be a schedule's.
		t.Run(fmt.Sprint("schedule ", lr), func(t *testing.T) {
			var asked []int
			rates := []float64{0.1, lr, 0.1}
			net, X := initialized(t)
			trainer := must(NewTrainer(net, SGD(1).WithSchedule(func(update int) float64 {
				asked = append(asked, update)
				return rates[len(asked)-1]
			})))(t)
			_, _, err := trainer.Step(X, fiveLabels())
			noError(t, err)
			before := variables(t, net)
			_, _, err = trainer.Step(X, fiveLabels())
			wantError(t, err, "the schedule gives update 1 the learning rate "+fmt.Sprint(lr))
			if !reflect.DeepEqual(variables(t, net), before) {
				t.Error("the failed step changed the net")
			}
			_, _, err = trainer.Step(X, fiveLabels())
			noError(t, err)
			if !slices.Equal(asked, []int{0, 1, 1}) {
				t.Errorf("the schedule was asked for the updates %v", asked)
			}
		})
	}
	t.Run("of GoMLX's own", func(t *testing.T) {
		net, X := initialized(t)
		before := values(t, net)
		_, _, err := must(NewTrainer(net, optimizer.Adam().LearningRate(math.Inf(1)).Done()))(t).Step(X, fiveLabels())
		wantError(t, err, "the learning rate is +Inf", "give the optimizer another")
		if !reflect.DeepEqual(values(t, net), before) {
			t.Error("the failed step changed the net")
		}
	})
}

// A rate that is far too large is detected when the loss is no longer finite. Until
// then, steps are made.
func TestHugeLearningRates(t *testing.T) {
	unseeded(t)
	for _, c := range []struct {
		lr   float64
		net  func() *Net
		want []string
	}{
		{1e10, smallNet, []string{"training has diverged, the mean loss of step 2 is 2.", "e+09 where guessing has 1.39", "try a learning rate smaller than 1e+10"}},
		{1e38, smallNet, []string{"the loss of step 2 is +Inf", "try a learning rate smaller than 1e+38"}},
		{1e6, statefulNet, []string{"training has diverged, the mean loss of step ", "try a learning rate smaller than 1e+06"}},
		{1e30, statefulNet, []string{"the loss of step 2 is NaN, since the output of layer batchnorm0 is -Inf", "try a learning rate smaller than 1e+30"}},
	} {
		t.Run(fmt.Sprintf("%v, %d layers", c.lr, len(c.net().layer.(Sequential))), func(t *testing.T) {
			Seed(1)
			net := c.net()
			noError(t, net.Initialize(testDevice(), Xavier))
			trainer := must(NewTrainer(net, SGD(c.lr)))(t)
			for batch, err := range quadrants(120, 16, true).Iter() {
				noError(t, err)
				before := map[string]string{}
				if trainer.rate.updates > 0 {
					before = variables(t, net)
				}
				if _, _, err = trainer.Step(batch.Inputs[0], batch.Labels[0]); err == nil {
					continue
				}
				wantError(t, err, c.want...)
				if after := variables(t, net); !reflect.DeepEqual(after, before) {
					t.Error("the failed step changed the net")
				}
				return
			}
			t.Error("the learning rate leads to no error")
		})
	}
}

// A schedule that panics before the first step, and whose panic is recovered, takes no
// parameters that are drawn later.
func TestSchedulePanicsBeforeFirstStep(t *testing.T) {
	net, X := smallNet(), waves(1, 1, 5, 1, 8, 8)
	noError(t, net.Initialize(testDevice(), Xavier))
	broken := true
	trainer := must(NewTrainer(net, SGD(1).WithSchedule(func(int) float64 {
		if broken {
			panic("no rate")
		}
		return 0.1
	})))(t)
	wantPanic(t, func() { trainer.Step(X, fiveLabels()) }, "no rate")
	if n := net.NumParameters(); n != 0 {
		t.Errorf("after the panic the net has %d parameters", n)
	}
	must(net.Forward(X))(t)
	_, _, err := trainer.Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 9}))
	wantError(t, err, "the label at index 4 of the batch is 9")
	if net.NumParameters() == 0 {
		t.Error("the refused batch took the parameters away")
	}
	broken = false
	_, _, err = trainer.Step(X, fiveLabels())
	noError(t, err)
	must(net.Forward(X))(t)
}
