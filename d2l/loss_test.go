package d2l

import (
	"encoding/json"
	"iter"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// fixtureLosses are those of testdata/losses_fixture.py.
var fixtureLosses = map[string]Loss{
	"SoftmaxCrossEntropyLoss":       SoftmaxCrossEntropyLoss{},
	"MaskedSoftmaxCELoss":           MaskedSoftmaxCELoss{Padding: 1},
	"L2Loss":                        L2Loss{},
	"MSELoss":                       MSELoss{},
	"L1Loss":                        L1Loss{},
	"HuberLoss":                     HuberLoss{},
	"HuberLoss of 0.5":              HuberLoss{Rho: 0.5},
	"SigmoidBinaryCrossEntropyLoss": SigmoidBinaryCrossEntropyLoss{},
}

// classesOf returns labels as those of the fixture.
func classesOf(shape ...int) *tensors.Tensor {
	labels := make([]int32, Shape(shape).size())
	for k := range labels {
		labels[k] = int32((k*k + k/3) % 4)
	}
	return tensors.FromFlatDataAndDimensions(labels, shape...)
}

// batches is a DataIter of batches X, y.
type batches [][2]*tensors.Tensor

func (batches) Name() string { return "batches" }

func (b batches) Len() int { return len(b) }

func (b batches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for _, batch := range b {
			if !yield(train.Batch{Inputs: batch[:1], Labels: batch[1:]}, nil) {
				return
			}
		}
	}
}

// Losses and their gradients are PyTorch's, corners included.
func TestLossesAgainstPyTorch(t *testing.T) {
	var fixture struct {
		Cases []struct {
			Name      string
			Output, Y []int
			Loss      float32
			Gradient  []float32
		}
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/losses.json"))(t), &fixture))
	pytorch, seen := d2ltest.AgainstPyTorch(t, "loss"), map[string]bool{}
	for _, c := range fixture.Cases {
		t.Run(c.Name, func(t *testing.T) {
			seen[c.Name] = true
			classes, logistic := len(c.Y) < len(c.Output), strings.HasPrefix(c.Name, "Sigmoid")
			scale := 2.0
			if logistic {
				scale = 30
			}
			output, labels := wave(33, scale, Shape(c.Output).size()), wave(55, 2, Shape(c.Y).size())
			if logistic {
				for i, v := range wave(55, 0.5, len(labels)) {
					if labels[i] = v + 0.5; c.Output[1] == 1 {
						labels[i] = float32(math.Ceil(float64(v)))
					}
				}
			}
			row := len(output) / c.Output[0]
			clear(output[row : 2*row])
			y := tensors.FromFlatDataAndDimensions(labels, c.Y...)
			if classes {
				y = classesOf(c.Y...)
			} else {
				copy(output[2*row:3*row], labels[2*row:])
			}
			yHat, loss := tensors.FromFlatDataAndDimensions(output, c.Output...), fixtureLosses[c.Name]
			net := NewNet(Sequential{})
			noError(t, net.Initialize(testDevice(), Xavier))
			mean := must(must(NewTrainer(net, SGD(1)))(t).WithLoss(loss).EvaluateLoss(batches{{yHat, y}}))(t)
			pytorch.Near(t, c.Name, []float32{float32(mean)}, []float32{c.Loss})
			gradient := must(net.newProgram(xla.Config{Build: func(_ *model.Scope, inputs []*graph.Node) []*graph.Node {
				return graph.Gradient(graph.ReduceAllMean(loss.Forward(inputs[0], inputs[1])), inputs[0])
			}}))(t)
			defer gradient.Finalize()
			pytorch.Near(t, c.Name+": gradients", float32s(t, must(gradient.Call(yHat, y))(t)[0]), c.Gradient)
		})
	}
	if len(seen) != len(fixtureLosses) {
		t.Errorf("%d losses of %d are in the fixture", len(seen), len(fixtureLosses))
	}
}

// reshape gives each example a shape.
type reshape []int

func (reshape) Kind() string { return "reshape" }

func (r reshape) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.Reshape(x, append([]int{x.Shape().Dim(0)}, r...)...)
}

