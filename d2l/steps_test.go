package d2l

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// inLoops makes devices compute for up to so many batches in one program, as a GPU does; with 0 each is a program.
func inLoops(t *testing.T, size int) {
	saved := loopSize
	loopSize = func(devices ...Device) int { return size }
	t.Cleanup(func() { loopSize = saved })
}

// outcome is what some epochs of steps leave behind.
type outcome struct {
	losses     []float32
	others     [][2]float64 // Correct predictions and examples.
	err        string
	learnt     []float32
	statistics []float32 // Of batch normalization.
	variables  map[string]string
	inLoop     bool // Or each step was a program of its own.
}

// outcomeOf makes steps on a net that is drawn from a seed, up to so many in one program.
func outcomeOf(t *testing.T, net *Net, opt optimizer.Interface, data DataIter, size, epochs int) (o outcome) {
	t.Helper()
	inLoops(t, size)
	Seed(3)
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, opt))(t)
	for range epochs {
		for _, step := range trainer.Steps(data, nil) {
			o.losses = append(o.losses, float32(step.LossSum))
			o.others = append(o.others, [2]float64{step.Correct, step.Examples})
		}
		if err := trainer.Err(); err != nil {
			o.err = err.Error()
			break
		}
	}
	for _, p := range net.Parameters() {
		o.learnt = append(o.learnt, float32s(t, must(p.Value())(t))...)
	}
	for _, v := range net.Variables() {
		if !v.Trainable {
			o.statistics = append(o.statistics, float32s(t, must(v.Value())(t))...)
		}
	}
	o.variables = variables(t, net)
	o.inLoop = trainer.loop.size > 0
	return o
}

// wantLike checks that an outcome is another one, but for rounding.
func (o outcome) wantLike(t *testing.T, want outcome) {
	t.Helper()
	near(t, "losses", o.losses, want.losses, 1e-5)
	near(t, "parameters", o.learnt, want.learnt, 1e-5)
	if !reflect.DeepEqual(o.others, want.others) || o.err != want.err {
		t.Errorf("correct predictions, examples and error: %v %s, expected %v %s", o.others, o.err, want.others, want.err)
	}
}

// Several steps in a program make what as many single ones make, but for rounding: with optimizers that have state,
// schedules, batch normalization and dropout, and with the smaller batch at the end. How many they are makes no
// difference in a single bit.
func TestStepsInOneProgram(t *testing.T) {
	unseeded(t)
	stateful := NewNet(Sequential{BatchNorm{}, Dense{Units: 12, Activation: Tanh}, Dropout{Rate: 0.3}, Dense{Units: 4}})
	rising := CosineScheduler{MaxUpdate: 12, BaseLR: 0.02, WarmupSteps: 8}
	for name, c := range map[string]struct {
		net   *Net
		opt   optimizer.Interface
		sizes []int
	}{
		"SGD":                  {smallNet(), SGD(0.5), []int{50}},
		"Adam with a schedule": {stateful, Adam(0.01).WithSchedule(rising.At), []int{3, 50}},
		"frozen statistics":    {NewNet(Sequential{BatchNorm{UseGlobalStats: true}, Flatten{}, Dense{Units: 4}}), SGD(0.1), []int{50}},
		"decay, clipping and rates": {stateful, Momentum(0.05, 0.9).WithWeightDecay(0.1).WithGradientClipping(0.5).WithRates(
			func(name string) float64 { // Parameters and running statistics that stay.
				if name == "dense0.weight" || strings.HasPrefix(name, "batchnorm0.") {
					return 0
				}
				return 0.5
			}), []int{50}},
	} {
		t.Run(name, func(t *testing.T) {
			want := outcomeOf(t, c.net, c.opt, quadrants(76, 16, true), 0, 2)
			if len(want.losses) != 10 || want.others[4][1] != 12 || want.err != "" {
				t.Fatalf("single steps: %v %v %s", want.losses, want.others, want.err)
			}
			got := outcomeOf(t, c.net, c.opt, quadrants(76, 16, true), c.sizes[0], 2)
			got.wantLike(t, want)
			if !got.inLoop || want.inLoop {
				t.Errorf("many steps in a program: %v, single steps: %v", got.inLoop, !want.inLoop)
			}
			near(t, "running statistics", got.statistics, want.statistics, 1e-5)
			for _, size := range c.sizes[1:] {
				more := outcomeOf(t, c.net, c.opt, quadrants(76, 16, true), size, 2)
				if !reflect.DeepEqual(got, more) {
					t.Errorf("programs of up to %d steps and of up to %d make different nets", c.sizes[0], size)
				}
			}
		})
	}
}

