package d2l

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Accuracy returns how many predictions are correct, a count and not a
// fraction: in how many rows of yHat, float32 (batch, classes), the greatest
// value stands at the label in y, int32 (batch).
//
// It panics if the shapes or types are others; an error means that the values
// cannot be read from the device.
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
// its greatest value stands, the first one of several.
//
// Book: none; predict_ch3 takes the class of a row in the same way.
func Predict(yHat *tensors.Tensor) ([]int, error) {
	if yHat.Rank() != 2 || yHat.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: Predict takes float32 yHat of shape (batch, classes), got %v of %v", ShapeOf(yHat), yHat.DType()))
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

// requireLabels panics unless y holds the labels of a batch.
func requireLabels(who string, y *tensors.Tensor) {
	if y.Rank() != 1 || y.DType() != dtypes.Int32 {
		panic(fmt.Sprintf("d2l: %s takes int32 labels y of shape (batch,), got %v of %v", who, ShapeOf(y), y.DType()))
	}
}
