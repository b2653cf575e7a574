package d2l

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// A net's first step, and its first Forward, build the net once: it is not built for its parameters or its classes
// alone. Another shape of batch is one more build, a batch that has been seen is none.
func TestFirstStepBuildsOnce(t *testing.T) {
	builds := 0
	counting := layerFunc(func(x *graph.Node) *graph.Node {
		builds++
		return x
	})
	X, one := waves(1, 1, 5, 3), waves(1, 1, 1, 3)
	for _, devices := range append(oneOrTwo(), Devices{otherDevice()}) {
		net := NewNet(Sequential{counting, Dense{Units: 4}})
		noError(t, net.Initialize(devices[0], Xavier))
		trainer := must(NewTrainer(net, Adam(0.01), devices...))(t)
		step := func(X *tensors.Tensor, labels ...int32) error {
			_, _, err := trainer.Step(X, tensors.FromValue(labels))
			return err
		}
		forward := func(X *tensors.Tensor) error {
			_, err := net.Forward(X)
			return err
		}
		for _, c := range []struct {
			call   string
			do     func() error
			builds int
		}{
			{"a first step", func() error { return step(X, 0, 1, 2, 3, 0) }, 1},
			{"a second step", func() error { return step(X, 0, 1, 2, 3, 0) }, 0},
			{"a step with another size of batch", func() error { return step(one, 3) }, 1},
			{"a first Forward", func() error { return forward(X) }, 1},
			{"a second Forward", func() error { return forward(X) }, 0},
			{"another net's first Forward", func() error {
				noError(t, net.Initialize(devices[0], Xavier))
				return forward(X)
			}, 1},
			{"a first step after that", func() error {
				trainer = must(NewTrainer(net, SGD(0.1), devices...))(t)
				return step(X, 0, 1, 2, 3, 0)
			}, 1},
		} {
			builds = 0
			noError(t, c.do())
			if builds != c.builds {
				t.Errorf("on %v, %s builds the net %d times, expected %d", devices, c.call, builds, c.builds)
			}
		}
	}
}

// A first batch that is refused leaves no parameters and no program that remembers them: the net then takes examples of
// another shape.
func TestFirstBatchRefused(t *testing.T) {
	for _, devices := range oneOrTwo() {
		net := NewNet(Sequential{Dense{Units: 4}})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, Momentum(0.1, 0.9), devices...))(t)
		_, _, err := trainer.Step(waves(1, 1, 5, 3), tensors.FromValue([]int32{0, 1, 2, 3, 4}))
		wantError(t, err, "the label at index 4 of the batch is 4")
		if n := net.store.NumVariables(); n != 1 || net.input.Ok() { // The state of the random generator.
			t.Errorf("%d variables, and the input is %v", n, net.input)
		}
		_, _, err = trainer.Step(waves(1, 1, 5, 7), fiveLabels())
		noError(t, err)
		if got := net.NumParameters(); got != 7*4+4 {
			t.Errorf("%d parameters", got)
		}
	}
}
