package d2l

import (
	"cmp"
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
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Trainer makes training steps. It holds the net's forward pass, the loss of its
// output, the gradients and the optimizer's update as one compiled program for each
// shape of batch; the book's holds the update alone. The loss is softmax
// cross-entropy, or that of WithLoss.
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
	loop    *stepLoop    // Used by Steps on a GPU.
	mean    *xla.Program // EvaluateLoss; nil before the first.
	rate    learningRate
	loss    Loss
	classes int                      // Width of a classifier's output; 0 before the first step.
	dtypes  []dtypes.DType           // Of X in the first step; none before it.
	labels  int                      // How many arrays of them a batch has; 0 before the first batch.
	ran     map[programShape]bool    // Where a step has been made.
	epoch   epochMetrics             // Of the last loop over Steps.
	err     error                    // Of that loop, until Err is called.
	trained map[*model.Variable]bool // Which variables are trained in the compiled programs.
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
	if _, ok := opt.(*optimizer.SGDConfig); ok {
		opt = Optimizer{Interface: opt}
	}
	requireOptimizer(opt)
	requireTogether("NewTrainer", devices)
	if net == nil {
		panic("d2l: NewTrainer got a net that is nil: make one with NewNet")
	}
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
		net: net, devices: devices, rate: learningRate{schedule: scheduleOf(opt), store: net.store},
		loss: SoftmaxCrossEntropyLoss{}, ran: map[programShape]bool{}, trained: map[*model.Variable]bool{},
	}
	var err error
	t.step, err = net.newProgram(xla.Config{
		Training: true,
		Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			X, ys := t.split(inputs)
			g := X[0].Graph()
			old := func(v *model.Variable) *graph.Node { return g.GetParameterByName(v.Path()) }
			loss, correct := t.build(scope, X, ys, opt, old)
			result, _ := guardStep(X, loss, correct, t.maxLoss(), changedIn(net.store, g), old)
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

// build adds a step to the graph of X and ys. It returns the mean of the losses and the
// number of correct predictions. Old returns what a variable was before the step.
func (t *Trainer) build(scope *model.Scope, X, ys []*graph.Node, opt optimizer.Interface,
	old func(v *model.Variable) *graph.Node) (loss, correct *graph.Node) {
	g := X[0].Graph()
	loss, correct = t.losses(scope, X, ys)
	train.AddMainLoss(loss)
	total := train.TotalLoss(g)
	requireGradients(t.net.store, total)
	requireTrained(t.net.store.Scope(netScope), g)
	t.update(total, opt, old)
	t.rate.requireVariable()
	train.ExecPerStepUpdateGraphFn(g) // What layers have registered to be done after each step.
	return loss, correct
}

// finalize frees what is compiled: the Trainer makes no further steps.
func (t *Trainer) finalize() {
	t.step.Finalize()
	t.loop.finalize()
	if t.mean != nil {
		t.mean.Finalize()
	}
}

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

// Step trains the net on one batch: X are the inputs, y the labels, int32 of
// shape (batch), or whatever the loss takes; a loss without labels gets any, such as X.
// It returns the sum of the batch's losses
// and the number of correct predictions, both of the forward pass before the update,
// and it waits for the device. Where labels have more axes than (batch), the sum has the
// losses of all labels; the number is NaN if they are no classes. StepBatch takes several inputs
// and several arrays of labels.
//
// Step is atomic: on error the net, the optimizer and the schedule are unchanged, but
// that a net's first batch may have drawn its parameters.
// The error names the cause as far as it can be found:
//   - X, y, the loss or an updated value is NaN or infinite;
//   - the mean softmax cross-entropy is above 2²⁴, where training has diverged;
//   - a label is out of range, or there are not as many labels as examples;
//   - a layer or the loss does not take its input, or panics, or the net is no classifier;
//   - the schedule returns a negative, infinite or NaN learning rate;
//   - the device fails, as when its memory is too small. This alone is not atomic
//     after the first batch of a shape: the net's parameters are lost.
//
// Labels that are no classes, for the softmax cross-entropy, are a mistake in the
// program, and panic.
//
// Checking all new values costs a pass over them: a few percent of a step of
// LeNet, more for a net with many parameters and small batches.
func (t *Trainer) Step(X, y *tensors.Tensor) (lossSum, correct float64, err error) {
	requireMade(t, "Trainer.Step", "NewTrainer")
	metrics, err := t.makeStep("Trainer.Step", []*tensors.Tensor{X}, []*tensors.Tensor{y})
	return metrics.LossSum, metrics.Correct, err
}

// makeStep does what Step does, and counts the examples.
func (t *Trainer) makeStep(function string, X, ys []*tensors.Tensor) (StepMetrics, error) {
	requireInputs(function, X)
	if slices.Contains(ys, nil) {
		panic(fmt.Sprintf("d2l: %s got a y that is nil: a loss that needs no labels takes any, such as X", function))
	}
	if err := cmp.Or(t.requireCurrent(), t.requireSame()); err != nil {
		return StepMetrics{}, err
	}
	if _, ok := t.loss.(classLoss); ok {
		requireClasses(function, ys[0])
	}
	fail := func(err error) (StepMetrics, error) { return StepMetrics{}, &stepError{X: textOf(X), cause: err} }
	g, examples, err := t.prepare(X, ys)
	if err != nil {
		return fail(err)
	}
	outputs, err := t.call(t.step, textOf(X), slices.Concat(X, ys)...)
	if err != nil {
		return StepMetrics{}, err
	}
	row, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return fail(fmt.Errorf("reading the results of the step: %w", err))
	}
	plan, result := t.lossPlan(g, X[0].Shape().Dim(0)), stepResult(row)
	if !result.made() {
		return StepMetrics{}, failedStep{
			t.net, &t.rate, X, ys, changedIn(t.net.store, g), plan.classes, result, xla.BorrowedValues(g),
		}.diagnose()
	}
	t.rate.updates++
	t.net.stepMade()
	t.dtypes, t.classes = dtypesOf(shapesOf(X)), plan.classes
	return result.metrics(examples, plan), nil
}

// requireCurrent returns an error if the net has moved on.
func (t *Trainer) requireCurrent() error {
	if t.net.trainer != t {
		return errors.New("the net was given other parameters or another Trainer since this Trainer was made: " +
			"make a new one")
	}
	return nil
}

// call runs a program that makes steps with batches of shape X. If the device fails, it puts the net back as far as
// that is possible.
func (t *Trainer) call(p *xla.Program, X string, inputs ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	var backup backup
	ran := programShape{p, X}
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
	if !t.ran[ran] { // There may be new variables.
		for _, v := range t.net.Variables() {
			t.trained[v] = v.Trainable
		}
	}
	t.ran[ran] = true
	return outputs, nil
}
