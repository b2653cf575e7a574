package d2l

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// fixtureOptimizers are those of testdata/optimizers_fixture.py.
var fixtureOptimizers = map[string]optimizer.Interface{
	"SGD":           SGD(0.5),
	"Momentum":      Momentum(0.1, 0.9),
	"Adam":          Adam(0.02),
	"Adam, betas":   Adam(0.02, 0.5, 0.9),
	"Adam of GoMLX": optimizer.Adam().LearningRate(0.02).Epsilon(1e-3).Done(),
	"Adagrad":       Adagrad(0.1),
	"RMSProp":       RMSProp(0.01, 0.9),
	"Adadelta":      Adadelta(0.9),
	"SGD of GoMLX":  Optimizer{Interface: optimizer.StochasticGradientDescent().WithLearningRate(0.5)},
	"SGD, decay":    SGD(0.5).WithWeightDecay(0.1),
	"Momentum, decay of weights": Momentum(0.1, 0.9).WithWeightDecay(0.1, func(name string) bool {
		return strings.HasSuffix(name, ".weight")
	}),
	"Adam, decay":                Adam(0.02).WithWeightDecay(0.1),
	"Momentum, clipping, cosine": Momentum(0.5, 0.9).WithGradientClipping(0.1).WithSchedule(fixtureCosine.At),
	"RMSProp, decay, clipping":   Optimizer{Interface: RMSProp(0.01, 0.9).WithWeightDecay(0.1)}.WithGradientClipping(0.1),
	"Momentum, rates": Momentum(0.1, 0.9).WithRates(func(name string) float64 {
		return map[string]float64{"dense0.weight": 1, "dense1.weight": 3, "dense1.bias": 1}[name]
	}),
	"SGD, cosine":            SGD(0.5).WithSchedule(fixtureCosine.At),
	"Momentum, cosine":       Momentum(0.5, 0.9).WithSchedule(fixtureCosine.At),
	"Adam, factor":           Adam(0.5).WithSchedule(FactorScheduler{Factor: 0.9, StopFactorLR: 0.02, BaseLR: 0.1}.At),
	"Momentum, multi-factor": Momentum(0.5, 0.9).WithSchedule(MultiFactorScheduler{Step: []int{4, 11}, Factor: 0.5, BaseLR: 0.2}.At),
}

var fixtureCosine = CosineScheduler{MaxUpdate: 15, BaseLR: 0.3, FinalLR: 0.01, WarmupSteps: 5}

// Twenty steps on a small net give PyTorch's losses and parameters, with a
// schedule on two devices as well.
// What GoMLX does besides its update, where it is told to, is done.
func TestGoMLXClipsSteps(t *testing.T) {
	net := NewNet(Sequential{layerFunc(func(x *graph.Node) *graph.Node { return x }), Dense{Units: 2}})
	noError(t, net.Initialize(testDevice(), Xavier))
	X, y := tensors.FromValue([][]float32{{100, 0}, {0, 100}}), tensors.FromValue([]int32{0, 1})
	must(net.Forward(X))(t)
	net.store.RootScope().SetParam(optimizer.ParamClipStepByValue, 0.01)
	before := values(t, net)
	trainer := must(NewTrainer(net, SGD(1)))(t)
	_, _, err := trainer.Step(X, y)
	noError(t, err)
	for name, after := range values(t, net) {
		for i := range after {
			if step := math.Abs(float64(after[i] - before[name][i])); step > 0.0101 {
				t.Errorf("%s[%d] changed by %v", name, i, step)
			}
		}
	}
}

