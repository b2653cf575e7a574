package d2l

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// A Trainer minimizes what it is told to, with labels of any type and shape, and counts examples and correct predictions
// where they mean something.
func TestTrainerWithLoss(t *testing.T) {
	unseeded(t)
	X := waves(1, 1, 6, 3)
	float64s := must(tensors.FromValue([]float64{1, 2, 3, 4, 5, 6}).LocalClone())(t)
	mine := LossFunc(func(yHat, y *graph.Node) *graph.Node {
		return graph.ReduceMean(graph.Abs(graph.Sub(yHat, graph.ConvertDType(y, yHat.DType()))), 1)
	})
	total := LossFunc(func(yHat, y *graph.Node) *graph.Node { return graph.ReduceAllMean(mine(yHat, y)) })
	for name, c := range map[string]struct {
		layer    Layer
		loss     Loss
		y        *tensors.Tensor
		examples float64
	}{
		"numbers":       {Dense{Units: 1}, L2Loss{}, float64s, 6},
		"vectors":       {Dense{Units: 4}, L1Loss{}, waves(2, 1, 6, 4), 6},
		"images":        {Sequential{Dense{Units: 4}, reshape{2, 2}}, MSELoss{}, waves(2, 1, 6, 2, 2), 6},
		"my own":        {Dense{Units: 4}, mine, tensors.FromShape(shapes.Make(dtypes.Uint8, 6, 4)), 6},
		"a mean":        {Dense{Units: 4}, total, waves(2, 1, 6, 4), 6},
		"large numbers": {Dense{Units: 1}, L2Loss{}, waves(2, 1e6, 6), 6},
		"steps":         {Sequential{Dense{Units: 8}, reshape{2, 4}}, SoftmaxCrossEntropyLoss{}, classesOf(6, 2), 12},
		"padded":        {Sequential{Dense{Units: 8}, reshape{2, 4}}, MaskedSoftmaxCELoss{Padding: 1}, classesOf(6, 2), 10},
	} {
		t.Run(name, func(t *testing.T) {
			for _, devices := range oneOrTwo() {
				net, data := NewNet(c.layer), batches{{X, c.y}}
				noError(t, net.Initialize(testDevice(), Xavier))
				trainer := must(NewTrainer(net, SGD(0.05), devices...))(t).WithLoss(c.loss)
				before := must(trainer.EvaluateLoss(data))(t)
				var first StepMetrics
				for range 20 {
					for _, step := range trainer.Steps(data, nil) {
						if first.Examples == 0 {
							first = step
						}
					}
					noError(t, trainer.Err())
				}
				near(t, "loss of the first step", []float32{float32(first.LossSum / first.Examples)}, []float32{float32(before)}, 1e-5)
				if first.Examples != c.examples {
					t.Errorf("%v examples, expected %v", first.Examples, c.examples)
				}
				if _, classes := c.loss.(classLoss); classes == math.IsNaN(first.Correct) || first.Correct > c.examples {
					t.Errorf("%v predictions are correct", first.Correct)
				}
				if after := must(trainer.EvaluateLoss(data))(t); !(after < 0.99*before) {
					t.Errorf("training brings the loss from %v to %v", before, after)
				}
				if got := net.Trained(); strings.Contains(got, "acc") == math.IsNaN(first.Correct) {
					t.Errorf("the net is %s", got)
				}
				saved(t, net)
			}
		})
	}
}

func TestEvaluateLossOfAnotherLoss(t *testing.T) {
	net := NewNet(Dense{Units: 1})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	data := LoadArray(NewTensor([]float32{3}, 1, 1), NewTensor([]float32{0}, 1, 1), 1, false)
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	for loss, want := range map[Loss]float64{L2Loss{}: 4.5, L1Loss{}: 3} {
		if got := must(trainer.WithLoss(loss).EvaluateLoss(data))(t); got != want {
			t.Errorf("%T: %v, not %v", loss, got, want)
		}
	}
}

// Two classes need two outputs.
func TestOneClass(t *testing.T) {
	net := NewNet(Dense{Units: 1})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(net, SGD(1)))(t).Step(waves(1, 1, 2, 3), tensors.FromValue([]int32{0, 0}))
	wantError(t, err, "the net's output has one class", "SigmoidBinaryCrossEntropyLoss{}")
	data := LoadArray(waves(1, 1, 2, 3), tensors.FromValue([]int32{0, 0}), 2, false)
	for _, loss := range []Loss{SigmoidBinaryCrossEntropyLoss{}, MaskedSoftmaxCELoss{}} {
		wantPanic(t, func() { TrainCh13(net, data, data, loss, 0.1, 1) },
			fmt.Sprintf("TrainCh13 counts the correct predictions of all labels, which is not what %T is for", loss))
	}
}
