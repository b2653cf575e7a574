package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// A Loss says what a Trainer minimizes: see Trainer.WithLoss. For one of your own, convert a
// function to LossFunc, or, for classes, embed SoftmaxCrossEntropyLoss and write another
// Forward.
//
// Book: gluon.loss.Loss, section "Concise Implementation of Linear Regression".
type Loss interface {
	// Forward adds the losses to the graph of yHat, the net's output, and of y, the labels:
	// float32 (batch) or (batch, …), of which the mean is minimized, or that mean itself. It
	// panics on shapes and types that it does not take, and Trainer.Step returns that as an error.
	Forward(yHat, y *graph.Node) *graph.Node
}

// LossFunc is a function that is a Loss. A Trainer takes labels y of any type and shape with it. As in
// Compile, it is called when a step is compiled, so numbers that it reads are those of that moment.
//
// Book: none; there a function such as squared_loss is called as it is.
type LossFunc func(yHat, y *graph.Node) *graph.Node

// Forward calls f.
func (f LossFunc) Forward(yHat, y *graph.Node) *graph.Node { return f(yHat, y) }

// A classLoss is a Loss whose labels are classes.
type classLoss interface {
	counts(label int32) bool        // Whether a label has a loss; others are padding.
	mask(y *graph.Node) *graph.Node // The same for y; nil if all have.
}

// SoftmaxCrossEntropyLoss is the loss of a classifier, and the one that a Trainer has without
// WithLoss: -log softmax(yHat) at the label. The net's output is (batch, classes), of logits, and
// y int32 (batch); or they are (batch, steps, classes) and (batch, steps), with a loss for each step.
//
// Book: gluon.loss.SoftmaxCrossEntropyLoss, section "Concise Implementation of Softmax
// Regression".
type SoftmaxCrossEntropyLoss struct{}

// Forward adds the losses, one for each label, to the graph: NaN for a label that is no class.
func (SoftmaxCrossEntropyLoss) Forward(yHat, y *graph.Node) *graph.Node {
	classes := yHat.Shape().Dim(-1)
	losses := graph.ReduceSum(graph.Neg(graph.Mul(graph.OneHot(y, classes, yHat.DType()), graph.LogSoftmax(yHat))), -1)
	return graph.Where(within(y, classes), losses, graph.MulScalar(graph.OnesLike(losses), math.NaN()))
}

func (SoftmaxCrossEntropyLoss) counts(int32) bool            { return true }
func (SoftmaxCrossEntropyLoss) mask(*graph.Node) *graph.Node { return nil }

// MaskedSoftmaxCELoss is SoftmaxCrossEntropyLoss for sequences of different lengths: labels that are
// Padding fill them up and do not count, neither in the loss nor among the examples and the correct
// predictions of StepMetrics. With a Vocab it is the index of <pad>:
//
//	d2l.MaskedSoftmaxCELoss{Padding: vocab.Index("<pad>")}
//
// The zero value leaves out label 0 instead, which in every Vocab is <unk>. The mean is over the other
// labels, as in PyTorch's cross_entropy with ignore_index. In the book the labels' lengths tell what is
// padding, and it counts in the mean.
//
// Book: MaskedSoftmaxCELoss, section "Sequence to Sequence Learning".
type MaskedSoftmaxCELoss struct{ Padding int32 }

// Forward adds the losses, 0 where the label is padding, to the graph. They are scaled so that their
// mean is that of the others.
func (l MaskedSoftmaxCELoss) Forward(yHat, y *graph.Node) *graph.Node {
	counted := l.mask(y)
	losses := SoftmaxCrossEntropyLoss{}.Forward(yHat, y)
	losses = graph.Where(counted, losses, graph.ZerosLike(losses))
	number := graph.ReduceAllSum(graph.ConvertDType(counted, losses.DType()))
	number = graph.Where(graph.LessThan(number, graph.OnesLike(number)), graph.OnesLike(number), number)
	return graph.Div(graph.MulScalar(losses, float64(losses.Shape().Size())), number)
}

func (l MaskedSoftmaxCELoss) counts(label int32) bool { return label != l.Padding }

func (l MaskedSoftmaxCELoss) mask(y *graph.Node) *graph.Node {
	return graph.NotEqual(y, graph.Const(y.Graph(), l.Padding))
}

// L2Loss is half of the squared difference, (yHat - y)²/2, for each example its mean over the other
// axes. y has the shape of yHat, and any type; with fewer or more axes it has as many numbers, so that
// (batch) will do for (batch, 1).
//
// Book: gluon.loss.L2Loss, section "Concise Implementation of Linear Regression".
type L2Loss struct{}

// Forward adds the losses, one for each example, to the graph.
func (L2Loss) Forward(yHat, y *graph.Node) *graph.Node {
	return eachExample(graph.MulScalar(graph.Square(graph.Sub(yHat, likeOutput("L2Loss", yHat, y))), 0.5))
}

// MSELoss is the squared difference, (yHat - y)²: twice L2Loss.
//
// Book: none; nn.MSELoss in its PyTorch edition, section "Concise Implementation of Linear
// Regression".
type MSELoss struct{}

