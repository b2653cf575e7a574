package main

import (
	"math"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/ml/train"
)

const lr = 0.9

// ours is a net as a reader trains and evaluates it with d2l.
type ours struct {
	net     *d2l.Net
	trainer *d2l.Trainer
}

// newOurs returns net ready to be trained on device, with new parameters or with
// those that pytorch.py has written to the folder start.
func newOurs(net *d2l.Net, optimizer d2l.Optimizer, device d2l.Device, start string) (*ours, error) {
	var err error
	if start == "" {
		err = net.Initialize(device, d2l.Xavier)
	} else {
		err = net.LoadParameters(filepath.Join(start, "weights.safetensors"), device, 1, 28, 28)
	}
	if err != nil {
		return nil, err
	}
	trainer, err := d2l.NewTrainer(net, optimizer)
	return &ours{net, trainer}, err
}

// step trains on one batch and returns the sum of its losses, the correct
// predictions and the number of examples.
func (o *ours) step(batch train.Batch) (lossSum, correct, examples float64, err error) {
	X, y := batch.Inputs[0], batch.Labels[0]
	lossSum, correct, err = o.trainer.Step(X, y)
	return lossSum, correct, float64(y.Size()), err
}

// train makes a step on each batch and returns the mean loss of each.
func (o *ours) train(batches []train.Batch) ([]float64, error) {
	losses := make([]float64, len(batches))
	for i, batch := range batches {
		lossSum, _, examples, err := o.step(batch)
		if err != nil {
			return nil, err
		}
		losses[i] = lossSum / examples
	}
	return losses, nil
}

// correct returns how many examples are classified correctly.
func (o *ours) correct(batches []train.Batch) (float64, error) {
	accuracy, err := d2l.EvaluateAccuracyGPU(o.net, fixedIter(batches))
	return math.Round(accuracy * float64(examples(batches))), err
}

func examples(batches []train.Batch) int {
	n := 0
	for _, batch := range batches {
		n += batch.Labels[0].Size()
	}
	return n
}
