package main

import (
	"math"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/ml/train"
)

const lr = 0.9

// ours is LeNet as a reader trains and evaluates it with d2l.
type ours struct {
	net     *d2l.Net
	trainer *d2l.Trainer
}

// newOurs returns LeNet with new parameters on device, or with those in the
// folder start.
func newOurs(device d2l.Device, start string) (*ours, error) {
	net := lenet.New()
	var err error
	if start == "" {
		err = net.Initialize(device, d2l.Xavier)
	} else {
		err = net.LoadParameters(filepath.Join(start, parametersFile), device)
	}
	if err != nil {
		return nil, err
	}
	trainer, err := d2l.NewTrainer(net, d2l.SGD(lr))
	return &ours{net, trainer}, err
}

// train makes a step on each batch and returns the mean loss of each.
func (o *ours) train(batches []train.Batch) ([]float64, error) {
	losses := make([]float64, len(batches))
	for i, batch := range batches {
		X, y := batch.Inputs[0], batch.Labels[0]
		lossSum, _, err := o.trainer.Step(X, y)
		if err != nil {
			return nil, err
		}
		losses[i] = lossSum / float64(y.Size())
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
