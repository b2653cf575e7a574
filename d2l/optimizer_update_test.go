package d2l

import (
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A parameter with the rate 0 stays to the bit, and so does a running statistic; the optimizer keeps no state for it. That
// holds on one device and on two. (TestStepsInOneProgram has it for many steps in a program.)
func TestFrozenParameters(t *testing.T) {
	frozen := func(name string) bool {
		return strings.HasPrefix(name, "conv0.") || strings.HasPrefix(name, "batchnorm0.")
	}
	rates := func(name string) float64 {
		if frozen(name) {
			return 0
		}
		return 1
	}
	for name, opt := range map[string]Optimizer{
		"SGD": SGD(0.1), "Momentum": Momentum(0.1, 0.9), "Adam": Adam(0.1), "Adadelta": Adadelta(0.9), "Adagrad": Adagrad(0.1), "RMSProp": RMSProp(0.1, 0.9),
	} {
		for _, devices := range oneOrTwo() {
			t.Run(name+" on "+devices.String(), func(t *testing.T) {
				net := NewNet(Sequential{
					Conv2D{Channels: 2, KernelSize: 3}, BatchNorm{}, MaxPool2D{PoolSize: 2}, BatchNorm{}, Dense{Units: 4}})
				noError(t, net.Initialize(testDevice(), Xavier))
				X := waves(1, 1, 5, 1, 8, 8)
				_, err := net.Forward(X)
				noError(t, err)
				before := allValues(t, net)
				trainer := must(NewTrainer(net, opt.WithRates(rates).WithWeightDecay(0.1).WithGradientClipping(1), devices...))(t)
				for range 3 {
					_, _, err := trainer.Step(X, fiveLabels())
					noError(t, err)
				}
				for path, value := range allValues(t, net) {
					file := strings.ReplaceAll(strings.TrimPrefix(path, netScope+"/"), "/", ".")
					if same := reflect.DeepEqual(value, before[path]); same != frozen(file) {
						t.Errorf("%s is as it was: %v", path, same)
					}
				}
				for v := range net.store.IterVariables() {
					if !strings.HasPrefix(v.Path(), netScope) && strings.Contains(v.Path(), "conv0") {
						t.Errorf("the optimizer keeps %s", v.Path())
					}
				}
				if n := len(net.Parameters()); n != 8 {
					t.Errorf("the net has %d parameters left, expected 8", n)
				}
			})
		}
	}
}

// allValues returns the values of all variables of a net by their paths.
func allValues(t *testing.T, net *Net) map[string]any {
	values := map[string]any{}
	for v := range net.store.Scope(netScope).IterVariables() {
		values[v.Path()] = must(v.Value())(t).Value()
	}
	return values
}

func TestOptimizerWrongSettings(t *testing.T) {
	for _, wrong := range []float64{-1, math.NaN(), math.Inf(1)} {
		wantPanic(t, func() { SGD(1).WithWeightDecay(wrong) }, "d2l: Optimizer.WithWeightDecay needs a decay from 0, got ")
		wantPanic(t, func() { SGD(1).WithGradientClipping(wrong) }, "WithGradientClipping needs a positive norm, got ")
		wantPanic(t, func() { RMSProp(1, wrong) }, "d2l: RMSProp needs a gamma from 0 to below 1, got ")
		wantPanic(t, func() { Adadelta(wrong) }, "d2l: Adadelta needs a rho from 0 to below 1, got ")
		net, X := initialized(t)
		trainer := must(NewTrainer(net, SGD(1).WithRates(func(string) float64 { return wrong })))(t)
		_, _, err := trainer.Step(X, fiveLabels())
		wantError(t, err, "the function of WithRates gives ", "expected a finite number from 0")
	}
	wantPanic(t, func() { SGD(1).WithRates(nil) }, "d2l: Optimizer.WithRates needs a function")
	wantPanic(t, func() { SGD(1).WithWeightDecay(1, nil) }, "takes one function")
	net, X := initialized(t)
	_, _, err := must(NewTrainer(net, SGD(1).WithRates(func(string) float64 { return 0 })))(t).Step(X, fiveLabels())
	wantError(t, err, "freezes all parameters")
	ofGoMLX := optimizer.StochasticGradientDescent().WithLearningRate(0)
	wantPanic(t, func() { NewTrainer(net, Optimizer{Interface: ofGoMLX}) }, "GoMLX's SGD needs a positive learning rate, got 0")
}

// Parameters have a decay each, as in PyTorch's groups, and those that are frozen count as chosen.
func TestSeveralWeightDecays(t *testing.T) {
	named := func(part string) func(string) bool {
		return func(name string) bool { return strings.Contains(name, part) }
	}
	for _, c := range []struct {
		opt          Optimizer
		weight, bias float32
	}{
		{SGD(1).WithWeightDecay(0.5, named("weight")).WithWeightDecay(0.1, named("bias")), 0.5, 0.9},
		{SGD(1).WithWeightDecay(0.5).WithWeightDecay(0.1, named("bias")), 0.5, 0.9},
		{SGD(1).WithWeightDecay(0.5, named("weight")).WithWeightDecay(0.25), 0.75, 0.75},
		{SGD(1).WithWeightDecay(0.5).WithWeightDecay(0), 1, 1},
		{Optimizer{Interface: SGD(1).WithWeightDecay(0.5)}.WithWeightDecay(0), 1, 1},
		{SGD(1).WithWeightDecay(0.5).WithWeightDecay(0, named("bias")), 0.5, 1},
		{SGD(1).WithWeightDecay(0.5, named("weight")).WithRates(func(name string) float64 {
			if name == "weight" {
				return 0
			}
			return 1
		}), 1, 1},
	} {
		net := NewNet(Dense{Units: 1})
		noError(t, net.Initialize(testDevice(), Constant(1)))
		X, y := NewTensor([]float32{0, 0}, 2, 1), NewTensor([]float32{1, 1}, 2, 1)
		must(net.Forward(X))(t)
		noError(t, net.SetParameter("bias", []float32{1}))
		_, _, err := must(NewTrainer(net, c.opt))(t).WithLoss(L2Loss{}).Step(X, y)
		noError(t, err)
		weight := float32s(t, must(must(net.Parameter("weight"))(t).Value())(t))[0]
		bias := float32s(t, must(must(net.Parameter("bias"))(t).Value())(t))[0]
		if weight != c.weight || bias != c.bias {
			t.Errorf("weight and bias became %v and %v, expected %v and %v", weight, bias, c.weight, c.bias)
		}
	}
}

func TestRatesOfOneForAll(t *testing.T) {
	net, X := initialized(t)
	opt := SGD(1).WithRates(func(name string) float64 {
		if name == "no such name" {
			return 0
		}
		return 1
	})
	said := d2ltest.Captured(t, &os.Stderr, func() {
		_, _, err := must(NewTrainer(net, opt))(t).Step(X, fiveLabels())
		noError(t, err)
	})
	d2ltest.WantParts(t, said, "the function of WithRates gives the factor 1 to all parameters, as without it; their names are ", "dense0.weight")
	wantPanic(t, func() { opt.WithRates(func(string) float64 { return 2 }) }, "WithRates was called before")
}

// GoMLX's SGD lowers its rate after each step unless it is told not to.
func TestGoMLXsSGDKeepsItsRate(t *testing.T) {
	net := NewNet(Dense{Units: 1, NoBias: true})
	noError(t, net.Initialize(testDevice(), Constant(0)))
	trainer := must(NewTrainer(net, optimizer.StochasticGradientDescent().WithLearningRate(1)))(t).WithLoss(
		LossFunc(func(yHat, y *graph.Node) *graph.Node { return graph.Add(yHat, graph.MulScalar(y, 0)) }))
	for range 4 {
		_, _, err := trainer.Step(NewTensor([]float32{1}, 1, 1), NewTensor([]float32{0}, 1, 1))
		noError(t, err)
	}
	if got := float32s(t, must(must(net.Parameter("weight"))(t).Value())(t))[0]; got != -4 {
		t.Errorf("four steps of 1 came to %v", got)
	}
	wantPanic(t, func() { NewTrainer(net, optimizer.StochasticGradientDescent().WithLearningRate(-0.5)) },
		"GoMLX's SGD needs a positive learning rate, got -0.5")
}

func TestWeightDecayThatChoosesNone(t *testing.T) {
	net := NewNet(Dense{Units: 1})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	opt := SGD(0.1).WithWeightDecay(3, func(name string) bool { return strings.HasSuffix(name, ".weight") })
	trainer := must(NewTrainer(net, opt))(t).WithLoss(L2Loss{})
	_, _, err := trainer.Step(NewTensor([]float32{0, 0}, 2, 1), NewTensor([]float32{0, 0}, 2, 1))
	if err == nil || !strings.Contains(err.Error(), "chooses none of the parameters that are trained, which are weight, bias") {
		t.Error(err)
	}
}
