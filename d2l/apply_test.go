package d2l

import (
	"os"
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
