package d2l

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// EvaluateLoss returns the mean of the Trainer's loss over dataIter's examples, with the net as it
// is, in inference mode and on the net's device. Nothing is trained. An error of the data, the net or
// the loss is returned, and it is one if there are no examples, or if the loss of a batch is NaN.
//
// Book: evaluate_loss, section "Model Selection, Underfitting, and Overfitting".
func (t *Trainer) EvaluateLoss(dataIter DataIter) (float64, error) {
	requireMade(t, "Trainer.EvaluateLoss", "NewTrainer")
	requireIter("Trainer.EvaluateLoss", dataIter)
	if err := t.requireCurrent(); err != nil {
		return 0, err
	}
	defer watchInterrupts()()
	metric := NewAccumulator(2) // Sum of losses, examples.
	for batch, err := range OnDevice(dataIter, t.net.device).Iter() {
		if err == nil {
			err = inEvaluation(t.net, interrupted())
		}
		if err != nil {
			return 0, err
		}
		X, ys := batch.Inputs, batch.Labels
		lossSum, examples, err := t.evaluate(X, ys)
		if err != nil {
			return 0, fmt.Errorf("computing the loss for X of shape %v and y of shape %v: %w", textOf(X), textOf(ys), err)
		}
		metric.Add(lossSum, examples)
	}
	if metric[1] == 0 {
		return 0, errNoExamples(dataIter)
	}
	return metric[0] / metric[1], nil
}

// evaluate returns the sum of the losses of a batch, and their number.
func (t *Trainer) evaluate(X, ys []*tensors.Tensor) (lossSum, examples float64, err error) {
	if t.mean == nil {
		t.mean, err = t.net.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			X, ys := t.split(inputs)
			loss, _ := t.losses(scope, X, ys)
			return []*graph.Node{loss}
		}})
		if err != nil {
			return 0, 0, err
		}
	}
	if _, ok := t.loss.(classLoss); ok {
		requireClasses("EvaluateLoss", ys[0])
	}
	_, count, err := t.compile(t.mean, X, ys)
	if err == nil {
		err = t.net.draw(t.mean, shapesOf(X)...)
	}
	if err != nil {
		return 0, 0, err
	}
	outputs, err := t.mean.Call(slices.Concat(X, ys)...)
	if err != nil {
		return 0, 0, err
	}
	mean, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return 0, 0, err
	}
	if math.IsNaN(float64(mean[0])) {
		if err = unmetError(t.net.unmetDemand(X)); err == nil {
			err = errors.New("it is NaN: look for NaN in X, y and the parameters, and in y for a class that the net has no " +
				"output for")
		}
		return 0, 0, err
	}
	return float64(mean[0]) * float64(count), float64(count), nil
}
