package d2l

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// A Stateful layer goes on where the last training step has ended, so that two halves of a sequence have the losses of the
// whole; Forward neither uses nor changes the state, a failed step leaves it, and ResetState and a new Trainer make it 0.
func TestStatefulLayers(t *testing.T) {
	const batch, steps = 2, 6
	X, y := tokenSteps(batch, steps)
	half := func(x *tensors.Tensor, second bool) *tensors.Tensor {
		values, start := must(tensors.CopyFlatData[int32](x))(t), 0
		if second {
			start = steps / 2
		}
		var part []int32
		for row := range batch {
			part = append(part, values[row*steps+start:][:steps/2]...)
		}
		return tensors.FromFlatDataAndDimensions(part, batch, steps/2)
	}
	for name, layer := range map[string]func(stateful bool) Layer{
		"RNN":  func(stateful bool) Layer { return RNN{HiddenSize: 5, Stateful: stateful} },
		"GRU":  func(stateful bool) Layer { return GRU{HiddenSize: 5, NumLayers: 2, Stateful: stateful} },
		"LSTM": func(stateful bool) Layer { return LSTM{HiddenSize: 5, Stateful: stateful} },
	} {
		t.Run(name, func(t *testing.T) {
			newNet := func(stateful bool) *Net {
				net := NewNet(Sequential{OneHot{VocabSize: 4}, layer(stateful), Dense{Units: 4, LastAxis: true}})
				noError(t, net.Initialize(testDevice(), inOrder()))
				return net
			}
			still := func() Optimizer { return SGD(1e-12) } // The parameters stay as they are.
			whole, _, err := must(NewTrainer(newNet(false), still()))(t).Step(X, y)
			noError(t, err)
			net := newNet(true)
			trainer := must(NewTrainer(net, still()))(t)
			step := func(second bool) float64 {
				lossSum, _, err := trainer.Step(half(X, second), half(y, second))
				noError(t, err)
				return lossSum
			}
			first := step(false)
			output := float32s(t, must(net.Forward(X))(t))
			broken := half(y, true)
			noError(t, tensors.MutableFlatData(broken, func(labels []int32) { labels[0] = 9 }))
			_, _, err = trainer.Step(half(X, true), broken)
			wantError(t, err, "the label at index (0, 0) of the batch is 9")
			near(t, "losses of two halves", []float32{float32(first + step(true))}, []float32{float32(whole)}, 1e-5)
			if !slices.Equal(float32s(t, must(net.Forward(X))(t)), output) {
				t.Error("Forward depends on the state")
			}
			if again := step(false); again == first {
				t.Error("the state is not carried over")
			}
			noError(t, net.ResetState())
			near(t, "loss after ResetState", []float32{float32(step(false))}, []float32{float32(first)}, 1e-6)
			path := filepath.Join(t.TempDir(), "stateful")
			noError(t, net.SaveParameters(path))
			for name := range d2ltest.Safetensors(t, path) {
				if strings.Contains(name, "state") {
					t.Errorf("the file has %s", name)
				}
			}
			one, next := tokenSteps(1, steps)
			_, _, err = trainer.Step(one, next)
			wantError(t, err, "the state of a Stateful "+name+" is that of batches of 2 examples, but this one has 1")
			trainer = must(NewTrainer(net, still()))(t)
			near(t, "loss of a new Trainer", []float32{float32(step(false))}, []float32{float32(first)}, 1e-6)
		})
	}
	wantError(t, NewNet(Dense{Units: 1}).ResetState(), "the net has no parameters yet")
}