func TestOptimizersAgainstPyTorch(t *testing.T) {
	const batch, inputs, hidden, classes = 6, 5, 7, 4
	var fixture struct{ Cases []map[string]any }
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/optimizers.json"))(t), &fixture))
	if len(fixture.Cases) != len(fixtureOptimizers) {
		t.Errorf("%d cases, expected %d", len(fixture.Cases), len(fixtureOptimizers))
	}
	numbers := func(of any) (numbers []float32) {
		for _, v := range of.([]any) {
			numbers = append(numbers, float32(v.(float64)))
		}
		return numbers
	}
	pytorch := d2ltest.AgainstPyTorch(t, "optimizer")
	for _, c := range fixture.Cases {
		name := c["name"].(string)
		on := []Devices{{testDevice()}}
		if strings.Contains(name, ", ") {
			on = oneOrTwo()
		}
		for _, devices := range on {
			t.Run(name+" on "+devices.String(), func(t *testing.T) {
				net := NewNet(Sequential{Dense{Units: hidden, Activation: Tanh}, Dense{Units: classes}})
				noError(t, net.Initialize(testDevice(), fixtureParameters))
				trainer := must(NewTrainer(net, fixtureOptimizers[name], devices...))(t)
				for step, want := range numbers(c["losses"]) {
					labels := make([]int32, batch)
					for i := range labels {
						labels[i] = int32((step + i*i) % classes)
					}
					lossSum, _, err := trainer.Step(waves(100*step, 2, batch, inputs), tensors.FromValue(labels))
					noError(t, err)
					pytorch.Near(t, name+": losses of 20 steps", []float32{float32(lossSum) / batch}, []float32{want})
				}
				for _, p := range net.Parameters() {
					want := numbers(c[strings.TrimPrefix(p.Path(), netScope+"/")])
					if p.Shape().Rank() == 2 {
						want = fromPyTorch(want, p.Shape().Dimensions)
					}
					pytorch.Near(t, name+": parameters after them", float32s(t, must(p.Value())(t)), want)
				}
			})
		}
	}
}

// A schedule is asked once for each step, from 0 on, whatever the sizes of the
// batches, from 0 for each Trainer, and no new program is built for a new rate.
func TestScheduleOfUpdates(t *testing.T) {
	var updates []int
	opt := SGD(0.1).WithSchedule(func(update int) float64 {
		updates = append(updates, update)
		return 0.1 / float64(update+1)
	})
	built := 0
	net := NewNet(Sequential{layerFunc(func(x *graph.Node) *graph.Node { built++; return x }), Dense{Units: 4}})
	noError(t, net.Initialize(testDevice(), Xavier))
	var before int
	for range 2 {
		trainer := must(NewTrainer(net, opt))(t)
		for step := range 6 {
			_, _, err := trainer.Step(waves(1, 1, 5, 3), fiveLabels())
			noError(t, err)
			if step == 1 {
				_, _, err = trainer.Step(waves(1, 1, 2, 3), tensors.FromValue([]int32{1, 2}))
				noError(t, err)
				before = built
			}
			_, _, err = trainer.Step(waves(1, 1, 5, 3), tensors.FromValue([]int32{0, 1, 2, 3, 4})) // Refused.
			wantError(t, err, "the label at index 4 of the batch is 4")
		}
		if built != before {
			t.Errorf("with new learning rates the net was built %d more times", built-before)
		}
	}
	if want := []int{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6}; !slices.Equal(updates, want) {
		t.Errorf("the schedule was asked for the updates %v, expected %v", updates, want)
	}
}

// A schedule that stays at a rate gives to the bit what the rate gives, wherever
// the Optimizer with it is.
func TestScheduleOfOneRate(t *testing.T) {
	steady := func(int) float64 { return 0.05 }
	scheduled := Momentum(10, 0.5).WithSchedule(steady)
	learn := func(opt optimizer.Interface) map[string][]float32 {
		unseeded(t)
		Seed(1)
		_, learnt := steps(t, NewNet(Dense{Units: 4}), opt, []int{16, 16, 7}, testDevice())
		return learnt
	}
	want := learn(Momentum(0.05, 0.5))
	for name, opt := range map[string]optimizer.Interface{
		"itself":            scheduled,
		"by a pointer":      &scheduled,
		"in another":        Optimizer{Interface: scheduled},
		"instead of its":    Optimizer{Interface: Momentum(10, 0.5).WithSchedule(func(int) float64 { return 3 })}.WithSchedule(steady),
		"of a type of mine": struct{ Optimizer }{scheduled},
	} {
		if got := learn(opt); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: learnt %v, expected %v", name, got, want)
		}
	}
	if reflect.DeepEqual(learn(Momentum(10, 0.5)), want) {
		t.Error("the learning rate makes no difference")
	}
}

// An invalid rate is an error and changes nothing; 0 is valid.
func TestScheduleWrongRate(t *testing.T) {
	net, X := initialized(t)
	before := values(t, net)
	rates := []float64{0, -0.1, math.NaN(), math.Inf(1)}
	attempt := 0
	trainer := must(NewTrainer(net, Adam(0.1).WithSchedule(func(int) float64 { attempt++; return rates[attempt-1] })))(t)
	for _, rate := range rates {
		_, _, err := trainer.Step(X, fiveLabels())
		if rate == 0 {
			noError(t, err)
			continue
		}
		wantError(t, err, "the schedule gives update 1 the learning rate ", "negative, infinite or NaN as a float32", "expected a finite number from 0")
	}
	if !reflect.DeepEqual(values(t, net), before) {
		t.Error("the net has changed")
	}
	rates = append(rates, 0.1)
	_, _, err := trainer.Step(X, fiveLabels())
	noError(t, err)
	if reflect.DeepEqual(values(t, net), before) {
		t.Error("a good rate after bad ones does not change the net")
	}
}

