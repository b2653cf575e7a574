package d2l

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Accuracy returns the number of correct predictions, a count and not a fraction: the
// number of rows of yHat, float32 (batch, classes), whose maximum is at the label in
// y, int32 (batch). Between batch and classes there may be other axes, which y has too, such
// as steps, or height and width.
//
// It panics on other shapes or types. A label without a column in yHat is an error,
// and so is NaN in yHat.
//
// Book: accuracy, section "Implementation of Softmax Regression from Scratch".
func Accuracy(yHat, y *tensors.Tensor) (float64, error) {
	requireMade(yHat, "Accuracy", "NewTensor")
	requireMade(y, "Accuracy", "NewTensor")
	requireLabels("Accuracy", y)
	if yHat.Rank() != y.Rank()+1 || !slices.Equal(ShapeOf(yHat)[:y.Rank()], ShapeOf(y)) {
		panic(fmt.Sprintf("d2l: Accuracy takes yHat of shape (batch, classes) and y of shape (batch,), or both with more axes "+
			"after batch, as (batch, steps, classes) and (batch, steps), got %v and %v", ShapeOf(yHat), ShapeOf(y)))
	}
	predictions, err := Predict(yHat)
	if err != nil {
		return 0, err
	}
	if err := labelsWithin(y, yHat.Shape().Dim(-1)); err != nil {
		return 0, err
	}
	labels, err := tensors.CopyFlatData[int32](y)
	if err != nil {
		return 0, fmt.Errorf("reading the labels: %w", err)
	}
	correct := 0
	for i, label := range labels {
		if predictions[i] == int(label) {
			correct++
		}
	}
	return float64(correct), nil
}

// Predict returns the class of each row of yHat, float32 (batch, classes): the index
// of its maximum, or the first of several. Between batch and classes there may be other
// axes: of (batch, steps, classes) the result has the classes of all steps, one example
// after the other, and of (batch, height, width, classes) those of all pixels. It panics on
// other shapes or types, and on a single class. A row with NaN is an error.
//
// Book: none; predict_ch3 determines the class of a row in the same way.
func Predict(yHat *tensors.Tensor) ([]int, error) {
	requireMade(yHat, "Predict", "NewTensor")
	rank := yHat.Rank()
	one := rank > 0 && yHat.Shape().Dim(-1) == 1 // One class is a mistake, such as a net for numbers, or axes in another order.
	if rank < 2 || one || yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: Predict takes float32 yHat of shape (batch, classes), or with more axes between, as (batch, steps, classes), "+
			"got %v of %v", ShapeOf(yHat), yHat.DType()))
	}
	logits, err := tensors.CopyFlatData[float32](yHat)
	if err != nil {
		return nil, fmt.Errorf("reading the predictions: %w", err)
	}
	if i := slices.IndexFunc(logits, func(v float32) bool { return v != v }); i >= 0 {
		return nil, fmt.Errorf("the net's output is %s, so that no class is the maximum: "+
			"look for NaN in X and in the parameters", valueAt(yHat, logits, i))
	}
	classes := yHat.Shape().Dim(-1)
	predictions := make([]int, yHat.Size()/max(classes, 1))
	for i := range predictions {
		row := logits[i*classes : (i+1)*classes]
		for class, logit := range row {
			if logit > row[predictions[i]] {
				predictions[i] = class
			}
		}
	}
	return predictions, nil
}

// labelsWithin returns an error if a label is not from 0 to below classes.
func labelsWithin(y *tensors.Tensor, classes int) error {
	labels, err := tensors.CopyFlatData[int32](y)
	if err != nil {
		return fmt.Errorf("reading the labels: %w", err)
	}
	return checkLabels(labels, classes, ShapeOf(y), func(int32) bool { return true })
}

// checkLabels is labelsWithin for the labels of those that count.
func checkLabels(labels []int32, classes int, shape Shape, counts func(label int32) bool) error {
	for i, label := range labels {
		if counts(label) && (label < 0 || int(label) >= classes) {
			at := fmt.Sprint(i)
			if len(shape) > 1 {
				at = indexOf(i, shape).String()
			}
			return fmt.Errorf("the label at index %s of the batch is %d, but the net has outputs for 0 to %d", at, label, classes-1)
		}
	}
	return nil
}

// requireLabels panics unless y holds the labels of a batch.
func requireLabels(who string, y *tensors.Tensor) {
	if y.Rank() == 0 || y.DType() != dtypes.Int32 {
		panic(fmt.Sprintf("d2l: %s takes int32 labels y of shape (batch,) or (batch, steps), got %v of %v", who,
			ShapeOf(y), y.DType()))
	}
}

// requireClasses panics unless y holds the classes of a batch.
func requireClasses(who string, y *tensors.Tensor) {
	if y.Rank() > 0 && y.DType() == dtypes.Int32 {
		return
	}
	remedy := "for labels that are no classes choose a loss with WithLoss, such as L2Loss{}"
	if y.DType().IsInt() && y.Rank() > 0 {
		remedy = "convert them to int32"
	}
	panic(fmt.Sprintf("d2l: %s takes int32 labels y of shape (batch,) or (batch, steps), got %v of %v; %s",
		who, ShapeOf(y), y.DType(), remedy))
}

// EvaluateAccuracyGPU returns the fraction of dataIter's examples that net
// classifies correctly. It computes on the device of the net's parameters or, if ctx
// is given, with a copy of the net on its first device.
//
// A batch has inputs X of any shape that the net takes and labels y, int32 (batch);
// the net's output is (batch, classes). With labels (batch, steps) and an output
// (batch, steps, classes), each step counts as an example. An error of the data or the
// net is returned. It is also an error if there are no examples, if the net has no
// output for a label, or if an output is NaN. An output of another shape panics, as in
// Accuracy.
//
// Book: evaluate_accuracy_gpu, section "Convolutional Neural Networks (LeNet)".
func EvaluateAccuracyGPU(net *Net, dataIter DataIter, ctx ...Device) (float64, error) {
	metric := NewAccumulator(2) // Correct predictions, examples.
	// X is copied to ctx or, without it, to the net's device, if it is not there.
	for batch, err := range net.ForwardEach(dataIter, ctx...) {
		if err != nil {
			return 0, err
		}
		correct, err := Accuracy(batch.YHat, batch.Y)
		if err != nil {
			return 0, err
		}
		metric.Add(correct, float64(batch.Y.Size()))
	}
	return metric[0] / metric[1], nil
}
