package d2l

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A stepLoop makes several steps of a Trainer in one program, on images that are on its device. The program is compiled
// for each size of batch, and gets the examples of as many batches as there is room for.
type stepLoop struct {
	trainer  *Trainer
	opt      optimizer.Interface
	size     int // The largest number of steps in a program; 0 if every step is a program of its own.
	programs map[imageForm]*xla.Program
	plans    map[string]stepPlan // By the shape of X.
}

// A stepPlan says which variables a step uses, and which of them it changes.
type stepPlan struct {
	used, changed []*model.Variable
	alone         bool // Whether each step is a program of its own: a loop cannot read the variables of another net.
	lossPlan
}

func newStepLoop(t *Trainer, opt optimizer.Interface) *stepLoop {
	return &stepLoop{
		trainer: t, opt: opt, size: loopSize(t.devices...),
		programs: map[imageForm]*xla.Program{}, plans: map[string]stepPlan{},
	}
}

// steps yields what Trainer.Steps does, for images on the device.
func (l *stepLoop) steps(data *deviceIter, timer *Timer, yield func(StepMetrics, error) bool) {
	images, labels, err := data.images()
	if err != nil {
		yield(StepMetrics{}, err)
		return
	}
	for batch, examples := range groups(data.order(), data.batchSize, l.size) {
		if err := interrupted(); err != nil {
			yield(StepMetrics{}, err)
			return
		}
		timer.Start()
		made, err := l.run(images, labels, examples, batch)
		timer.Stop()
		for _, metrics := range made {
			if !yield(metrics, nil) {
				return
			}
		}
		if err != nil {
			yield(StepMetrics{}, err)
			return
		}
	}
}

// run makes a step for each of some batches. It returns the metrics of those that were made, and the error of the next.
func (l *stepLoop) run(images *deviceImages, labels []byte, examples []int, batch int) (made []StepMetrics, err error) {
	t := l.trainer
	if err := cmp.Or(t.requireCurrent(), t.requireSame()); err != nil {
		return nil, err
	}
	if l.size == 0 {
		return l.single(images, labels, examples, batch)
	}
	X := images.form.batch(batch)
	shape := Shape(X.Dimensions).String()
	fail := func(err error) error { return &stepError{X: shape, cause: err} }
	picked := pickLabels(labels, examples)
	plan, rates, refused := l.prepare(X, picked)
	if len(rates) == 0 {
		return nil, fail(refused)
	}
	if plan.alone {
		l.size = 0
		return l.single(images, labels, examples, batch)
	}
	program, err := l.program(images.form)
	if err != nil {
		return nil, fail(err)
	}
	padding := make([]float64, l.size-len(rates))
	inputs := []*tensors.Tensor{
		images.bytes, images.labels, padded(examples, l.size, batch), tensors.FromScalar(int32(len(rates))),
		tensors.FromFlatDataAndDimensions(append(rates[:len(rates):len(rates)], padding...), l.size),
	}
	if _, err := program.Compile(inputs...); err != nil {
		warnNoLoop(err)
		l.size = 0
		return l.single(images, labels, examples, batch)
	}
	outputs, err := t.call(program, shape, inputs...)
	if err != nil {
		return nil, err
	}
	rows, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		t.net.drop() // Nobody knows how many steps were made.
		return nil, fail(fmt.Errorf("reading the results of up to %d steps, with which the net's parameters are lost: %w",
			len(rates), err))
	}
	t.dtypes, t.classes, t.labels = dtypesOf([]shapes.Shape{X}), plan.classes, 1
	width := len(rows) / l.size
	for i, rate := range rates {
		if err := t.rate.set(rate); err != nil {
			return made, fail(err)
		}
		result := stepResult(rows[i*width:][:width])
		y := picked[i*batch : (i+1)*batch]
		if !result.made() {
			x, err := images.pick(examples[i*batch : (i+1)*batch])
			if err != nil {
				return made, fail(err)
			}
			y := tensors.FromFlatDataAndDimensions(y, batch)
			X, ys := []*tensors.Tensor{x}, []*tensors.Tensor{y}
			return made, failedStep{t.net, &t.rate, X, ys, plan.changed, plan.classes, result, nil}.diagnose()
		}
		t.rate.updates++
		t.net.stepMade()
		made = append(made, result.metrics(t.numExamples(plan.lossPlan, y), plan.lossPlan))
	}
	if refused != nil {
		err = fail(refused)
	}
	return made, err
}

// single does what run does with one program for each step.
func (l *stepLoop) single(images *deviceImages, labels []byte, examples []int, batch int) (made []StepMetrics, err error) {
	for examples := range slices.Chunk(examples, batch) {
		X, err := images.pick(examples)
		if err != nil {
			return made, err
		}
		y := tensors.FromFlatDataAndDimensions(pickLabels(labels, examples), batch)
		metrics, err := l.trainer.makeStep("Trainer.Steps", []*tensors.Tensor{X}, []*tensors.Tensor{y})
		if err != nil {
			return made, err
		}
		made = append(made, metrics)
	}
	return made, nil
}

