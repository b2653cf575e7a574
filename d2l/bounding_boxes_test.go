package d2l

import (
	"math"
	"testing"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

func TestBoxConversionsOfOtherShapes(t *testing.T) {
	boxes := []float32{0, 0, 2, 4, 1, 1, 1, 1, -3, -2, -1, 2}
	for _, shape := range [][]int{{3, 4}, {1, 3, 4}, {3, 1, 4}} {
		X := NewTensor(boxes, shape...)
		centers := must(BoxCornerToCenter(X))(t)
		if !centers.Equal(NewTensor([]float32{1, 2, 2, 4, 1, 1, 0, 0, -2, 0, 2, 4}, shape...)) {
			t.Errorf("the centers are %v", centers.Value())
		}
		if corners := must(BoxCenterToCorner(centers))(t); !corners.Equal(X) {
			t.Errorf("the corners are %v", corners.Value())
		}
		if X.Value() == nil || float32s(t, X)[2] != 2 {
			t.Error("the argument has changed")
		}
	}
	if one := must(BoxCornerToCenter(NewTensor(boxes[:4])))(t); !one.Equal(NewTensor([]float32{1, 2, 2, 4})) {
		t.Errorf("the center of a single box is %v", one.Value())
	}
}

func TestNoBoxes(t *testing.T) {
	for fault, row := range map[string][]float32{
		"row 1 of the boxes, [0 0 NaN 1], is not finite":          {0, 0, nan, 1},
		"row 1 of the boxes, [-Inf 0 1 1], is not finite":         {-inf, 0, 1, 1},
		"row 1 of the boxes, [0 0 1 2e+18], is not finite or bey": {0, 0, 1, 2e18},
		"row 1 of the boxes, [2 0 1 1], has its lower right":      {2, 0, 1, 1},
		"row 1 of the boxes, [0 2 1 1], has its lower right":      {0, 2, 1, 1},
	} {
		X := NewTensor([][]float32{{0, 0, 1, 1}, row})
		_, err := BoxCornerToCenter(X)
		wantError(t, err, fault)
		_, err = NMS(X, Ones(2), 0.5)
		wantError(t, err, fault)
	}
	_, err := BoxCornerToCenter(NewTensor([]float32{0, 0, 1, 1, 0, 0, 1, -1}, 1, 2, 4))
	wantError(t, err, "row (0, 1) of the boxes, [0 0 1 -1]")
	for fault, row := range map[string][]float32{
		"row 0 of the boxes, [0 0 -1 1], has a negative width or height": {0, 0, -1, 1},
		"row 0 of the boxes, [0 0 1 -1], has a negative width or height": {0, 0, 1, -1},
		"row 0 of the boxes, [0 0 NaN 1], is not finite":                 {0, 0, nan, 1},
		"row 0 of the boxes, [+Inf 0 1 1], is not finite":                {inf, 0, 1, 1},
	} {
		_, err := BoxCenterToCorner(NewTensor([][]float32{row}))
		wantError(t, err, fault)
	}
	wantPanic(t, func() { BoxCornerToCenter(Ones(2, 3)) }, "takes float32 boxes of shape (…, 4), got (2, 3)")
	wantPanic(t, func() { BoxCornerToCenter(NewTensor(float32(1))) }, "got () of Float32")
	float64s := NewTensor([][]float64{{0, 0, 1, 1}})
	wantPanic(t, func() { BoxCenterToCorner(float64s) }, "BoxCenterToCorner takes float32", "Float64")
	wantPanic(t, func() { BoxCenterToCorner(nil) }, "BoxCenterToCorner of a nil")
}
