package d2l

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

func TestAccuracy(t *testing.T) {
	yHat := tensors.FromValue([][]float32{
		{0.1, 0.9, 0.5},
		{-1, -2, -3},
		{2, 7, 7}, // The first of several maxima counts.
		{0, 0, 0},
	})
	if got := must(Predict(yHat))(t); !slices.Equal(got, []int{1, 0, 1, 0}) {
		t.Errorf("predictions %v", got)
	}
	steps := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float32](yHat), 2, 2, 3)
	if got := must(Predict(steps))(t); !slices.Equal(got, []int{1, 0, 1, 0}) {
		t.Errorf("predictions %v of two steps", got)
	}
	if got := must(Accuracy(steps, tensors.FromValue([][]int32{{1, 0}, {2, 2}})))(t); got != 2 {
		t.Errorf("%v of two steps are correct, expected 2", got)
	}
	for _, c := range []struct {
		y    []int32
		want float64
	}{
		{[]int32{1, 0, 1, 0}, 4},
		{[]int32{1, 0, 2, 2}, 2},
		{[]int32{0, 1, 0, 1}, 0},
	} {
		if got := must(Accuracy(yHat, tensors.FromValue(c.y)))(t); got != c.want {
			t.Errorf("%v of %v are correct, expected %v", got, c.y, c.want)
		}
	}
}

func TestAccuracyWrongShapes(t *testing.T) {
	yHat, y := waves(1, 1, 4, 3), tensors.FromValue([]int32{0, 1, 2, 0})
	wantPanic(t, func() { Accuracy(yHat, tensors.FromValue([]int32{0, 1})) }, "(4, 3)", "(2,)")
	wantPanic(t, func() { Accuracy(yHat, tensors.FromValue([][]int32{{0}, {1}, {2}, {0}})) }, "(4, 1)")
	wantPanic(t, func() { Accuracy(waves(1, 1, 4), y) }, "(batch, classes)")
	wantPanic(t, func() { Accuracy(waves(1, 1, 4, 3, 2), tensors.FromValue([][]int32{{0, 1}})) }, "(4, 3, 2)", "(1, 2)")
	wantPanic(t, func() { Predict(waves(1, 1, 4, 3, 1)) }, "(4, 3, 1)")
	wantPanic(t, func() { Predict(waves(1, 1, 4, 1)) }, "(4, 1)")
	wantPanic(t, func() { Predict(waves(1, 1, 4, 3, 1, 1)) }, "(4, 3, 1, 1)")
}

func TestAccuracyWrongTypes(t *testing.T) {
	yHat, y := waves(1, 1, 4, 3), tensors.FromValue([]int32{0, 1, 2, 0})
	wide := tensors.FromValue([][]float64{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}})
	wantPanic(t, func() { Accuracy(yHat, tensors.FromValue([]int64{0, 1, 2, 0})) }, "d2l: Accuracy takes int32 labels y of shape (batch,) or (batch, steps), got (4,) of Int64")
	wantPanic(t, func() { Accuracy(yHat, tensors.FromValue([]float32{0, 1, 2, 0})) }, "got (4,) of Float32")
	wantPanic(t, func() { Accuracy(wide, y) }, "takes float32 yHat of shape (batch, classes), or with more axes between, as (batch, steps, classes), got (4, 3) of Float64")
	wantPanic(t, func() { Predict(wide) }, "d2l: Predict takes float32 yHat")
	wantPanic(t, func() { Predict(tensors.FromValue([][]int32{{1, 2}})) }, "got (1, 2) of Int32")
}

// Each step of a sequence counts as an example, in batches of several sizes too.
func TestEvaluateAccuracyOfSequences(t *testing.T) {
	net := NewNet(Sequential{OneHot{VocabSize: 3}, Dense{Units: 3, LastAxis: true}})
	noError(t, net.Initialize(testDevice(), Xavier))
	X := tensors.FromValue([][]int32{{0, 1}, {2, 2}, {1, 0}}) // The net predicts the token itself.
	must(net.Forward(X))(t)
	noError(t, net.SetParameter("dense0.weight", [][]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}))
	for want, y := range map[float64][][]int32{1: {{0, 1}, {2, 2}, {1, 0}}, 0.5: {{0, 0}, {2, 1}, {0, 0}}} {
		for _, batch := range []int{3, 2} {
			data := LoadArray(X, tensors.FromValue(y), batch, false)
			if got := must(EvaluateAccuracyGPU(net, data))(t); got != want {
				t.Errorf("accuracy %v in batches of %d, expected %v", got, batch, want)
			}
		}
	}
	data := LoadArray(X, tensors.FromValue([]int32{0, 2, 1}), 3, false)
	wantPanic(t, func() { EvaluateAccuracyGPU(net, data) }, "(3, 2, 3) and (3,)")
}