// Forward adds the losses, one for each example, to the graph.
func (MSELoss) Forward(yHat, y *graph.Node) *graph.Node {
	return eachExample(graph.Square(graph.Sub(yHat, likeOutput("MSELoss", yHat, y))))
}

// L1Loss is the absolute difference, |yHat - y|, for each example its mean over the other axes. y is
// as for L2Loss.
//
// Book: gluon.loss.L1Loss, section "Object Detection: SSD".
type L1Loss struct{}

// Forward adds the losses, one for each example, to the graph.
func (L1Loss) Forward(yHat, y *graph.Node) *graph.Node {
	difference := graph.Sub(yHat, likeOutput("L1Loss", yHat, y))
	// GoMLX v0.28.8's Abs has the slope 1 at 0; PyTorch's, and this, has 0.
	return eachExample(graph.Mul(difference, graph.StopGradient(graph.Sign(difference))))
}

// HuberLoss is |yHat - y| - Rho/2 where that difference is greater than Rho, and (yHat - y)²/(2·Rho)
// elsewhere, for each example its mean over the other axes. A Rho of 0 stands for 1. y is as for
// L2Loss. (PyTorch calls it SmoothL1Loss, and Rho beta.)
//
// Book: gluon.loss.HuberLoss, section "Concise Implementation of Linear Regression".
type HuberLoss struct{ Rho float64 }

// Forward adds the losses, one for each example, to the graph.
func (l HuberLoss) Forward(yHat, y *graph.Node) *graph.Node {
	if l.Rho < 0 {
		panic(fmt.Sprintf("d2l: HuberLoss needs a positive Rho, got %v", l.Rho))
	}
	rho := l.Rho
	if rho == 0 {
		rho = 1
	}
	difference := graph.Abs(graph.Sub(yHat, likeOutput("HuberLoss", yHat, y)))
	linear := graph.AddScalar(difference, -rho/2)
	square := graph.MulScalar(graph.Square(difference), 1/(2*rho))
	far := graph.GreaterThan(difference, graph.MulScalar(graph.OnesLike(difference), rho))
	return eachExample(graph.Where(far, linear, square))
}

// SigmoidBinaryCrossEntropyLoss is the cross-entropy between the labels y, numbers from 0 to 1 of any
// type, and sigmoid(yHat), for each example its mean over the other axes. y has as many numbers as
// yHat. (PyTorch calls it BCEWithLogitsLoss.)
//
// Book: gluon.loss.SigmoidBinaryCrossEntropyLoss, section "Pretraining word2vec".
type SigmoidBinaryCrossEntropyLoss struct{}

// Forward adds the losses, one for each example, to the graph.
func (SigmoidBinaryCrossEntropyLoss) Forward(yHat, y *graph.Node) *graph.Node {
	y = likeOutput("SigmoidBinaryCrossEntropyLoss", yHat, y)
	// max(yHat, 0) - yHat·y + log(1 + exp(-|yHat|)), with the right gradient at 0 too, and NaN stays.
	zeros := graph.ZerosLike(yHat)
	below := graph.LessOrEqual(yHat, zeros)
	positive := graph.Where(below, zeros, yHat)
	minusAbs := graph.Where(below, yHat, graph.Neg(yHat))
	return eachExample(graph.Add(graph.Sub(positive, graph.Mul(yHat, y)), graph.Log1P(graph.Exp(minusAbs))))
}

// likeOutput returns y in the shape and type of yHat. Broadcasting would make (batch, batch) of (batch, 1) and (batch).
func likeOutput(loss string, yHat, y *graph.Node) *graph.Node {
	transposed := yHat.Rank() == y.Rank() && !slices.Equal(yHat.Shape().Dimensions, y.Shape().Dimensions)
	if transposed || yHat.Shape().Size() != y.Shape().Size() || yHat.Rank() == 0 || yHat.Shape().Dim(0) != y.Shape().Dim(0) {
		panic(fmt.Sprintf("d2l: %s takes labels y with as many numbers as the net's output, got %v for an output of %v",
			loss, Shape(y.Shape().Dimensions), Shape(yHat.Shape().Dimensions)))
	}
	return graph.ConvertDType(graph.Reshape(y, yHat.Shape().Dimensions...), yHat.DType())
}

// eachExample returns the mean of the losses of each example.
func eachExample(losses *graph.Node) *graph.Node {
	var axes []int
	for axis := 1; axis < losses.Rank(); axis++ {
		axes = append(axes, axis)
	}
	if axes == nil {
		return losses
	}
	return graph.ReduceMean(losses, axes...)
}

// WithLoss makes the Trainer minimize another loss than SoftmaxCrossEntropyLoss, and returns the
// Trainer:
//
//	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.03))).WithLoss(d2l.L2Loss{})
//
// It is called before the first step, and panics after it, or if loss is nil. Predictions are counted
// as correct for classes alone; with any other loss their number is NaN.
//
// Book: none; there the training loop calls the loss, such as gluon.loss.L2Loss.
func (t *Trainer) WithLoss(loss Loss) *Trainer {
	requireMade(t, "Trainer.WithLoss", "NewTrainer")
	if loss == nil {
		panic("d2l: WithLoss needs a loss, such as L2Loss{}")
	}
	if len(t.ran) > 0 {
		panic("d2l: WithLoss is called before the first step: for another loss make a new Trainer")
	}
	t.loss = loss
	if t.mean != nil { // EvaluateLoss has computed another loss.
		t.mean.Finalize()
		t.mean = nil
	}
	return t
}

