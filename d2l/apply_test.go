package d2l

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// judged is a loss of Trainers: what a net says of yHat is to be 0.
func judged(by func(...*graph.Node) *graph.Node) Loss {
	return LossFunc(func(yHat, _ *graph.Node) *graph.Node { return graph.Square(by(yHat)) })
}

// drawn returns a net whose parameters have been drawn.
func drawn(t *testing.T, layer Layer, shape ...int) *Net {
	t.Helper()
	net := NewNet(layer)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, shape...)))(t)
	return net
}

// applied is a net as a layer of another, which infers.
type applied struct{ net *Net }

func (applied) Kind() string                                        { return "applied" }
func (a applied) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return a.net.ApplyInference(x) }

// ofItself is a layer that applies the net it is in.
type ofItself struct{ net **Net }

func (ofItself) Kind() string                                        { return "of itself" }
func (o ofItself) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return (*o.net).Apply(x) }

// A net that learns through another has the updates of one net of the layers of both, of which the second are frozen.
func TestApplyTrainsThrough(t *testing.T) {
	unseeded(t)
	first, second := Sequential{Dense{Units: 6, Activation: ReLU}}, Sequential{Dense{Units: 5}, BatchNorm{}, ReLU, Dense{Units: 1}}
	X := waves(1, 1, 8, 4)
	Seed(1)
	a := drawn(t, first, 8, 4)
	b := drawn(t, second, 8, 6)
	both := drawn(t, Sequential{first, second}, 8, 4)
	for _, v := range both.Parameters() {
		path := strings.TrimPrefix(v.Path(), netScope+"/")
		from, name := a, strings.TrimPrefix(path, "sequential0/")
		if name == path {
			from, name = b, strings.TrimPrefix(path, "sequential1/")
			v.SetTrainable(false)
		}
		noError(t, both.SetParameter(path, must(must(from.Parameter(name))(t).Value())(t)))
	}
	before := values(t, b)
	through := must(NewTrainer(a, Adam(0.1)))(t).WithLoss(judged(b.Apply))
	whole := must(NewTrainer(both, Adam(0.1)))(t).WithLoss(LossFunc(func(yHat, _ *graph.Node) *graph.Node { return graph.Square(yHat) }))
	for range 5 {
		got, _, err := through.Step(X, X)
		noError(t, err)
		want, _, err := whole.Step(X, X)
		noError(t, err)
		near(t, "loss", []float32{float32(got)}, []float32{float32(want)}, 1e-5)
	}
	trained := values(t, a)
	near(t, "weights", trained["/net/dense0/weights"], values(t, both)["/net/sequential0/dense0/weights"], 1e-5)
	for path, value := range values(t, b) {
		near(t, path, value, before[path], 0)
	}
	if n := float32s(t, must(must(b.Parameter("batchnorm0.num_batches_tracked"))(t).Value())(t)); n[0] != 0 {
		t.Errorf("running statistics of the net that is applied have seen %v batches", n[0])
	}
	if n := len(a.Variables()); n != 2 {
		t.Errorf("the net that learns has %d variables", n)
	}
}

// What is read is what the other net has at that step, whoever has changed it.
func TestApplyReadsWhatIsThere(t *testing.T) {
	a, b := drawn(t, Sequential{Dense{Units: 1, NoBias: true}}, 2, 1), drawn(t, Sequential{Dense{Units: 1, NoBias: true}}, 2, 1)
	X := NewTensor([][]float32{{1}, {1}})
	noError(t, a.SetParameter("dense0.weight", [][]float32{{1}}))
	trainer := must(NewTrainer(a, SGD(1e-12)))(t).WithLoss(judged(b.Apply))
	other := must(NewTrainer(b, SGD(0.5)))(t).WithLoss(judged(a.Apply))
	square := Compile(func(X *graph.Node) *graph.Node { return graph.Square(b.Apply(X)) }, testDevice())
	want := func(weight float64) {
		t.Helper()
		for range 2 {
			loss, _, err := trainer.Step(X, X)
			noError(t, err)
			near(t, "loss", []float32{float32(loss / 2)}, []float32{float32(weight * weight)}, 1e-6)
			near(t, "function", float32s(t, must(square(X))(t))[:1], []float32{float32(weight * weight)}, 1e-6)
		}
	}
	for _, weight := range []float32{2, -3} {
		noError(t, b.SetParameter("dense0.weight", [][]float32{{weight}}))
		want(float64(weight))
	}
	// a is 1, so that the gradient of b is 2 weight: half of it leaves nothing.
	noError(t, b.SetParameter("dense0.weight", [][]float32{{4}}))
	_, _, err := other.Step(X, X)
	noError(t, err)
	want(0)
}

