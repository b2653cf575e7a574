package d2l

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// Each channel has its own mean and standard deviation, and the net learns behind them as from images that were
// normalized before.
func TestNormalize(t *testing.T) {
	unseeded(t)
	X, y := waves(1, 1, 4, 2, 8, 8), tensors.FromValue([]int32{0, 1, 2, 3})
	mean, std := []float64{0.25, -0.5}, []float64{2, 0.5}
	normalized := must(X.LocalClone())(t)
	noError(t, tensors.MutableFlatData(normalized, func(x []float32) {
		for i := range x {
			c := i / 64 % 2
			x[i] = (x[i] - float32(mean[c])) / float32(std[c])
		}
	}))
	train := func(layer Layer, X *tensors.Tensor) []float32 {
		Seed(1)
		net := NewNet(layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1)))(t)
		for range 3 {
			_, _, err := trainer.Step(X, y)
			noError(t, err)
		}
		return float32s(t, must(net.Forward(X))(t))
	}
	layers := Sequential{Conv2D{Channels: 3, KernelSize: 3}, ReLU, Dense{Units: 4}}
	net := append(Sequential{Normalize{Mean: mean, Std: std}}, layers...)
	near(t, "outputs after three steps", train(net, X), train(layers, normalized), 1e-5)
}

func TestNormalizeFaults(t *testing.T) {
	unseeded(t)
	for _, n := range []Normalize{
		{}, {Mean: []float64{0, 0}, Std: []float64{1}}, {Mean: []float64{0, 0}, Std: []float64{1, 0}},
		{Mean: []float64{0, 0}, Std: []float64{1, math.NaN()}},
	} {
		net := NewNet(n)
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := net.Forward(waves(1, 1, 1, 2, 3, 3))
		wantError(t, err, "Normalize needs a Mean and a positive Std for each of 2 channels")
		_, err = net.Forward(waves(1, 1, 1, 6))
		wantError(t, err, "Normalize takes images, float32 (batch, channel, height, width), got (1, 6) of Float32")
	}
	// A file tells the numbers.
	net := drawnFor(t, Sequential{Normalize{Mean: []float64{0}, Std: []float64{1}}, Dense{Units: 2}}, waves(1, 1, 1, 1, 3, 3))
	other := NewNet(Sequential{Normalize{Mean: []float64{0}, Std: []float64{2}}, Dense{Units: 2}})
	wantError(t, other.LoadParameters(saved(t, net), testDevice()), "normalize0")
}
