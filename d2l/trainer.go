package d2l

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Trainer makes training steps: it holds the net's forward pass, the softmax
// cross-entropy of its output, the gradients and the optimizer's update as one
// compiled program for each shape of batch. It is the book's gluon.Trainer
// (section "Concise Implementation of Linear Regression") with the loss inside.
type Trainer struct {
	step *program
}

// NewTrainer returns a Trainer for a net that was initialized. The optimizer is
// SGD or any of GoMLX's.
func NewTrainer(net *Net, opt optimizer.Interface) (*Trainer, error) {
	if net.store == nil {
		return nil, errNoParameters
	}
	step, err := net.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		g := inputs[0].Graph()
		yHat, y := net.layer.Forward(scope, inputs[0]), inputs[1]
		mean := crossEntropy(yHat, y)
		train.AddMainLoss(mean)
		opt.UpdateGraph(scope.Store().RootScope(), g, train.TotalLoss(g))
		train.ExecPerStepUpdateGraphFn(g) // What layers registered: batch norm's statistics.
		return []*graph.Node{graph.MulScalar(mean, float64(y.Shape().Size())), numCorrect(yHat, y)}
	}, true)
	if err != nil {
		return nil, err
	}
	return &Trainer{step}, nil
}

// Step trains the net on one batch: X are the inputs, y the labels, int32 of
// shape (batch). It returns the sum of the batch's losses and the number of
// correct predictions, both of the forward pass before the update, and it waits
// for the device.
func (t *Trainer) Step(X, y *tensors.Tensor) (lossSum, correct float64, err error) {
	outputs, err := t.step.call(X, y)
	if err != nil {
		return 0, 0, fmt.Errorf("training on a batch of shape %v: %w", ShapeOf(X), err)
	}
	return float64(tensors.ToScalar[float32](outputs[0])), float64(tensors.ToScalar[float32](outputs[1])), nil
}

// crossEntropy returns the mean softmax cross-entropy of the examples, a scalar.
func crossEntropy(yHat, y *graph.Node) *graph.Node {
	return loss.SparseCategoricalCrossEntropyLogits([]*graph.Node{graph.ExpandAxes(y, -1)}, []*graph.Node{yHat})
}

// numCorrect counts the rows of yHat whose greatest value is at y.
func numCorrect(yHat, y *graph.Node) *graph.Node {
	hits := graph.Equal(graph.ArgMax(yHat, -1, y.DType()), y)
	return graph.ReduceAllSum(graph.ConvertDType(hits, dtypes.Float32))
}