// In a loss of its own Trainer a net learns from what it is applied to, as from the output of its first input.
func TestApplyOfTheNetItself(t *testing.T) {
	unseeded(t)
	layers := Sequential{Dense{Units: 4, Activation: Tanh}, Dense{Units: 1}}
	X, Y := waves(1, 1, 8, 3), waves(2, 1, 8, 3)
	XY := tensors.FromFlatDataAndDimensions(append(float32s(t, X), float32s(t, Y)...), 16, 3)
	nets, losses := map[string]*Net{}, map[string]float64{}
	for _, name := range []string{"applied", "one batch"} {
		Seed(1)
		net := drawn(t, layers, 8, 3)
		loss, input := Loss(LossFunc(func(yHat, _ *graph.Node) *graph.Node { return graph.Square(yHat) })), XY
		if name == "applied" {
			input = X
			loss = LossFunc(func(yHat, y *graph.Node) *graph.Node {
				return graph.MulScalar(graph.Add(graph.Square(yHat), graph.Square(net.Apply(y))), 0.5)
			})
		}
		trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(loss)
		for range 3 {
			sum, _, err := trainer.Step(input, map[bool]*tensors.Tensor{true: Y, false: XY}[input == X])
			noError(t, err)
			losses[name] = sum / float64(input.Shape().Dim(0))
		}
		nets[name] = net
	}
	near(t, "loss", []float32{float32(losses["applied"])}, []float32{float32(losses["one batch"])}, 1e-5)
	want := values(t, nets["one batch"])
	for path, got := range values(t, nets["applied"]) {
		near(t, path, got, want[path], 1e-5)
	}

	normal := drawn(t, Sequential{Dense{Units: 4}, BatchNorm{}}, 8, 3)
	_, _, err := must(NewTrainer(normal, SGD(0.1)))(t).WithLoss(LossFunc(func(yHat, y *graph.Node) *graph.Node {
		return graph.Square(graph.Add(yHat, normal.Apply(y)))
	})).Step(X, Y)
	noError(t, err)
	if n := float32s(t, must(must(normal.Parameter("batchnorm0.num_batches_tracked"))(t).Value())(t)); n[0] != 2 {
		t.Errorf("running statistics have seen %v batches, not both", n[0])
	}
}

// Where a net only infers, the loss is that of Forward; otherwise dropout drops others in each step, and repeats with a seed.
func TestApplyInference(t *testing.T) {
	unseeded(t)
	X := waves(1, 1, 8, 4)
	losses := func(mode string) (all []float32) {
		Seed(1)
		a := drawn(t, Sequential{Dense{Units: 6}}, 8, 4)
		b := drawn(t, Sequential{BatchNorm{}, Dropout{Rate: 0.5}, Dense{Units: 1}}, 8, 6)
		noError(t, b.SetParameter("batchnorm0.running_mean", []float32{1, 2, 3, 4, 5, 6}))
		by := map[string]func(...*graph.Node) *graph.Node{"training": b.Apply, "inference": b.ApplyInference}[mode]
		trainer := must(NewTrainer(a, SGD(1e-12)))(t).WithLoss(judged(by))
		for range 3 {
			loss, _, err := trainer.Step(X, X)
			noError(t, err)
			all = append(all, float32(loss)/8)
		}
		if mode == "inference" {
			var sum float64
			for _, y := range float32s(t, must(b.Forward(must(a.Forward(X))(t)))(t)) {
				sum += float64(y) * float64(y) / 8
			}
			near(t, "loss", all[:1], []float32{float32(sum)}, 1e-5)
		}
		return all
	}
	if all := losses("inference"); all[0] != all[1] || all[1] != all[2] {
		t.Errorf("losses in inference: %v", all)
	}
	all := losses("training")
	if all[0] == all[1] || all[1] == all[2] {
		t.Errorf("dropout drops the same in each step: losses %v", all)
	}
	near(t, "losses with the same seed", losses("training"), all, 0)
}