// prepare gets everything ready for a step for each of some batches of shape X. It returns the learning rates of the
// first ones that it does not refuse, and why it refuses the next. Where it refuses the first, the net stays without
// parameters if it had none.
func (l *stepLoop) prepare(X shapes.Shape, labels []int32) (plan stepPlan, rates []float64, err error) {
	t := l.trainer
	if err := cmp.Or(t.requireArrays(1), t.requireTypes(dtypesOf([]shapes.Shape{X}))); err != nil {
		return plan, nil, err
	}
	plan, ok := l.plans[X.String()]
	if !ok {
		err := t.step.Sketch(func(g *graph.Graph, _ []*graph.Node) {
			plan = stepPlan{usedIn(t.net.store, g), changedIn(t.net.store, g), xla.Borrows(g), t.lossPlan(g, X.Dimensions[0])}
		}, X, shapes.Make(dtypes.Int32, X.Dimensions[0]))
		if err != nil {
			return plan, nil, err
		}
	}
	defer func() { // A schedule may panic as well.
		if len(rates) == 0 {
			err = errors.Join(err, t.step.Discard())
		}
	}()
	var accepted []float64
	for y := range slices.Chunk(labels, X.Dimensions[0]) {
		if err = t.checkLabels(plan.lossPlan, y, Shape{len(y)}); err != nil {
			break
		}
		var rate float64
		if rate, err = t.rate.next(len(accepted)); err != nil {
			break
		}
		accepted = append(accepted, rate)
	}
	if len(accepted) == 0 {
		return plan, nil, err
	}
	if err := t.net.draw(t.step, X); err != nil {
		return plan, nil, err
	}
	l.plans[X.String()] = plan
	return plan, accepted, err
}

// program returns the program for images of a form.
func (l *stepLoop) program(form imageForm) (*xla.Program, error) {
	if p, ok := l.programs[form]; ok {
		return p, nil
	}
	p, err := l.trainer.net.newProgram(xla.Config{
		Training: true,
		Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{l.build(scope, form, inputs[0], inputs[1], inputs[2], inputs[3], inputs[4])}
		},
	}, l.trainer.devices...)
	if err == nil {
		l.programs[form] = p
	}
	return p, err
}

// build adds n steps to the graph: images and labels are those of the data set, order, int32 (size, batch), has the
// examples of the batches, and rates, float64 (size), the learning rates. It returns a stepResult for each step, in the
// rows of an array. The loop ends at a step that is not made: the row of any other is 0.
func (l *stepLoop) build(scope *model.Scope, form imageForm, images, labels, order, n, rates *graph.Node) *graph.Node {
	g, t := images.Graph(), l.trainer
	plan := l.plans[form.batch(order.Shape().Dim(1)).String()]
	var state []*graph.Node
	for _, v := range plan.used {
		state = append(state, v.NodeValue(g))
	}
	results := xla.Zeros(g, shapes.Make(dtypes.Float32, l.size, 3+len(plan.changed)))
	after := xla.Loop(n, []*graph.Node{images, labels, order, rates}, append(state, results),
		func(i *graph.Node, constants, now []*graph.Node) (next []*graph.Node, goOn *graph.Node) {
			images, labels, order, rates := constants[0], constants[1], constants[2], constants[3]
			old := map[*model.Variable]*graph.Node{}
			for j, v := range plan.used {
				old[v] = now[j]
				v.SetNodeValue(now[j])
			}
			if v := t.rate.variable(); t.rate.schedule != nil && v != nil {
				v.SetNodeValue(graph.ConvertDType(xla.At(rates, i), v.DType()))
			}
			examples := xla.At(order, i)
			y := graph.ConvertDType(graph.Gather(labels, graph.ExpandAxes(examples, -1)), dtypes.Int32)
			X := []*graph.Node{form.X(images, examples)}
			before := func(v *model.Variable) *graph.Node { return old[v] }
			loss, correct := t.build(scope, X, []*graph.Node{y}, l.opt, before)
			// Images of bytes are finite.
			result, made := guardStep(nil, loss, correct, t.maxLoss(), plan.changed, before)
			for _, v := range plan.used {
				next = append(next, v.NodeValue(g))
			}
			return append(next, xla.SetAt(now[len(now)-1], i, result)), made
		})
	for i, v := range plan.used {
		if slices.Contains(plan.changed, v) {
			v.SetNodeValue(after[i])
		} else {
			v.SetNodeValue(state[i]) // Unchanged.
		}
	}
	return after[len(after)-1]
}

func (l *stepLoop) finalize() {
	for _, p := range l.programs {
		p.Finalize()
	}
}
