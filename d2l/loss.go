package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// A Loss says what a Trainer minimizes: see Trainer.WithLoss. For one of your own, convert a
// function to LossFunc, or to LossFuncN for several outputs or arrays of labels, or, for classes,
// embed SoftmaxCrossEntropyLoss and write another Forward: all columns of the output are classes then.
//
// Book: gluon.loss.Loss, section "Concise Implementation of Linear Regression".
type Loss interface {
	// Forward adds the losses to the graph of yHat, the net's first output, and of y, the labels:
	// float32 (batch) or (batch, …), of which the mean is minimized, or that mean itself. It
	// panics on shapes and types that it does not take, and Trainer.Step returns that as an error.
	Forward(yHat, y *graph.Node) *graph.Node
}

// LossFunc is a function that is a Loss. A Trainer takes labels y of any type and shape with it. As in
// Compile, it is called when a step is compiled, so numbers that it reads are those of that moment. What it needs
// beside labels, such as the outputs of another net, comes by Net.Apply, or as further arrays of labels to a
// LossFuncN; and y may be the input itself, as in trainer.Step(X, X).
//
// Book: none; there a function such as squared_loss is called as it is.
type LossFunc func(yHat, y *graph.Node) *graph.Node

// Forward calls f.
func (f LossFunc) Forward(yHat, y *graph.Node) *graph.Node { return f(yHat, y) }

// LossFuncN is a LossFunc of all outputs of the net, as Net.ForwardN returns them, and of all arrays of labels of a
// batch, as LoadArrays has them: a detector learns classes and boxes at once, say.
//
//	trainer.WithLoss(d2l.LossFuncN(func(yHats, ys []*graph.Node) *graph.Node {
//		classLoss := d2l.SoftmaxCrossEntropyLoss{}.Forward(yHats[0], ys[0]) // (batch, anchors)
//		boxLoss := d2l.L1Loss{}.Forward(yHats[1], ys[1])                    // (batch)
//		return graph.Add(graph.ReduceMean(classLoss, 1), boxLoss)
//	}))
//
// Each array has a row for each example. It returns what Loss.Forward does. Labels are not checked: a class that the
// net has no output for makes SoftmaxCrossEntropyLoss NaN, which is an error of the step. Nor are correct predictions
// counted: for accuracies, and for the parts of a loss, call a function of CompileN with what Net.ForwardN returns.
//
// Book: none; there the loop calls such a function, as calc_loss, section "Single Shot Multibox Detection".
type LossFuncN func(yHats, ys []*graph.Node) *graph.Node

// Forward calls f with one output and one array of labels.
func (f LossFuncN) Forward(yHat, y *graph.Node) *graph.Node {
	return f([]*graph.Node{yHat}, []*graph.Node{y})
}

// ForwardN calls f.
func (f LossFuncN) ForwardN(yHats, ys []*graph.Node) *graph.Node { return f(yHats, ys) }

// A manyLoss is a Loss of all outputs and arrays of labels.
type manyLoss interface {
	ForwardN(yHats, ys []*graph.Node) *graph.Node
}

// A classLoss is a Loss whose labels are classes.
type classLoss interface {
	counts(label int32) bool        // Whether a label has a loss; others are padding.
	mask(y *graph.Node) *graph.Node // The same for y; nil if all have.
}

// SoftmaxCrossEntropyLoss is the loss of a classifier, and the one that a Trainer has without
// WithLoss: -log softmax(yHat) at the label. The net's output is (batch, classes), of logits, and
// y int32 (batch). Between batch and classes there may be other axes, which y has too, such as steps,
// or height and width; then each label has a loss.
//
// Book: gluon.loss.SoftmaxCrossEntropyLoss, section "Concise Implementation of Softmax
// Regression".
type SoftmaxCrossEntropyLoss struct{}

