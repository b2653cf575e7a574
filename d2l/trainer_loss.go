package d2l

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// WithLoss makes the Trainer minimize another loss than SoftmaxCrossEntropyLoss, and returns the
// Trainer:
//
//	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.03))).WithLoss(d2l.L2Loss{})
//
// A loss may depend on another net, or on this one for other inputs: see Net.Apply.
//
// It is called before the first step, and panics after it, or if loss is nil. Predictions are counted
// as correct for classes alone; with any other loss their number is NaN. A loss that returns one number for the whole
// batch is taken for its mean: LossSum is that times the number of examples.
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
	if t.mean != nil { // EvaluateLoss has computed another loss, perhaps of another number of arrays of labels.
		t.mean.Finalize()
		t.mean, t.labels = nil, 0
	}
	return t
}

// losses adds the net and the losses of a batch to the graph. It returns their mean, a scalar, and the number of
// correct predictions, 0 for a loss that does not have classes.
func (t *Trainer) losses(scope *model.Scope, X, ys []*graph.Node) (mean, correct *graph.Node) {
	of, classes := t.loss.(classLoss)
	loss, many := t.loss.(manyLoss)
	yHats := t.net.forwardN(scope, X, many)
	yHat, y := yHats[0], ys[0]
	if classes {
		requireLogits(X, yHat, y, t.classes)
	} else if !many && yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: X is %v, for which the net's output is %v: convert X to Float32",
			typesText(dtypesOf(shapesOf(X))), yHat.DType()))
	}
	var losses *graph.Node
	if many {
		losses = callLossN(loss, yHats, ys)
	} else {
		losses = t.loss.Forward(yHat, y)
	}
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

// callLossN calls a loss of all outputs and arrays of labels. If it fails, as where it takes more of them, the error
// says what it got.
func callLossN(loss manyLoss, yHats, ys []*graph.Node) *graph.Node {
	defer func() {
		if e := recover(); e != nil {
			panic(fmt.Errorf("the loss %T, of %d %s of shape %v and %d %s of labels of shape %v: %w", loss,
				len(yHats), plural("output", float64(len(yHats))), shapesText(shapesOf(yHats), true),
				len(ys), plural("array", float64(len(ys))), shapesText(shapesOf(ys), true), report.PanicError(e)))
		}
	}()
	return loss.ForwardN(yHats, ys)
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
		hint := "Dense has LastAxis for it"
		if len(output) > 2 && slices.Equal(slices.Delete(slices.Clone(output), 1, 2), labels) {
			hint = "its classes are on axis 1, as a convolution has them: end the net with a layer that moves them to the end, by " +
				"graph.TransposeAllAxes"
		}
		panic(fmt.Sprintf("d2l: a classifier's output for labels of shape %v has that shape and the classes, as (batch, steps, "+
			"classes), but the net's is %v; %s", labels, output, hint))
	}
	if yHat.Shape().Dim(-1) == 1 {
		panic("d2l: the net's output has one class: give it an output for each, two for yes and no, or choose a loss with WithLoss, " +
			"such as SigmoidBinaryCrossEntropyLoss{}")
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
