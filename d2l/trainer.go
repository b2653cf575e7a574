package d2l

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/xla"
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
// "Training on Multiple GPUs"). The results are those of one device but for
// rounding, whatever the size of the batch, and layers such as batch
// normalization see the whole batch.
//
// Book: gluon.Trainer, section "Concise Implementation of Linear Regression".
type Trainer struct {
	net     *Net
	step    *xla.Program
	rate    learningRate
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
		return nil, fmt.Errorf("the net is on %v, so a Trainer cannot start its devices with %v: "+
			"put %v first, or initialize the net there", net.device, devices[0], net.device)
	}
	t := &Trainer{net: net, rate: learningRate{schedule: scheduleOf(opt), store: net.store}, ran: map[string]bool{}}
	step, err := net.newProgram(xla.Config{
		Training: true,
		Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return t.build(scope, inputs[0], inputs[1], opt)
		},
	}, devices...)
	if err != nil {
		return nil, err
	}
	t.step = step
	net.setStep(step)
	if err := net.dropOptimizer(); err != nil {
		return nil, err
	}
	return t, nil
}

// build adds a step to the graph of X and y. It returns the sum of the losses, the
// number of correct predictions, and guardStep's answers.
func (t *Trainer) build(scope *model.Scope, X, y *graph.Node, opt optimizer.Interface) []*graph.Node {
	g := X.Graph()
	yHat := t.net.forward(scope, X)
	requireLogits(X, yHat, y, t.classes)
	mean := crossEntropy(yHat.WithAlias(logitsAlias), y)
	train.AddMainLoss(mean)
	opt.UpdateGraph(scope.Store().RootScope(), g, train.TotalLoss(g))
	t.rate.requireVariable()
	train.ExecPerStepUpdateGraphFn(g) // What layers have registered to be done after each step.
	lossSum := graph.MulScalar(mean, float64(y.Shape().Size()))
	return []*graph.Node{lossSum, numCorrect(yHat, y), guardStep(t.net.store, X, mean)}
}

// logitsAlias is where the graph of a step has the net's output.
const logitsAlias = "/d2l logits"

// dropOptimizer deletes what an earlier optimizer kept, its learning rate included:
// all variables but the layers' and the state of the random generator.
func (n *Net) dropOptimizer() error {
	var kept []string
	for v := range n.store.IterVariables() {
		layers := v.Scope() == netScope || strings.HasPrefix(v.Scope(), netScope+"/")
		if !layers && v.Name() != model.RNGStateVariableName {
			kept = append(kept, v.Path())
		}
	}
	for _, path := range kept {
		if err := n.store.DeleteVariable(path); err != nil {
			return fmt.Errorf("deleting the state of an earlier optimizer: %w", err)
		}
	}
	return nil
}

// requireLogits panics unless yHat has a row of float32 logits, one for each class,
// for each label in y, and as many as in the first step if that has been made.
func requireLogits(X, yHat, y *graph.Node, classes int) {
	if yHat.Rank() != 2 || yHat.Shape().Dim(0) != y.Shape().Dim(0) {
		panic(fmt.Sprintf("d2l: a classifier's output has shape (batch, classes), but for %d labels the net's is %v",
			y.Shape().Dim(0), Shape(yHat.Shape().Dimensions)))
	}
	if yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: X is %v, for which the net's output is %v: convert X to Float32",
			X.DType(), yHat.DType()))
	}
	if width := yHat.Shape().Dim(1); classes > 0 && width != classes {
		panic(fmt.Sprintf("d2l: the net's output has %d classes for this batch, and had %d in the first step",
			width, classes))
	}
}

