package d2l

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// detector has two outputs, of 3 and 2 columns: logits of a class, and numbers.
type detector struct{}

func (detector) Kind() string { return "detector" }

func (h detector) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return h.ForwardN(scope, x)[0]
}

func (detector) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	both := Dense{Units: 5}.Forward(scope, inputs[0])
	all := graph.AxisRange()
	return []*graph.Node{graph.Slice(both, all, graph.AxisRange(0, 3)), graph.Slice(both, all, graph.AxisRange(3, 5))}
}

// headLosses returns a loss for each example.
func headLosses(yHats, ys []*graph.Node) *graph.Node {
	return graph.Add(SoftmaxCrossEntropyLoss{}.Forward(yHats[0], ys[0]), MSELoss{}.Forward(yHats[1], ys[1]))
}

// A loss of several outputs and arrays of labels trains what one trains that takes apart a single output and a single
// array, on one device and on two, which share out a batch of 3 unevenly.
func TestLossFuncN(t *testing.T) {
	unseeded(t)
	X, classes, numbers := waves(1, 1, 7, 4), tensors.FromValue([]int32{0, 1, 2, 2, 1, 0, 1}), waves(3, 1, 7, 2)
	packed := Must(Compile(func(classes, numbers *graph.Node) *graph.Node {
		return graph.Concatenate([]*graph.Node{graph.ConvertDType(graph.ExpandAxes(classes, -1), numbers.DType()), numbers}, -1)
	})(classes, numbers))
	unpacking := LossFunc(func(yHat, y *graph.Node) *graph.Node {
		all, column := graph.AxisRange(), func(x *graph.Node, from, to int) *graph.Node {
			return graph.Slice(x, graph.AxisRange(), graph.AxisRange(from, to))
		}
		classes := graph.Squeeze(graph.Slice(y, all, graph.AxisElem(0)), -1)
		return headLosses([]*graph.Node{column(yHat, 0, 3), column(yHat, 3, 5)},
			[]*graph.Node{graph.ConvertDType(classes, graph.ArgMax(yHat, -1).DType()), column(y, 1, 3)})
	})
	run := func(layer Layer, loss Loss, data DataIter, devices ...Device) (losses []float32) {
		Seed(1)
		net := NewNet(layer)
		noError(t, net.Initialize(devices[0], Xavier))
		trainer := must(NewTrainer(net, Adam(0.05), devices...))(t).WithLoss(loss)
		losses = append(losses, float32(must(trainer.EvaluateLoss(data))(t)))
		for range 3 {
			for _, step := range trainer.Steps(data, nil) {
				losses = append(losses, float32(step.LossSum), float32(step.Examples))
				if !math.IsNaN(step.Correct) {
					t.Errorf("%v predictions are correct", step.Correct)
				}
			}
			noError(t, trainer.Err())
		}
		return append(losses, float32(must(trainer.EvaluateLoss(data))(t)))
	}
	data := LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{classes, numbers}, 4, false)
	want := run(Sequential{Dense{Units: 5}}, unpacking, LoadArray(X, packed, 4, false), testDevice())
	if !(want[len(want)-1] < 0.9*want[0]) {
		t.Fatalf("the loss does not become smaller: %v", want)
	}
	for _, devices := range oneOrTwo() {
		near(t, "losses", run(detector{}, LossFuncN(headLosses), data, devices...), want, 1e-5)
	}
	// A net's only output, and a single array of labels.
	single := LossFuncN(func(yHats, ys []*graph.Node) *graph.Node { return unpacking(yHats[0], ys[0]) })
	near(t, "losses", run(Dense{Units: 5}, single, LoadArray(X, packed, 4, false), testDevice()), want, 1e-5)
}