// What comes after an inference is in training mode again.
func TestTrainingGoesOnAfterApplyInference(t *testing.T) {
	unseeded(t)
	Seed(1)
	a, teacher := drawn(t, Sequential{Dense{Units: 6}}, 8, 4), drawn(t, Sequential{Dense{Units: 1}}, 8, 6)
	dropping := drawn(t, Sequential{Dropout{Rate: 0.5}, Dense{Units: 1}}, 8, 6)
	trainer := must(NewTrainer(a, SGD(1e-12)))(t).WithLoss(LossFunc(func(yHat, _ *graph.Node) *graph.Node {
		return graph.Sub(teacher.ApplyInference(yHat), dropping.Apply(yHat))
	}))
	X, losses := waves(1, 1, 8, 4), map[float64]bool{}
	for range 3 {
		loss, _, err := trainer.Step(X, X)
		noError(t, err)
		losses[loss] = true
	}
	if len(losses) != 3 {
		t.Errorf("dropout drops the same in each step: losses %v", losses)
	}
}

// A layer that both nets share has parameters of its own in each; and what a net infers does not depend on whether it was
// applied in training before, which moves no running statistics.
func TestApplyOfASharedLayer(t *testing.T) {
	shared := Share(Dense{Units: 4})
	a := drawn(t, Sequential{shared}, 8, 4)
	b := drawn(t, Sequential{shared, BatchNorm{}, Dense{Units: 1}}, 8, 4)
	noError(t, b.SetParameter("batchnorm0.running_mean", []float32{1, 2, 3, 4}))
	X := waves(1, 1, 8, 4)
	var want float64
	for _, y := range float32s(t, must(b.Forward(must(a.Forward(X))(t)))(t)) {
		want += float64(y)
	}
	loss, _, err := must(NewTrainer(a, SGD(0.1)))(t).WithLoss(LossFunc(func(yHat, _ *graph.Node) *graph.Node {
		b.Apply(yHat)
		return b.ApplyInference(yHat)
	})).Step(X, X)
	noError(t, err)
	near(t, "loss", []float32{float32(loss)}, []float32{float32(want)}, 1e-4)
}

// noisy adds numbers that are drawn anew in each call, in inference too.
type noisy struct{}

func (noisy) Kind() string { return "noisy" }

func (noisy) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Add(x, scope.Store().RandomNormal(x.Graph(), x.Shape()))
}

// A net that draws numbers does so in a function of Compile, in each call others, and with a seed the same.
func TestApplyOfANetThatDraws(t *testing.T) {
	unseeded(t)
	X := waves(1, 1, 2, 3)
	calls := func() (all [][]float32) {
		Seed(1)
		net := drawn(t, Sequential{noisy{}}, 2, 3)
		f := Compile(func(X *graph.Node) *graph.Node { return net.Apply(X) }, testDevice())
		for range 3 {
			all = append(all, float32s(t, must(f(X))(t)))
		}
		return all
	}
	first := calls()
	if slices.Equal(first[0], first[1]) || slices.Equal(first[1], first[2]) {
		t.Error("two calls draw the same")
	}
	for i, again := range calls() {
		near(t, "with the same seed", again, first[i], 0)
	}
}

// later changes a variable at the very end of a step.
type later struct{}

func (later) Kind() string { return "later" }

func (later) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	v := scope.VariableWithValue("count", float32(7)).SetTrainable(false)
	y := graph.Mul(x, v.NodeValue(x.Graph()))
	train.AddPerStepUpdateGraphFn(scope, x.Graph(), func(_ *model.Scope, g *graph.Graph) {
		v.SetNodeValue(graph.OnePlus(v.NodeValue(g)))
	})
	return y
}