// Step trains the net on one batch: X are the inputs, y the labels, int32 of
// shape (batch). It returns the sum of the batch's losses and the number of
// correct predictions, both of the forward pass before the update, and it waits
// for the device.
//
// Step is atomic: on error the net, the optimizer and the schedule are unchanged, but
// that a net's first batch may have drawn its parameters.
// The error names the cause as far as it can be found:
//   - X, the loss or an updated value is NaN or infinite;
//   - the mean loss is above 2²⁴, where training has diverged;
//   - a label is out of range, or there are not as many labels as examples;
//   - a layer does not take X, or panics, or the net is no classifier;
//   - the schedule returns a negative, infinite or NaN learning rate;
//   - the device fails, as when its memory is too small. This alone is not atomic
//     after the first batch of a shape: the net's parameters are lost.
//
// Labels of another type or rank are a mistake in the program, and panic.
//
// Checking all new values costs a pass over them: a few percent of a step of
// LeNet, more for a net with many parameters and small batches.
func (t *Trainer) Step(X, y *tensors.Tensor) (lossSum, correct float64, err error) {
	if t.net.step != t.step {
		return 0, 0, errors.New("the net was given other parameters or another Trainer since this Trainer was made: " +
			"make a new one")
	}
	requireLabels("Trainer.Step", y)
	g, err := t.prepare(X, y)
	if err != nil {
		return 0, 0, &stepError{X: ShapeOf(X), cause: err}
	}
	var backup backup
	if !t.ran[X.Shape().String()] {
		if backup, err = newBackup(t.net.store); err != nil {
			return 0, 0, &stepError{X: ShapeOf(X), cause: err}
		}
	}
	result, err := t.step.Call(X, y)
	if err != nil {
		return 0, 0, backup.putBack(t.net, X, err)
	}
	t.ran[X.Shape().String()] = true
	lossSum, correct, finite, err := stepResults(result)
	if err != nil {
		return 0, 0, &stepError{X: ShapeOf(X), cause: fmt.Errorf("reading the results of the step: %w", err)}
	}
	if slices.Contains(finite, false) {
		return 0, 0, failedStep{t.net, &t.rate, X, g, numClasses(g), lossSum, finite}.diagnose()
	}
	t.rate.updates++
	t.dtype, t.classes = X.DType(), numClasses(g)
	return lossSum, correct, nil
}

// stepResults reads the outputs of build.
func stepResults(outputs []*tensors.Tensor) (lossSum, correct float64, finite []bool, err error) {
	sums, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return 0, 0, nil, err
	}
	hits, err := tensors.CopyFlatData[float32](outputs[1])
	if err != nil {
		return 0, 0, nil, err
	}
	finite, err = tensors.CopyFlatData[bool](outputs[2])
	return float64(sums[0]), float64(hits[0]), finite, err
}

// prepare gets everything ready for a step with a batch, or refuses it: then the net
// stays without parameters if it had none.
func (t *Trainer) prepare(X, y *tensors.Tensor) (g *graph.Graph, err error) {
	switch {
	case X.Rank() == 0:
		return nil, errNoBatchAxis
	case y.Size() == 0:
		return nil, errors.New("the batch is empty")
	case X.Shape().Dim(0) != y.Size():
		return nil, fmt.Errorf("there are %d labels for %d examples", y.Size(), X.Shape().Dim(0))
	case t.dtype != dtypes.InvalidDType && X.DType() != t.dtype:
		return nil, fmt.Errorf("X is %v, and was %v in the first step: convert it", X.DType(), t.dtype)
	}
	if g, err = t.step.Compile(X, y); err != nil {
		return nil, err
	}
	accepted := false
	defer func() { // A schedule may panic as well.
		if !accepted {
			err = errors.Join(err, t.step.Discard())
		}
	}()
	if err := labelsWithin(y, numClasses(g)); err != nil { // They would count as examples without a loss.
		return nil, err
	}
	rate, err := t.rate.next() // Last, so that a schedule is not called for a batch that is refused.
	if err != nil {
		return nil, err
	}
	accepted = true
	if err := t.net.draw(t.step, X); err != nil {
		return nil, err
	}
	return g, t.rate.set(rate)
}

// numClasses returns the width of the net's output in the graph of a step.
func numClasses(g *graph.Graph) int { return g.GetNodeByAlias(logitsAlias).Shape().Dim(1) }

// crossEntropy returns the mean softmax cross-entropy of the examples, a scalar.
func crossEntropy(yHat, y *graph.Node) *graph.Node {
	return loss.SparseCategoricalCrossEntropyLogits([]*graph.Node{graph.ExpandAxes(y, -1)}, []*graph.Node{yHat})
}

// numCorrect counts the rows of yHat whose maximum is at y.
func numCorrect(yHat, y *graph.Node) *graph.Node {
	hits := graph.Equal(graph.ArgMax(yHat, -1, y.DType()), y)
	return graph.ReduceAllSum(graph.ConvertDType(hits, dtypes.Float32))
}