// Where many steps are one program, all outputs reach the loss, too.
func TestLossFuncNInOneProgram(t *testing.T) {
	unseeded(t)
	loss := LossFuncN(func(yHats, ys []*graph.Node) *graph.Node {
		numbers := graph.OnesLike(yHats[1])
		return headLosses(yHats, []*graph.Node{graph.ModScalar(ys[0], 3), numbers})
	})
	run := func(size int) (losses []float32, inLoop bool) {
		inLoops(t, size)
		Seed(1)
		net := NewNet(Sequential{Flatten{}, detector{}})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(loss)
		for _, step := range trainer.Steps(quadrants(30, 8, false), nil) {
			losses = append(losses, float32(step.LossSum), float32(step.Examples))
		}
		noError(t, trainer.Err())
		_, err := trainer.StepBatch(train.Batch{
			Inputs: []*tensors.Tensor{waves(1, 1, 2, 1, 8, 8)},
			Labels: []*tensors.Tensor{tensors.FromValue([]int32{0, 1}), waves(1, 1, 2)},
		})
		wantError(t, err, "the batch has 2 arrays of labels, and an earlier one had 1")
		return losses, trainer.loop.size > 0
	}
	want, single := run(0)
	got, inLoop := run(50)
	near(t, "losses", got, want, 1e-5)
	if single || !inLoop {
		t.Errorf("many steps in a program: %v and %v", single, inLoop)
	}
}

// The number of arrays of labels is that of the loss at hand, also after EvaluateLoss has computed another, and where
// many steps are one program.
func TestLossFuncNAfterEvaluateLoss(t *testing.T) {
	unseeded(t)
	X, classes, numbers := waves(1, 1, 2, 1, 8, 8), tensors.FromValue([]int32{0, 1}), waves(3, 1, 2, 2)
	both := LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{classes, numbers}, 2, false)
	newTrainer := func() *Trainer {
		net := NewNet(Sequential{Flatten{}, detector{}})
		noError(t, net.Initialize(testDevice(), Xavier))
		return must(NewTrainer(net, SGD(0.1)))(t).WithLoss(LossFuncN(headLosses))
	}
	trainer := newTrainer()
	must(trainer.EvaluateLoss(both))(t)
	must(trainer.WithLoss(SoftmaxCrossEntropyLoss{}).EvaluateLoss(LoadArray(X, classes, 2, false)))(t)
	must(trainer.WithLoss(LossFuncN(headLosses)).EvaluateLoss(both))(t)

	for _, size := range []int{0, 50} {
		inLoops(t, size)
		trainer := newTrainer()
		must(trainer.EvaluateLoss(both))(t)
		for range trainer.Steps(quadrants(30, 8, false), nil) {
			t.Error("a step was made")
		}
		wantError(t, trainer.Err(), "the batch has 1 array of labels, and an earlier one had 2")
	}
}

