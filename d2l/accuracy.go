package d2l

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Accuracy returns how many predictions are correct, a count and not a
// fraction: in how many rows of yHat, float32 (batch, classes), the greatest
// value stands at the label in y, int32 (batch).
//
// It panics if the shapes or types are others. A label that yHat has no column for
// is an error, and so is NaN in yHat.
//
// Book: accuracy, section "Implementation of Softmax Regression from Scratch".
func Accuracy(yHat, y *tensors.Tensor) (float64, error) {
	requireLabels("Accuracy", y)
	if yHat.Rank() != 2 || yHat.Shape().Dim(0) != y.Size() {
		panic(fmt.Sprintf("d2l: Accuracy takes yHat of shape (batch, classes) and y of shape (batch,), got %v and %v", ShapeOf(yHat), ShapeOf(y)))
	}
	predictions, err := Predict(yHat)
	if err != nil {
		return 0, err
	}
	if err := labelsWithin(y, yHat.Shape().Dim(1)); err != nil {
		return 0, err
	}
	correct := 0
	err = tensors.ConstFlatData(y, func(labels []int32) {
		for i, label := range labels {
			if predictions[i] == int(label) {
				correct++
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("reading the labels: %w", err)
	}
	return float64(correct), nil
}

// Predict returns the class of each row of yHat, float32 (batch, classes): where
// its greatest value stands, the first one of several. A row with NaN has none, and
// is an error.
//
// Book: none; predict_ch3 takes the class of a row in the same way.
func Predict(yHat *tensors.Tensor) ([]int, error) {
	if yHat.Rank() != 2 || yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: Predict takes float32 yHat of shape (batch, classes), got %v of %v", ShapeOf(yHat), yHat.DType()))
	}
	if found := whereNaN(yHat); found != "" {
		return nil, fmt.Errorf("the net's output is %s, so that no class has the greatest value: look for NaN in X and in the parameters", found)
	}
	classes := yHat.Shape().Dim(1)
	predictions := make([]int, yHat.Shape().Dim(0))
	err := tensors.ConstFlatData(yHat, func(values []float32) {
		for i := range predictions {
			row := values[i*classes : (i+1)*classes]
			for class, value := range row {
				if value > row[predictions[i]] {
					predictions[i] = class
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the predictions: %w", err)
	}
	return predictions, nil
}

// labelsWithin refuses labels that are none of so many classes.
func labelsWithin(y *tensors.Tensor, classes int) error {
	var wrong error
	err := tensors.ConstFlatData(y, func(labels []int32) {
		for i, label := range labels {
			if label < 0 || int(label) >= classes {
				wrong = fmt.Errorf("label %d is %d, but the net has outputs for 0 to %d", i, label, classes-1)
				return
			}
		}
	})
	return errors.Join(wrong, err)
}

// requireLabels panics unless y holds the labels of a batch.
func requireLabels(who string, y *tensors.Tensor) {
	if y.Rank() != 1 || y.DType() != dtypes.Int32 {
		panic(fmt.Sprintf("d2l: %s takes int32 labels y of shape (batch,), got %v of %v", who, ShapeOf(y), y.DType()))
	}
}
