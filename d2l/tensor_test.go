package d2l

import (
	"reflect"
	"testing"
)

func TestNewTensor(t *testing.T) {
	want := [][][]int32{{{1, 2}, {3, 4}, {5, 6}}}
	for name, got := range map[string]*Tensor{
		"nested": NewTensor(want),
		"flat":   NewTensor([]int32{1, 2, 3, 4, 5, 6}, 1, 3, 2),
	} {
		if !reflect.DeepEqual(got.Value(), want) || !reflect.DeepEqual(Values[int32](got), []int32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s: %v, want %v", name, got.Value(), want)
		}
	}
	if got := NewTensor(float32(2)); got.Rank() != 0 || Values[float32](got)[0] != 2 {
		t.Errorf("a number: %v", got)
	}
	mine := []float32{1, 2}
	copied := NewTensor(mine, 2, 1)
	mine[0] = 5
	if got := Values[float32](copied); got[0] != 1 {
		t.Errorf("%v after the slice has changed", got)
	}
	for want, f := range map[string]func(){
		"got <nil>":                 func() { NewTensor(nil) },
		"got *tensors.Tensor":       func() { NewTensor(copied) },
		"got string":                func() { NewTensor("1, 2") },
		"rows have the same length": func() { NewTensor([][]float32{{1, 2}, {3}}) },
		"a tensor of shape (2, 3) of values of shape (2,)": func() { NewTensor(mine, 2, 3) },
		"a tensor of shape (1,) of values of shape (1, 1)": func() { NewTensor([][]float32{{1}}, 1) },
		"a tensor of shape (-1, -2)":                       func() { NewTensor(mine, -1, -2) },
		"Values of a tensor of Float32":                    func() { Values[int32](copied) },
		"Values got a nil tensor":                          func() { Values[int32](nil) },
	} {
		wantPanic(t, f, want)
	}
}

func TestReshapeMisuse(t *testing.T) {
	wantPanic(t, func() { Reshape(nil, 1) }, "Reshape got a nil tensor")
	wantPanic(t, func() { Reshape(Zeros(2, 3), 4, 2) }, "Reshape cannot make (4, 2) of a tensor of shape (2, 3)")
	wantPanic(t, func() { Reshape(Zeros(2, 3), 4, -1) }, "Reshape cannot make (4, -1)")
	wantPanic(t, func() { Reshape(Zeros(4), 1<<32, 1<<32, -1) }, "Reshape cannot make")
	wantPanic(t, func() { Reshape(Zeros(4), 1<<62, 1<<62) }, "Reshape cannot make")
	wantPanic(t, func() { Reshape(Zeros(4), -1, -1) }, "of which one may be -1")
	wantPanic(t, func() { Reshape(Zeros(4), 0, 4) }, "positive sizes")
	gone := Zeros(4)
	noError(t, gone.FinalizeAll())
	wantPanic(t, func() { Reshape(gone, 2, 2) }, "Reshape got a tensor whose value is gone")
	net := drawn(t, Dense{Units: 1}, 2, 4)
	wantPanic(t, func() { net.Forward(gone) }, "Net.Forward got a tensor whose value is gone")
	wantPanic(t, func() { Zeros(2, 0) }, "Zeros takes positive sizes, got (2, 0)")
	if x := Reshape(Zeros(1), []int{}...); x.Rank() != 0 {
		t.Errorf("a number has shape %v", ShapeOf(x))
	}
}