// fixedStep is an optimizer without a learning rate.
type fixedStep struct{ optimizer.Interface }

func (fixedStep) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			v.SetNodeValue(graph.AddScalar(v.NodeValue(g), 0.1))
		}
	}
}

func TestScheduleWithoutLearningRate(t *testing.T) {
	net, X := initialized(t)
	_, _, err := must(NewTrainer(net, fixedStep{}))(t).Step(X, fiveLabels())
	noError(t, err)
	before := values(t, net)
	opt := Optimizer{Interface: fixedStep{}}.WithSchedule(func(int) float64 { return 0.1 })
	for range 2 {
		_, _, err = must(NewTrainer(net, opt))(t).Step(X, fiveLabels())
		wantError(t, err, "the optimizer has no learning rate that a schedule could set")
	}
	if !reflect.DeepEqual(values(t, net), before) {
		t.Error("the refused step changed the net")
	}
}

// A learning rate of another type than the loss is set as well.
func TestScheduleOfFloat64(t *testing.T) {
	opt := func(lr float64) Optimizer {
		return Optimizer{Interface: optimizer.Adam().LearningRate(lr).DType(dtypes.Float64).Done()}
	}
	learn := func(opt optimizer.Interface) map[string][]float32 {
		unseeded(t)
		Seed(1)
		_, learnt := steps(t, NewNet(Dense{Units: 4}), opt, []int{16, 16}, testDevice())
		return learnt
	}
	got, want := learn(opt(10).WithSchedule(func(int) float64 { return 0.1 })), learn(opt(0.1))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("learnt %v, expected %v", got, want)
	}
}

func TestOptimizerWrongRate(t *testing.T) {
	for _, lr := range []float64{0, -0.1, math.NaN(), math.Inf(1)} {
		wantPanic(t, func() { SGD(lr) }, "d2l: SGD needs a positive learning rate, got ")
		wantPanic(t, func() { Momentum(lr, 0.9) }, "d2l: Momentum needs a positive learning rate, got ")
		wantPanic(t, func() { Adam(lr) }, "d2l: Adam needs a positive learning rate, got ")
		wantPanic(t, func() { Adam(0.1, 0.5) }, "two betas of at least 0 and below 1, got [0.5]")
		wantPanic(t, func() { Adam(0.1, 0.5, 1) }, "two betas of at least 0 and below 1, got [0.5 1]")
		wantPanic(t, func() { OptimizerOf(lr) }, "d2l: SGD needs a positive learning rate, got ")
	}
	wantPanic(t, func() { OptimizerOf(-1) }, "d2l: SGD needs a positive learning rate, got -1")
	for _, momentum := range []float64{-0.1, 1, math.NaN()} {
		wantPanic(t, func() { Momentum(0.1, momentum) }, "d2l: Momentum needs a momentum from 0 to below 1, got ")
	}
	net, _ := initialized(t)
	for _, opt := range []optimizer.Interface{nil, Optimizer{}} {
		wantPanic(t, func() { NewTrainer(net, opt) }, "d2l: NewTrainer needs an optimizer, such as SGD(0.1)")
	}
}

// The velocities can be deleted alone, as GoMLX's interface requires.
func TestMomentumClear(t *testing.T) {
	net, X := initialized(t)
	opt := Momentum(0.1, 0.9)
	velocities := func() (paths []string) {
		for v := range net.store.Scope(velocityScope).IterVariables() {
			paths = append(paths, v.Path())
		}
		return paths
	}
	_, _, err := must(NewTrainer(net, opt))(t).Step(X, fiveLabels())
	noError(t, err)
	if got := velocities(); len(got) != 4 {
		t.Errorf("there are the velocities %v, expected one for each of 4 parameters", got)
	}
	noError(t, opt.Clear(net.store.RootScope()))
	if got := velocities(); len(got) != 0 {
		t.Errorf("there still are the velocities %v", got)
	}
	if net.NumParameters() == 0 {
		t.Error("the parameters are gone as well")
	}
}
