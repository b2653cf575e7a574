package d2l

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Trainer makes training steps. It holds the net's forward pass, the softmax
// cross-entropy of its output, the gradients and the optimizer's update as one
// compiled program for each shape of batch; the book's holds the update alone.
//
// A Trainer is for the parameters that the net had when it was made: after
// Initialize or LoadParameters make a new one. A new one also takes the place of
// the net's earlier one, which makes no further steps.
//
// On several devices each keeps a copy of the parameters and computes its part of
// every batch, and the gradients are summed over the devices (the book's section
// "Training on Multiple GPUs"). The figures are those of one device but for
// rounding, whatever the size of the batch, and layers such as batch
// normalization see the whole batch.
//
// Book: gluon.Trainer, section "Concise Implementation of Linear Regression".
type Trainer struct {
	net     *Net
	step    *program
	rate    learningRate
	classes int // Width of the net's output; 0 before the first step.
}

// NewTrainer returns a Trainer for a net that was initialized. The optimizer is
// SGD, Momentum, Adam or any of GoMLX's, and may have a schedule; it starts
// afresh, whatever trained the net before.
//
// The Trainer works on the net's device or, where they are given, on several, of
// which the net's is the first. It panics if they are of different kinds or if one
// is given twice.
//
// Book: gluon.Trainer, section "Concise Implementation of Linear Regression".
func NewTrainer(net *Net, opt optimizer.Interface, devices ...Device) (*Trainer, error) {
	requireOptimizer(opt)
	requireTogether("NewTrainer", devices)
	if net.store == nil {
		return nil, errNoParameters
	}
	if len(devices) > 0 && devices[0] != net.device {
		return nil, fmt.Errorf("the net is on %v, so a Trainer cannot start its devices with %v: put %v first, or initialize the net there", net.device, devices[0], net.device)
	}
	t := &Trainer{net: net, rate: learningRate{schedule: scheduleOf(opt), store: net.store}}
	net.trainer = t
	if err := net.dropOptimizer(); err != nil {
		return nil, err
	}
	var err error
	t.step, err = net.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		g := inputs[0].Graph()
		yHat, y := net.layer.Forward(scope, inputs[0]), inputs[1]
		requireScores(yHat, y)
		mean := crossEntropy(yHat, y)
		train.AddMainLoss(mean)
		opt.UpdateGraph(scope.Store().RootScope(), g, train.TotalLoss(g))
		t.rate.built()
		train.ExecPerStepUpdateGraphFn(g) // What layers ask for after each step.
		return []*graph.Node{graph.MulScalar(mean, float64(y.Shape().Size())), numCorrect(yHat, y)}
	}, true, devices...)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// dropOptimizer deletes what an earlier optimizer kept, its learning rate among
// it: all variables but the layers' and the state of the random generator.
func (n *Net) dropOptimizer() error {
	var kept []string
	for v := range n.store.IterVariables() {
		if v.Scope() != netScope && !strings.HasPrefix(v.Scope(), netScope+"/") && v.Name() != model.RNGStateVariableName {
			kept = append(kept, v.Path())
		}
	}
	for _, path := range kept {
		if err := n.store.DeleteVariable(path); err != nil {
			return fmt.Errorf("dropping the state of an earlier optimizer: %w", err)
		}
	}
	return nil
}

// requireScores panics unless yHat has a row of scores for each label in y.
func requireScores(yHat, y *graph.Node) {
	if yHat.Rank() != 2 || yHat.Shape().Dim(0) != y.Shape().Dim(0) {
		panic(fmt.Sprintf("d2l: a classifier's output has shape (batch, classes), but for %d labels the net's is %v",
			y.Shape().Dim(0), Shape(yHat.Shape().Dimensions)))
	}
}

// Step trains the net on one batch: X are the inputs, y the labels, int32 of
// shape (batch). It returns the sum of the batch's losses and the number of
// correct predictions, both of the forward pass before the update, and it waits
// for the device.
//
// A label that the net has no output for is an error, and so is a batch of a
// shape that its layers do not take. Where a schedule returns something that is no
// learning rate, the error names the update.
func (t *Trainer) Step(X, y *tensors.Tensor) (lossSum, correct float64, err error) {
	if t.net.trainer != t {
		return 0, 0, errors.New("the net was given other parameters or another Trainer since this Trainer was made: make a new one")
	}
	if err := t.checkLabels(X, y); err != nil {
		return 0, 0, fmt.Errorf("training on a batch of shape %v: %w", ShapeOf(X), err)
	}
	if err := t.net.drawParameters(X); err != nil {
		return 0, 0, fmt.Errorf("drawing the net's parameters for X of shape %v: %w", ShapeOf(X), err)
	}
	if err := t.rate.prepare(); err != nil {
		return 0, 0, err
	}
	outputs, err := t.step.call(X, y)
	if err != nil {
		return 0, 0, fmt.Errorf("training on a batch of shape %v: %w", ShapeOf(X), err)
	}
	t.rate.updates++
	return float64(tensors.ToScalar[float32](outputs[0])), float64(tensors.ToScalar[float32](outputs[1])), nil
}

// checkLabels refuses labels outside of the net's classes: they would count as
// examples without a loss.
func (t *Trainer) checkLabels(X, y *tensors.Tensor) error {
	requireLabels("Trainer.Step", y)
	if X.Rank() == 0 {
		return errors.New("X has no batch axis")
	}
	if y.Size() == 0 {
		return errors.New("the batch is empty")
	}
	if X.Shape().Dim(0) != y.Size() {
		return fmt.Errorf("there are %d labels for %d examples", y.Size(), X.Shape().Dim(0))
	}
	if t.classes == 0 {
		_, layers, err := t.net.withShapes(t.net.device, ShapeOf(X)[1:])
		if err != nil {
			return err
		}
		output := ShapeOf(X) // Of a net without layers.
		if len(layers) > 0 {
			output = layers[len(layers)-1].Shape
		}
		if len(output) != 2 {
			return fmt.Errorf("a classifier's output has shape (batch, classes), but for one example the net's is %v", output)
		}
		t.classes = output[1]
	}
	var wrong error
	err := tensors.ConstFlatData(y, func(labels []int32) {
		for i, label := range labels {
			if label < 0 || int(label) >= t.classes {
				wrong = fmt.Errorf("label %d is %d, but the net has outputs for 0 to %d", i, label, t.classes-1)
				return
			}
		}
	})
	return errors.Join(wrong, err)
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