// Forward adds the losses, one for each label, to the graph: NaN for a label that is no class.
func (SoftmaxCrossEntropyLoss) Forward(yHat, y *graph.Node) *graph.Node {
	if !y.DType().IsInt() || yHat.Rank() != y.Rank()+1 || !slices.Equal(yHat.Shape().Dimensions[:y.Rank()], y.Shape().Dimensions) {
		panic(fmt.Sprintf("d2l: SoftmaxCrossEntropyLoss takes logits of shape (batch, …, classes) and whole numbers y of shape "+
			"(batch, …), got %v and %v of %v", Shape(yHat.Shape().Dimensions), Shape(y.Shape().Dimensions), y.DType()))
	}
	classes := yHat.Shape().Dim(-1)
	losses := graph.ReduceSum(graph.Neg(graph.Mul(oneHot(y, classes, yHat.DType()), graph.LogSoftmax(yHat))), -1)
	return graph.Where(within(y, classes), losses, graph.MulScalar(graph.OnesLike(losses), math.NaN()))
}

func (SoftmaxCrossEntropyLoss) counts(int32) bool            { return true }
func (SoftmaxCrossEntropyLoss) mask(*graph.Node) *graph.Node { return nil }

// MaskedSoftmaxCELoss is SoftmaxCrossEntropyLoss for sequences of different lengths: labels that are
// Padding fill them up and do not count, neither in the loss nor among the examples and the correct
// predictions of StepMetrics; EvaluateAccuracyGPU counts all labels. With a Vocab it is the index of <pad>, if
// that is one of its reserved tokens:
//
//	d2l.MaskedSoftmaxCELoss{Padding: vocab.Index("<pad>")}
//
// The zero value leaves out label 0 instead, which in every Vocab is <unk>. Padding may be a number that is no class,
// such as -100. The mean is over the other labels, as in PyTorch's cross_entropy with ignore_index. In the book the
// labels' lengths tell what is padding, and it counts in the mean.
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
	return graph.NotEqual(graph.ConvertDType(y, dtypes.Int64), graph.Const(y.Graph(), int64(l.Padding)))
}

// L2Loss is half of the squared difference, (yHat - y)²/2, for each example its mean over the other
// axes. y has the shape of yHat, and any type, or that shape with axes put together or of size 1, so that
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

// SigmoidBinaryCrossEntropyLoss is the cross-entropy between the labels y, numbers from 0 to 1 of any type, and
// sigmoid(yHat), for each example its mean over the other axes. y is as for L2Loss. (PyTorch calls it
// BCEWithLogitsLoss.) Where the numbers of an example have different weights, such as 0 for padding, a LossFunc calls
// it on both reshaped to (-1), which gives the loss of each number, and weights these: see ExampleEmbedding_word2vec.
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
	a, b := yHat.Shape().Dimensions, y.Shape().Dimensions
	if len(a) == 0 || len(b) == 0 || a[0] != b[0] || yHat.Shape().Size() != y.Shape().Size() || !sameOrder(a, b) {
		panic(fmt.Sprintf("d2l: %s takes labels y of the shape of the net's output, or with its numbers in the same order on "+
			"other axes, got %v for an output of %v", loss, Shape(b), Shape(a)))
	}
	return graph.ConvertDType(graph.Reshape(y, yHat.Shape().Dimensions...), yHat.DType())
}

// sameOrder reports whether two shapes are equal but for axes of size 1, or one is the other with axes put together:
// (batch, 1) and (batch), (batch, 1, 28, 28) and (batch, 784), but not (batch, 1, 28, 14) and (batch, 14, 28).
func sameOrder(a, b []int) bool {
	sizes := func(dims []int) (all []int) { // Of all axes up to each.
		size := 1
		for _, n := range dims {
			size *= n
			all = append(all, size)
		}
		return slices.Compact(all)
	}
	short, long := sizes(a), sizes(b)
	if len(short) > len(long) {
		short, long = long, short
	}
	return !slices.ContainsFunc(short, func(size int) bool { return size > 1 && !slices.Contains(long, size) })
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