// losses adds the losses of a batch to the graph. It returns their mean, a scalar, and the number of correct
// predictions, 0 for a loss that does not have classes.
func (t *Trainer) losses(X []*graph.Node, yHat, y *graph.Node) (mean, correct *graph.Node) {
	of, classes := t.loss.(classLoss)
	if classes {
		requireLogits(X, yHat, y, t.classes)
	} else if yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: X is %v, for which the net's output is %v: convert X to Float32",
			typesText(dtypesOf(shapesOf(X))), yHat.DType()))
	}
	losses := t.loss.Forward(yHat, y)
	if batch := y.Shape().Dim(0); losses.Rank() > 0 && losses.Shape().Dim(0) != batch || losses.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: the loss %T returns %v of shape %v for a batch of %d examples: return a Float32 for each",
			t.loss, losses.DType(), Shape(losses.Shape().Dimensions), batch))
	}
	if mean = losses; losses.Rank() > 0 {
		mean = graph.ReduceAllMean(losses)
	}
	if !classes {
		losses.WithAlias(lossesAlias)
		return mean, graph.Const(y.Graph(), float32(0))
	}
	yHat.WithAlias(logitsAlias)
	return mean, numCorrect(yHat, y, of)
}

// logitsAlias and lossesAlias are where the graph of a step has a classifier's output, or else the losses.
const logitsAlias, lossesAlias = "/d2l logits", "/d2l losses"

// A lossPlan is what the graph of a step tells of its losses.
type lossPlan struct {
	classes int // Width of the net's output; 0 if the labels are no classes.
	losses  int // Their number, where labels are no classes.
}

// lossPlan returns that of the graph of a step with labels of a shape.
func (t *Trainer) lossPlan(g *graph.Graph, batch int) lossPlan {
	if _, ok := t.loss.(classLoss); ok {
		return lossPlan{classes: g.GetNodeByAlias(logitsAlias).Shape().Dim(-1)}
	}
	losses := g.GetNodeByAlias(lossesAlias).Shape()
	if losses.Rank() == 0 {
		return lossPlan{losses: batch}
	}
	return lossPlan{losses: losses.Size()}
}

// numExamples returns the number of losses that the mean of a batch with these labels is made of; labels are left out
// where they are no classes.
func (t *Trainer) numExamples(plan lossPlan, labels []int32) int {
	of, ok := t.loss.(classLoss)
	if !ok {
		return plan.losses
	}
	n := 0
	for _, label := range labels {
		if of.counts(label) {
			n++
		}
	}
	return n
}

// checkLabels returns an error if labels are classes for which the net has no output: they would count as examples
// without a loss. shape is that of the labels.
func (t *Trainer) checkLabels(plan lossPlan, labels []int32, shape Shape) error {
	of, ok := t.loss.(classLoss)
	if !ok {
		return nil
	}
	return checkLabels(labels, plan.classes, shape, of.counts)
}

// requireLogits panics unless yHat has a row of float32 logits, one for each class, for each label in y, and as many as
// in the first step if that has been made.
func requireLogits(X []*graph.Node, yHat, y *graph.Node, classes int) {
	if yHat.Rank() != y.Rank()+1 || !slices.Equal(yHat.Shape().Dimensions[:y.Rank()], y.Shape().Dimensions) {
		labels, output := Shape(y.Shape().Dimensions), Shape(yHat.Shape().Dimensions)
		if len(labels) == 1 {
			panic(fmt.Sprintf("d2l: a classifier's output has shape (batch, classes), but for %d labels the net's is %v; "+
				"for numbers in place of classes choose a loss with WithLoss", labels[0], output))
		}
		panic(fmt.Sprintf("d2l: a classifier's output for labels of shape %v has that shape and the classes, as (batch, steps, "+
			"classes), but the net's is %v; Dense has LastAxis for it", labels, output))
	}
	if yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: X is %v, for which the net's output is %v: convert X to Float32",
			typesText(dtypesOf(shapesOf(X))), yHat.DType()))
	}
	if width := yHat.Shape().Dim(-1); classes > 0 && width != classes {
		panic(fmt.Sprintf("d2l: the net's output has %d classes for this batch, and had %d in the first step",
			width, classes))
	}
}

// numCorrect counts the rows of yHat whose maximum is at y, where y counts.
func numCorrect(yHat, y *graph.Node, of classLoss) *graph.Node {
	hits := graph.Equal(graph.ArgMax(yHat, -1, y.DType()), y)
	if mask := of.mask(y); mask != nil {
		hits = graph.LogicalAnd(hits, mask)
	}
	return graph.ReduceAllSum(graph.ConvertDType(hits, dtypes.Float32))
}