// What does not fit is refused, and named.
func TestLossFuncNFaults(t *testing.T) {
	unseeded(t)
	X, classes, numbers := waves(1, 1, 5, 4), tensors.FromValue([]int32{0, 1, 2, 2, 1}), waves(3, 1, 5, 2)
	batch := func(ys ...*tensors.Tensor) train.Batch { return train.Batch{Inputs: []*tensors.Tensor{X}, Labels: ys} }
	net := drawnFor(t, detector{}, X)
	_, err := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{}).StepBatch(batch(numbers, numbers))
	wantError(t, err, "a batch has 2 arrays of labels, but the loss d2l.L2Loss takes 1: write a LossFuncN")
	trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
	must(trainer.EvaluateLoss(LoadArray(X, waves(3, 1, 5, 3), 5, false)))(t) // It counts for its loss alone.
	trainer.WithLoss(LossFuncN(headLosses))
	_, err = trainer.StepBatch(batch(classes)) // It is refused, so that it does not tell how many arrays there are.
	wantError(t, err, "the loss d2l.LossFuncN, of 2 outputs of shape (5, 3) and (5, 2) and 1 array of labels of shape (5,) of Int32: ", "index out of range [1] with length 1", "loss_func_n_test.go")
	_, err = trainer.StepBatch(batch(numbers, classes))
	wantError(t, err, "SoftmaxCrossEntropyLoss takes logits of shape (batch, …, classes) and whole numbers y", "got (5, 3) and (5, 2) of Float32")
	_, err = trainer.StepBatch(batch(classes, waves(3, 1, 4, 2)))
	wantError(t, err, "there are 4 labels in y[1] for 5 examples")
	_, err = trainer.StepBatch(batch(classes, tensors.FromScalar(float32(1))))
	wantError(t, err, "y[1] has no batch axis")
	before := must(net.Parameter("weight"))(t)
	want := slices.Clone(float32s(t, must(before.Value())(t)))
	spoilt := must(numbers.LocalClone())(t)
	noError(t, tensors.MutableFlatData(spoilt, func(y []float32) { y[3] = float32(math.NaN()) }))
	_, err = trainer.StepBatch(batch(classes, spoilt))
	wantError(t, err, "y[1] is NaN at (1, 1)", "leave such examples out")
	if !slices.Equal(float32s(t, must(before.Value())(t)), want) {
		t.Error("a step that fails changes the net")
	}
	none := tensors.FromValue([]int32{0, 1, 3, 2, 1})
	_, err = trainer.StepBatch(batch(none, numbers))
	wantError(t, err, "the loss of step 1 is NaN, where the net's outputs are finite", "look at the loss, and in y for a class")
	must(trainer.StepBatch(batch(classes, numbers)))(t)
	_, err = trainer.StepBatch(batch(classes, numbers, numbers))
	wantError(t, err, "the batch has 3 arrays of labels, and an earlier one had 2")
	_, err = trainer.EvaluateLoss(LoadArray(X, classes, 5, false))
	wantError(t, err, "the batch has 1 array of labels, and an earlier one had 2")
	data := LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{classes, numbers}, 5, false)
	_, err = EvaluateAccuracyGPU(net, data)
	wantError(t, err, "the batch has 2 arrays of labels, of which ForwardEach and the accuracies take 1", "net.ForwardN")
	wantPanic(t, func() { LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{}, 5, false) },
		"d2l: LoadArrays needs X and y with the same number of examples")
	wantPanic(t, func() { LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{classes, nil}, 5, false) }, "got (5, 4), (5,) and nil")
}

// maybeScaled multiplies its first input by the second, if there is one.
type maybeScaled struct{ detector }

func (maybeScaled) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	x := inputs[0]
	if len(inputs) > 1 {
		x = graph.Mul(x, graph.ConvertDType(graph.ExpandAxes(inputs[1], -1), x.DType()))
	}
	return []*graph.Node{Dense{Units: 3}.Forward(scope, x)}
}

// manyClasses is a loss of classes that takes any number of arrays of labels.
type manyClasses struct{ SoftmaxCrossEntropyLoss }

func (l manyClasses) ForwardN(yHats, ys []*graph.Node) *graph.Node {
	sum := l.Forward(yHats[0], ys[0])
	for _, y := range ys[1:] {
		sum = graph.Add(sum, l.Forward(yHats[0], y))
	}
	return sum
}

// What is compiled for a batch whose labels are refused takes no batch whose arrays are labels and inputs otherwise.
func TestLabelsAfterRefusedBatch(t *testing.T) {
	unseeded(t)
	X, y, out := waves(1, 1, 3, 2), tensors.FromValue([]int32{0, 1, 2}), tensors.FromValue([]int32{0, 1, 3})
	trainer := must(NewTrainer(drawnFor(t, maybeScaled{}, X), SGD(0.1)))(t).WithLoss(manyClasses{})
	_, err := trainer.EvaluateLoss(LoadArrays([]*tensors.Tensor{X}, []*tensors.Tensor{out, y}, 3, false))
	wantError(t, err, "the label at index 2 of the batch is 3, but the net has outputs for 0 to 2")
	_, err = trainer.EvaluateLoss(LoadArrays([]*tensors.Tensor{X, y}, y, 3, false))
	wantError(t, err, "the batch has 1 array of labels, and an earlier one had 2")
}
