package d2l

import (
	"errors"
	"fmt"
	"slices"
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
	finite  finiteStep
	classes int             // Width of the net's output; 0 before the first step.
	dtype   dtypes.DType    // Of X in the first step; none before it.
	ran     map[string]bool // Shapes of X with which a step has been made.
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
	t := &Trainer{net: net, rate: learningRate{schedule: scheduleOf(opt), store: net.store}, ran: map[string]bool{}}
	var err error
	t.step, err = net.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		g := inputs[0].Graph()
		yHat, y := net.forward(scope, inputs[0]), inputs[1]
		requireScores(yHat, y, t.classes)
		mean := crossEntropy(yHat, y)
		train.AddMainLoss(mean)
		opt.UpdateGraph(scope.Store().RootScope(), g, train.TotalLoss(g))
		t.rate.built()
		train.ExecPerStepUpdateGraphFn(g) // What layers ask for after each step.
		lossSum := graph.MulScalar(mean, float64(y.Shape().Size()))
		return []*graph.Node{lossSum, numCorrect(yHat, y), t.finite.guard(net.store, mean)}
	}, true, devices...)
	if err != nil {
		return nil, err
	}
	net.dropTrainer()
	if err := net.dropOptimizer(); err != nil {
		return nil, err
	}
	net.trainer = t
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

// requireScores panics unless yHat has a row of scores, one for each class, for
// each label in y.
func requireScores(yHat, y *graph.Node, classes int) {
	if yHat.Rank() != 2 || yHat.Shape().Dim(0) != y.Shape().Dim(0) {
		panic(fmt.Sprintf("d2l: a classifier's output has shape (batch, classes), but for %d labels the net's is %v",
			y.Shape().Dim(0), Shape(yHat.Shape().Dimensions)))
	}
	if width := yHat.Shape().Dim(1); width != classes {
		panic(fmt.Sprintf("d2l: the net's output has %d classes for this batch, and had %d in the first step", width, classes))
	}
}

// Step trains the net on one batch: X are the inputs, y the labels, int32 of
// shape (batch). It returns the sum of the batch's losses and the number of
// correct predictions, both of the forward pass before the update, and it waits
// for the device.
//
// A step is made whole or not at all. It is an error, and leaves the net, the
// optimizer's state and the schedule as they were, if X or the loss is NaN or
// infinite, or the update would make any value so; if the mean loss is above 2²⁴,
// where training has diverged; if the net is no classifier or has no output for
// a label; if its layers do not take X, or panic; and if a schedule returns something that is no learning
// rate. It is also whole or nothing if the device fails at the first batch of a
// shape, as where its memory is too small; if it fails later, the parameters are
// lost, and the net has none. The error names the cause as far as it can be found. Labels of another type
// or rank are a mistake in the program, and panic.
//
// To look at all new values costs a pass over them: a few percent of a step of
// LeNet, more for a net with many parameters and small batches.
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
	kept, err := t.keep(X)
	if err != nil {
		return 0, 0, err
	}
	outputs, err := t.step.call(X, y)
	if err != nil {
		return 0, 0, fmt.Errorf("training on a batch of shape %v: %w", ShapeOf(X), t.afterFailure(kept, err))
	}
	t.ran[X.Shape().String()] = true
	lossSum, correct = float64(tensors.ToScalar[float32](outputs[0])), float64(tensors.ToScalar[float32](outputs[1]))
	finite, err := tensors.CopyFlatData[bool](outputs[2])
	if err != nil {
		return 0, 0, fmt.Errorf("training on a batch of shape %v: %w", ShapeOf(X), err)
	}
	if slices.Contains(finite, false) {
		return 0, 0, t.notFinite(X, lossSum, finite)
	}
	t.rate.updates++
	t.dtype = X.DType()
	return lossSum, correct, nil
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
	if err := t.checkScores(X); err != nil {
		return err
	}
	return labelsWithin(y, t.classes)
}

// checkScores refuses inputs for which the net's output is not what a classifier's
// is: before the first step, so that they decide nothing about its parameters.
func (t *Trainer) checkScores(X *tensors.Tensor) error {
	if t.dtype != dtypes.InvalidDType && X.DType() != t.dtype {
		return fmt.Errorf("X is %v, and was %v in the first step: convert it", X.DType(), t.dtype)
	}
	if t.classes > 0 {
		return nil
	}
	scores := X.Shape() // Of a net without layers.
	if _, err := t.net.probe(t.net.device, exampleOf(X.Shape()), func(_ string, y *graph.Node) { scores = y.Shape() }); err != nil {
		return err
	}
	if scores.Rank() != 2 {
		return fmt.Errorf("a classifier's output has shape (batch, classes), but for one example the net's is %v", Shape(scores.Dimensions))
	}
	if scores.DType != dtypes.Float32 {
		return fmt.Errorf("X is %v, for which the net's output is %v: convert X to Float32", X.DType(), scores.DType)
	}
	t.classes = scores.Dim(1)
	return nil
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