// A step that fails ends the epoch as it does where each step is a program: with the same error, after the same steps,
// with the same net.
func TestStepsInOneProgramFaults(t *testing.T) {
	unseeded(t)
	data := func(change func(images, labels []byte)) *imageIter {
		it := quadrants(48, 6, false)
		images, labels := must2(it.load())(t)
		change(images, labels)
		return it
	}
	at := func(update int, rate float64) Optimizer {
		return SGD(0.1).WithSchedule(func(now int) float64 {
			if now == update {
				return rate
			}
			return 0.1
		})
	}
	good := data(func([]byte, []byte) {})
	contradictory := data(func(_, labels []byte) { copy(labels[24:], make([]byte, 24)) })
	black := data(func(images, _ []byte) { clear(images[27*64 : 28*64]) })
	bright := layerFunc(func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 1000) })
	dark := layerFunc(func(x *graph.Node) *graph.Node { // NaN for an image that is black.
		return graph.Div(x, graph.ReduceAndKeep(x, graph.ReduceSum, 1, 2, 3))
	})
	broken := layerFunc(func(*graph.Node) *graph.Node { panic("broken") })
	net := Dense{Units: 4}
	for name, c := range map[string]struct {
		layer Layer
		opt   Optimizer
		data  *imageIter
		made  int
		want  string
	}{
		"a label":             {net, SGD(0.1), data(func(_, labels []byte) { labels[27] = 9 }), 4, "the label at index 3 of the batch is 9"},
		"a first label":       {Dense{Units: 2}, SGD(0.1), good, 0, "the label at index 2 of the batch is 2"},
		"a rate":              {net, at(5, -1), good, 5, "gives update 5 the learning rate -1"},
		"a rate at the start": {net, at(0, math.NaN()), good, 0, "gives update 0 the learning rate NaN"},
		"an update":           {Sequential{bright, net}, at(4, 3e38), contradictory, 4, "of step 5 is"},
		"divergence":          {net, at(2, 1e12), contradictory, 4, "training has diverged, the mean loss of step 5 is"},
		"a layer":             {Sequential{dark, net}, SGD(0.1), black, 4, "loss of step 5 is NaN, since the output of layer func0 is NaN at (3,"},
		"a panic":             {broken, SGD(0.1), good, 0, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			want := outcomeOf(t, NewNet(c.layer), c.opt, c.data, 0, 1)
			wantError(t, errors.New(want.err), "training on a batch of shape (6, 1, 8, 8)", c.want)
			if len(want.losses) != c.made {
				t.Errorf("%d single steps were made, expected %d", len(want.losses), c.made)
			}
			got := outcomeOf(t, NewNet(c.layer), c.opt, c.data, 50, 1)
			got.wantLike(t, want)
			if !got.inLoop {
				t.Error("each step is a program of its own")
			}
		})
	}
}

func must2[A, B any](a A, b B, err error) func(*testing.T) (A, B) {
	return func(t *testing.T) (A, B) {
		t.Helper()
		noError(t, err)
		return a, b
	}
}

// If a device fails in the first steps of a size, the net is as it was before them.
func TestStepsInOneProgramDeviceFails(t *testing.T) {
	unseeded(t)
	net := NewNet(Sequential{BatchNorm{}, Flatten{}, greedy{Dense{Units: 4}}})
	failed := outcomeOf(t, net, Adam(0.01), quadrants(11, 3, false), 50, 1) // The last batch is of two.
	wantError(t, errors.New(failed.err), "training on a batch of shape (2, 1, 8, 8): the device failed: ",
		"the net is as it was before the step")
	if len(failed.losses) != 3 || !failed.inLoop {
		t.Errorf("%d steps were made, in one program: %v", len(failed.losses), failed.inLoop)
	}
	if want := outcomeOf(t, net, Adam(0.01), quadrants(9, 3, false), 50, 1); !reflect.DeepEqual(failed.variables, want.variables) {
		t.Error("the failed step changed the net")
	}
}

// A net that cannot be part of a loop, as with GoMLX's sorting, is computed batch by batch, which is reported.
func TestNoLoop(t *testing.T) {
	unseeded(t)
	sorting := layerFunc(func(x *graph.Node) *graph.Node {
		return graph.Add(x, graph.StopGradient(graph.Sort(x, -1, true)))
	})
	net := NewNet(Sequential{Dense{Units: 6}, sorting, Dense{Units: 4}})
	want := outcomeOf(t, net, SGD(0.1), quadrants(20, 6, true), 0, 2)
	if want.err != "" {
		t.Fatal(want.err)
	}
	got := outcomeOf(t, net, SGD(0.1), quadrants(20, 6, true), 50, 2)
	got.wantLike(t, want)
	wantOutputs(t, net, quadrants(20, 6, false))
	inLoops(t, 50)
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	again := trainer.Steps(quadrants(20, 6, true), nil)
	for range 2 { // The same sequence, once more after it has found out.
		steps := 0
		for range again {
			steps++
		}
		noError(t, trainer.Err())
		if steps != 4 {
			t.Errorf("%d steps", steps)
		}
	}
	if got.inLoop || net.loops[loopShape{imageForm{8, 8}, 20, 6}].program != nil {
		t.Error("GoMLX can sort in a loop now: net.loops and Trainer.loop need no way without")
	}
}

// A Trainer makes single steps between those of an epoch.
func TestStepsAndStep(t *testing.T) {
	inLoops(t, 4)
	net := smallNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.5).WithSchedule(func(update int) float64 { return 0.1 / float64(update+1) })))(t)
	X, n := waves(1, 1, 5, 1, 8, 8), 0
	for range 2 {
		_, _, err := trainer.Step(X, fiveLabels())
		noError(t, err)
		for i, metrics := range trainer.Steps(quadrants(40, 8, true), nil) {
			if n += int(metrics.Examples); i != (n-1)%40/8 {
				t.Errorf("step %d after %d examples", i, n)
			}
		}
		noError(t, trainer.Err())
	}
	if rate, ok := trainer.rate.value(); n != 80 || trainer.rate.updates != 12 || !ok || math.Abs(rate-0.1/12) > 1e-6 {
		t.Errorf("%d examples, %d updates, the last with the rate %v", n, trainer.rate.updates, rate)
	}
	noError(t, net.Initialize(testDevice(), Xavier))
	for range trainer.Steps(quadrants(40, 8, true), nil) {
		t.Error("a step was made")
	}
	wantPanic(t, func() {
		for range trainer.Steps(quadrants(40, 8, true), nil) {
		}
	}, "call Trainer.Err after each loop", "make a new one")
	wantError(t, trainer.Err(), "make a new one")
	noError(t, trainer.Err()) // It is told once.
}