func TestApplyKeepsWhatALayerChangesLater(t *testing.T) {
	a, b := drawn(t, Sequential{Dense{Units: 2}}, 4, 3), drawn(t, Sequential{later{}}, 4, 2)
	trainer := must(NewTrainer(a, SGD(0.1)))(t).WithLoss(judged(b.Apply))
	for range 3 {
		_, _, err := trainer.Step(waves(1, 1, 4, 3), Zeros(4))
		noError(t, err)
	}
	near(t, "count", float32s(t, must(must(b.Parameter("later0/count"))(t).Value())(t)), []float32{7}, 0)
}

// Gradients with respect to the input, of nets whose layers have functions of their own for it: along one direction they
// are what the output changes by.
func TestApplyGradientOfInput(t *testing.T) {
	for name, c := range map[string]struct {
		layer Layer
		shape []int
	}{
		"LeNet": {Sequential{Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: Sigmoid}, AvgPool2D{PoolSize: 2},
			Conv2D{Channels: 16, KernelSize: 5, Activation: Sigmoid}, AvgPool2D{PoolSize: 2}, Dense{Units: 120, Activation: Sigmoid},
			Dense{Units: 1}}, []int{32, 1, 28, 28}},
		"batch normalization": {Sequential{Conv2D{Channels: 4, KernelSize: 3}, BatchNorm{}, Tanh, Dense{Units: 1}}, []int{32, 1, 8, 8}},
		"of vectors":          {Sequential{BatchNorm{}, Dense{Units: 1}}, []int{32, 9}},
		"recurrent":           {Sequential{GRU{HiddenSize: 16}, Dense{Units: 1}}, []int{8, 5, 4}},
		"LSTM":                {Sequential{LSTM{HiddenSize: 16, Bidirectional: true}, Dense{Units: 1}}, []int{8, 5, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			net, X := drawn(t, c.layer, c.shape...), waves(3, 1, c.shape...)
			sum := func(X *graph.Node) *graph.Node { return graph.ReduceAllSum(net.Apply(X)) }
			gradient := must(Compile(func(X *graph.Node) *graph.Node { return graph.Gradient(sum(X), X)[0] }, testDevice())(X))(t)
			f, towards := Compile(sum, testDevice()), wave(5, 1, X.Shape().Size())
			at := func(step float32) float64 {
				moved := float32s(t, X)
				for i := range moved {
					moved[i] += step * towards[i]
				}
				return float64(float32s(t, must(f(tensors.FromFlatDataAndDimensions(moved, c.shape...)))(t))[0])
			}
			const step = 1e-2
			var got float64
			for i, d := range float32s(t, gradient) {
				got += float64(d) * float64(towards[i])
			}
			want := (at(step) - at(-step)) / (2 * step)
			if math.Abs(got-want) > 0.02*math.Abs(want)+1e-3 || want == 0 {
				t.Errorf("the gradient says %v, the output changes by %v", got, want)
			}
		})
	}
}

