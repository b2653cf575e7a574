package d2l

import (
	"errors"
	"fmt"
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
// rounding, whatever the size of the batch, and layers such as batch normalization
// see the whole batch. (Pixels of resized images are rounded to bytes on the host,
// and may be the next byte on a device.)
//
// Book: gluon.Trainer, section "Concise Implementation of Linear Regression".
type Trainer struct {
	net     *Net
	devices []Device
	step    *xla.Program
	loop    *stepLoop // Used by Steps on a GPU.
	rate    learningRate
	classes int                   // Width of the net's output; 0 before the first step.
	dtype   dtypes.DType          // Of X in the first step; none before it.
	ran     map[programShape]bool // Where a step has been made.
	epoch   epochMetrics          // Of the last loop over Steps.
	err     error                 // Of that loop, until Err is called.
}

// A programShape is a program with a shape of X.
type programShape struct {
	program *xla.Program
	X       string
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
	if len(devices) == 0 {
		devices = []Device{net.device}
	}
	t := &Trainer{
		net: net, devices: devices, rate: learningRate{schedule: scheduleOf(opt), store: net.store}, ran: map[programShape]bool{},
	}
	var err error
	t.step, err = net.newProgram(xla.Config{
		Training: true,
		Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			X := inputs[0]
			loss, correct := t.build(scope, X, inputs[1], opt)
			result, _ := guardStep(X, loss, correct, changedIn(net.store, X.Graph()), func(v *model.Variable) *graph.Node {
				return X.Graph().GetParameterByName(v.Path())
			})
			return []*graph.Node{result}
		},
	}, devices...)
	if err != nil {
		return nil, err
	}
	t.loop = newStepLoop(t, opt)
	t.epoch.before = net.trained.Epochs
	net.setTrainer(t)
	if err := net.dropOptimizer(); err != nil {
		return nil, err
	}
	return t, nil
}

// build adds a step to the graph of X and y. It returns the mean of the losses and the
// number of correct predictions.
func (t *Trainer) build(scope *model.Scope, X, y *graph.Node, opt optimizer.Interface) (loss, correct *graph.Node) {
	g := X.Graph()
	yHat := t.net.forward(scope, X)
	requireLogits(X, yHat, y, t.classes)
	loss = crossEntropy(yHat.WithAlias(logitsAlias), y)
	train.AddMainLoss(loss)
	total := train.TotalLoss(g)
	requireGradients(t.net.store, total)
	opt.UpdateGraph(scope.Store().RootScope(), g, total)
	t.rate.requireVariable()
	train.ExecPerStepUpdateGraphFn(g) // What layers have registered to be done after each step.
	return loss, numCorrect(yHat, y)
}

// finalize frees what is compiled: the Trainer makes no further steps.
func (t *Trainer) finalize() {
	t.step.Finalize()
	t.loop.finalize()
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
	if err := t.requireCurrent(); err != nil {
		return 0, 0, err
	}
	requireLabels("Trainer.Step", y)
	g, err := t.prepare(X, y)
	if err != nil {
		return 0, 0, &stepError{X: ShapeOf(X), cause: err}
	}
	outputs, err := t.call(t.step, ShapeOf(X), X, y)
	if err != nil {
		return 0, 0, err
	}
	row, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return 0, 0, &stepError{X: ShapeOf(X), cause: fmt.Errorf("reading the results of the step: %w", err)}
	}
	result := stepResult(row)
	if !result.made() {
		return 0, 0, failedStep{t.net, &t.rate, X, changedIn(t.net.store, g), numClasses(g), result}.diagnose()
	}
	t.rate.updates++
	t.net.stepMade()
	t.dtype, t.classes = X.DType(), numClasses(g)
	return result.lossSum(X.Shape().Dim(0)), result.correct(), nil
}

// requireCurrent returns an error if the net has moved on.
func (t *Trainer) requireCurrent() error {
	if t.net.trainer != t {
		return errors.New("the net was given other parameters or another Trainer since this Trainer was made: " +
			"make a new one")
	}
	return nil
}

// requireType returns an error if the first step had X of another type.
func (t *Trainer) requireType(X dtypes.DType) error {
	if t.dtype != dtypes.InvalidDType && X != t.dtype {
		return fmt.Errorf("X is %v, and was %v in the first step: convert it", X, t.dtype)
	}
	return nil
}

// call runs a program that makes steps with batches of shape X. If the device fails, it puts the net back as far as
// that is possible.
func (t *Trainer) call(p *xla.Program, X Shape, inputs ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	var backup backup
	ran := programShape{p, X.String()}
	if !t.ran[ran] {
		var err error
		if backup, err = newBackup(t.net.store); err != nil {
			return nil, &stepError{X: X, cause: err}
		}
	}
	outputs, err := p.Call(inputs...)
	if err != nil {
		return nil, backup.putBack(t.net, X, err)
	}
	t.ran[ran] = true
	return outputs, nil
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
	}
	if err := t.requireType(X.DType()); err != nil {
		return nil, err
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
	rate, err := t.rate.next(0) // Last, so that a schedule is not called for a batch that is refused.
	if err != nil {
		return nil, err
	}
	accepted = true
	if err := t.net.draw(t.step, X.Shape()); err != nil {
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