// What a loss does not take is an error that says what it gets, and changes nothing.
func TestLossFaults(t *testing.T) {
	X, nan := waves(1, 1, 5, 3), waves(2, 1, 5, 4)
	noError(t, tensors.MutableFlatData(nan, func(y []float32) { y[6] = float32(math.NaN()) }))
	average := LossFunc(func(yHat, y *graph.Node) *graph.Node { return graph.ReduceMean(yHat, 0) })
	labels := classesOf(5)
	noError(t, tensors.MutableFlatData(labels, func(y []int32) { y[2] = 7 }))
	for name, c := range map[string]struct {
		loss Loss
		y    *tensors.Tensor
		want string
	}{
		"a row of labels":    {L2Loss{}, waves(1, 1, 5), "L2Loss takes labels y of the shape of the net's output, or with its numbers in the same order on other axes, got (5,) for an output of (5, 4)"},
		"other axes":         {L1Loss{}, waves(1, 1, 4, 5), "there are 4 labels for 5 examples"},
		"one label":          {L1Loss{}, tensors.FromValue(float32(1)), "y has no batch axis"},
		"NaN":                {MSELoss{}, nan, "y is NaN at (1, 2)"},
		"no number a batch":  {average, nan, "LossFunc returns Float32 of shape (4,) for a batch of 5 examples"},
		"a class":            {MaskedSoftmaxCELoss{}, labels, "the label at index 2 of the batch is 7, but the net has outputs for 0 to 3"},
		"a negative Rho":     {HuberLoss{Rho: -1}, waves(1, 1, 5, 4), "HuberLoss needs a positive Rho, got -1"},
		"classes in columns": {SoftmaxCrossEntropyLoss{}, classesOf(5, 2), "for labels of shape (5, 2) has that shape and the classes"},
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(Dense{Units: 4})
			noError(t, net.Initialize(testDevice(), Xavier))
			trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(c.loss)
			_, _, err := trainer.Step(X, c.y)
			wantError(t, err, "training on a batch of shape (5, 3)", c.want)
			if strings.Contains(err.Error(), "guessing") {
				t.Errorf("%v", err)
			}
			if name != "NaN" {
				_, err = trainer.EvaluateLoss(batches{{X, c.y}})
				wantError(t, err, c.want)
			}
		})
	}
	net := NewNet(Dense{Units: 1})
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(1e6)))(t).WithLoss(L2Loss{})
	var err error
	for range 9 {
		if _, _, err = trainer.Step(X, waves(1, 1, 5)); err != nil {
			break
		}
	}
	wantError(t, err, "try a learning rate smaller than 1e+06")
	wantPanic(t, func() { trainer.WithLoss(L1Loss{}) }, "WithLoss is called before the first step")
	wantPanic(t, func() { trainer.WithLoss(nil) }, "WithLoss needs a loss")
	_, err = trainer.EvaluateLoss(batches{})
	wantError(t, err, "there are no examples in batches")
	noError(t, net.Initialize(testDevice(), Xavier))
	classifier := must(NewTrainer(net, SGD(1)))(t)
	wantPanic(t, func() { classifier.Step(X, waves(1, 1, 5)) }, "got (5,) of Float32; for labels that are no classes choose a loss with WithLoss")
}

func TestLabelsThatAreNoClassesInALossOfOnesOwn(t *testing.T) {
	loss := Compile(func(yHat, y *graph.Node) *graph.Node { return SoftmaxCrossEntropyLoss{}.Forward(yHat, y) })
	got := Values[float32](must(loss([][]float32{{0, 0}, {0, 0}, {0, 0}}, []int32{1, 2, -1}))(t))
	if math.Abs(float64(got[0])-math.Ln2) > 1e-6 || got[1] == got[1] || got[2] == got[2] {
		t.Error(got)
	}
}

// Labels may have other axes, but their numbers in the order of the output's.
func TestOrderOfTargets(t *testing.T) {
	loss := Compile(func(yHat, y *graph.Node) *graph.Node { return L2Loss{}.Forward(yHat, y) })
	for _, c := range []struct {
		yHat, y Shape
		ok      bool
	}{
		{Shape{2, 1}, Shape{2}, true},
		{Shape{2, 3, 1}, Shape{2, 1, 3}, true},
		{Shape{2, 6}, Shape{2, 2, 3}, true},
		{Shape{1, 2, 3}, Shape{1, 6}, true},
		{Shape{1, 3, 2}, Shape{1, 2, 3}, false},
		{Shape{1, 1, 2, 3}, Shape{1, 3, 2}, false},
		{Shape{2, 2, 3}, Shape{2, 3, 2}, false},
		{Shape{2, 3}, Shape{3, 2}, false},
		{Shape{2, 3}, Shape{2, 1}, false},
	} {
		_, err := loss(waves(1, 1, c.yHat...), waves(2, 1, c.y...))
		if (err == nil) != c.ok {
			t.Errorf("labels of %v for an output of %v: %v", c.y, c.yHat, err)
		}
	}
}

// MaskedSoftmaxCELoss takes labels of any whole numbers in a loss of one's own, as SoftmaxCrossEntropyLoss does.
func TestMaskedLabelsOfOtherTypes(t *testing.T) {
	loss := Compile(func(yHat, y *graph.Node) *graph.Node {
		return graph.ReduceAllMean(MaskedSoftmaxCELoss{Padding: 1}.Forward(yHat, y))
	})
	for _, y := range []any{[]uint8{0, 1}, []int64{0, 1}, []uint32{0, 1}, []int32{0, 1}} {
		got := Values[float32](must(loss([][]float32{{0, 0}, {5, 7}}, y))(t))[0]
		if math.Abs(float64(got)-math.Ln2) > 1e-6 {
			t.Errorf("labels of %T: %v", y, got)
		}
	}
}
