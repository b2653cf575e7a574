package d2l

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

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

// ofItself is a layer that applies the net it is in.
type ofItself struct{ net **Net }

func (ofItself) Kind() string                                        { return "of itself" }
func (o ofItself) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return (*o.net).Apply(x) }
