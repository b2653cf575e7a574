package d2l

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

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