func TestApplySaysWhatIsMissing(t *testing.T) {
	X := waves(1, 1, 8, 4)
	a := drawn(t, Sequential{Dense{Units: 6}}, 8, 4)
	step := func(net *Net, loss Loss) error {
		_, _, err := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(loss).Step(X, X)
		return err
	}
	before := values(t, a)
	undrawn := NewNet(Sequential{Dense{Units: 1}})
	wantError(t, step(a, judged(undrawn.Apply)), "Net.Apply: the net has no parameters yet")
	noError(t, undrawn.Initialize(testDevice(), Xavier))
	wantError(t, step(a, judged(undrawn.ApplyInference)), "Net.ApplyInference: the net has no parameters yet")
	wantError(t, step(a, judged(drawn(t, Sequential{Dense{Units: 1}}, 8, 5).Apply)), "dense0")
	wantError(t, step(a, judged(func(...*graph.Node) *graph.Node { return a.Apply() })), "needs the net's input")
	stateful := drawn(t, Sequential{RNN{HiddenSize: 2, Stateful: true}}, 8, 3, 4)
	wantError(t, step(a, judged(stateful.Apply)), "Stateful")

	var self *Net
	self = NewNet(Sequential{Dense{Units: 4}, ofItself{&self}})
	noError(t, self.Initialize(testDevice(), Xavier))
	_, err := self.Forward(X)
	wantError(t, err, "a layer of the net calls Net.Apply of the net itself")

	b := drawn(t, Sequential{Dense{Units: 1}}, 8, 6)
	trainer := must(NewTrainer(a, SGD(0.1)))(t).WithLoss(judged(b.Apply))
	after := values(t, a)
	for path := range before {
		near(t, path, after[path], before[path], 0)
	}
	_, _, err = trainer.Step(X, X)
	noError(t, err)
	noError(t, b.Initialize(testDevice(), Xavier))
	_, _, err = trainer.Step(X, X)
	wantError(t, err, "the net that is applied has other parameters", "make a new Trainer")
	must(b.Forward(waves(1, 1, 8, 6)))(t)
	_, _, err = trainer.Step(X, X)
	noError(t, err)

	// Another net of the same names.
	noError(t, b.Initialize(testDevice(), Xavier))
	must(b.Forward(waves(1, 1, 8, 5)))(t)
	_, _, err = trainer.Step(X, X)
	wantError(t, err, "the net that is applied has other parameters")
	noError(t, b.Initialize(testDevice(), Xavier))
	must(b.Forward(waves(1, 1, 8, 6)))(t)
	noError(t, b.SetParameter("dense0.bias", []float32{float32(math.NaN())}))
	_, _, err = trainer.Step(X, X)
	wantError(t, err, "/net/dense0/biases of the net that is applied is NaN at (0,)", "initialize that one")

	backend, _, err := testDevice().Backend()
	noError(t, err)
	_, err = graph.CallOnce(backend, func(x *graph.Node) *graph.Node { return b.Apply(x) }, waves(1, 1, 8, 6))
	wantError(t, err, "Net.Apply is for losses, layers and functions of Compile")
	if !onGPU() {
		together := must(NewTrainer(a, SGD(0.1), testDevice(), otherDevice()))(t).WithLoss(judged(b.Apply))
		_, _, err = together.Step(X, X)
		wantError(t, err, "on the same device, and on one alone")
		far := NewNet(Sequential{Dense{Units: 1}})
		noError(t, far.Initialize(otherDevice(), Xavier))
		must(far.Forward(waves(1, 1, 8, 6)))(t)
		wantError(t, step(a, judged(far.Apply)), "on the same device")
	}
}

// Where a step is made in a loop, as on a GPU, one that reads another net is made alone.
func TestApplyInSteps(t *testing.T) {
	net, b := smallNet(), drawn(t, Sequential{Dense{Units: 2}}, 8, 4)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, 5, 1, 8, 8)))(t)
	copied := must(net.CopyTo(testDevice()))(t)
	loss := LossFunc(func(yHat, _ *graph.Node) *graph.Node { return graph.ReduceMean(graph.Square(b.Apply(yHat)), -1) })
	trainer := must(NewTrainer(net, SGD(0.01)))(t).WithLoss(loss)
	data := OnDevice(quadrants(40, 16, false), testDevice())
	var losses, want []float32
	said := captured(t, &os.Stderr, func() {
		for _, metrics := range trainer.Steps(data, NewTimer()) {
			losses = append(losses, float32(metrics.LossSum/metrics.Examples))
		}
		noError(t, trainer.Err())
	})
	single := must(NewTrainer(copied, SGD(0.01)))(t).WithLoss(loss)
	for batch, err := range quadrants(40, 16, false).Iter() {
		noError(t, err)
		metrics := must(single.StepBatch(batch))(t)
		want = append(want, float32(metrics.LossSum/metrics.Examples))
	}
	near(t, "losses", losses, want, 1e-5)
	if strings.Contains(said, "could not be compiled as a loop") {
		t.Error(said)
	}
	through := NewNet(Sequential{net.layer, applied{b}})
	noError(t, through.Initialize(testDevice(), Xavier))
	rows := 0
	said = captured(t, &os.Stderr, func() {
		for output, err := range through.ForwardEach(data) {
			noError(t, err)
			rows += output.YHat.Shape().Dim(0)
		}
	})
	if rows != 40 || strings.Contains(said, "could not be compiled as a loop") {
		t.Errorf("outputs of %d examples; %s", rows, said)
	}
}
