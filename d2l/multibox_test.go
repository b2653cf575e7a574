package d2l

import (
	"math"
	"slices"
	"testing"
)

// fourAnchors are the quarters of a picture.
func fourAnchors() *Tensor { return MultiboxPrior(2, 2, []float64{0.5}, []float64{1}) }

// target returns the classes for labels of one picture, and checks that the mask is 1 where they are objects'.
func target(t *testing.T, labels ...[]float32) []int32 {
	t.Helper()
	offsets, mask, classes, err := MultiboxTarget(fourAnchors(), NewTensor([][][]float32{labels}))
	noError(t, err)
	got := Values[int32](classes)
	for i, class := range got {
		want := map[bool]float32{true: 1}[class > 0]
		for j := range 4 {
			if float32s(t, mask)[4*i+j] != want || want == 0 && float32s(t, offsets)[4*i+j] != 0 {
				t.Fatalf("classes %v, mask %v, offsets %v", got, mask.Value(), offsets.Value())
			}
		}
	}
	return got
}

// Rows of class -1 change nothing, wherever they are and whatever is in them.
func TestPaddingIsNoObject(t *testing.T) {
	object := []float32{4, 0.5, 0, 1, 0.5}
	want := []int32{0, 5, 0, 0}
	for _, padding := range [][]float32{
		{-1, -1, -1, -1, -1}, {-1, 0, 0, 0, 0}, {-1, 0, 0, 0.5, 0.5}, {-1, nan, 1, 0, inf},
	} {
		for _, labels := range [][][]float32{
			{object}, {object, padding}, {padding, object}, {padding, padding, object, padding, padding, padding, padding},
		} {
			if got := target(t, labels...); !slices.Equal(got, want) {
				t.Errorf("%v has the classes %v, expected %v", labels, got, want)
			}
		}
		if got := target(t, padding, padding); !slices.Equal(got, []int32{0, 0, 0, 0}) {
			t.Errorf("a picture without an object has the classes %v", got)
		}
	}
}

// The pictures of a batch do not mix.
func TestMultiboxTargetOfABatch(t *testing.T) {
	padding, first, second := []float32{-1, 0, 0, 0, 0}, []float32{0, 0, 0, 0.5, 0.5}, []float32{1, 0.5, 0.5, 1, 0.75}
	labels := NewTensor([][][]float32{{first, padding}, {padding, padding}, {second, first}})
	offsets, mask, classes, err := MultiboxTarget(fourAnchors(), labels)
	noError(t, err)
	if want := NewTensor([][]int32{{1, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 2}}); !classes.Equal(want) {
		t.Errorf("the classes are %v, expected %v", classes.Value(), want.Value())
	}
	if sum := must(Compile(sumOf)(mask))(t).Value().(float32); sum != 12 {
		t.Errorf("the mask has %v ones, expected 12", sum)
	}
	near(t, "offsets", float32s(t, offsets)[2*16+12:], []float32{0, -2.5, 0, float32(5 * math.Log(0.5+1e-6))}, 1e-5)
}

func TestMultiboxTargetFaults(t *testing.T) {
	good := []float32{0, 0, 0, 0.5, 0.5}
	for fault, row := range map[string][]float32{
		"has the class -2: classes are whole numbers from 0, and -1 is for a row that is no object": {-2, 0, 0, 1, 1},
		"has the class 0.25:":    {0.25, 0, 0, 1, 1}, // As where all numbers of a file were divided by the picture's side.
		"has the class -0.5:":    {-0.5, 0, 0, 1, 1},
		"has the class NaN:":     {nan, 0, 0, 1, 1},
		"has the class +Inf:":    {inf, 0, 0, 1, 1},
		"has the class 1e+10:":   {1e10, 0, 0, 1, 1},
		"class 1.6777216e+07:":   {1 << 24, 0, 0, 1, 1},
		"no width or no height":  {1, 0.25, 0, 0.25, 1},
		"no width or no heigh":   {1, 0, 1, 1, 1},
		"is not finite":          {1, 0, 0, nan, 1},
		"has its lower right":    {1, 0.5, 0, 0.25, 1},
		"is not finite or beyon": {1, 0, -inf, 1, 1},
		"is far beyond all anch": {1, 10, 20, 200, 100}, // Pixels.
		"labels are in the anch": {1, 0, -20.5, 1, 1},
	} {
		_, _, _, err := MultiboxTarget(fourAnchors(), NewTensor([][][]float32{{good, good}, {good, row}}))
		wantError(t, err, "row 1 of the labels of picture 1, [", fault)
	}
	_, _, _, err := MultiboxTarget(fourAnchors(), NewTensor([][][]float32{{good, good, good, good, good}}))
	wantError(t, err, "picture 0 has more objects, 5, than there are anchors, 4: each object needs an anchor of its own")
	target(t, good, good, good, good)
	target(t, []float32{0, -20, -20, 1, 1}, []float32{1, 0, 0, 21, 21})
	labels := NewTensor([][][]float32{{good}})
	_, _, _, err = MultiboxTarget(NewTensor([][]float32{{0, 0, 1, 1}, {0, 1, 1, 1}}), labels)
	wantError(t, err, "row 1 of the anchors, [0 1 1 1], has no width or no height")
	_, _, _, err = MultiboxTarget(NewTensor([]float32{0, 0, 1, inf}, 1, 1, 4), labels)
	wantError(t, err, "row (0, 0) of the anchors, [0 0 1 +Inf], is not finite")
	const message = "d2l: MultiboxTarget takes float32 labels of shape (batch, objects, 5), got "
	wantPanic(t, func() { MultiboxTarget(fourAnchors(), Ones(2, 5)) }, message+"(2, 5)")
	wantPanic(t, func() { MultiboxTarget(fourAnchors(), Ones(2, 1, 4)) }, message)
	wantPanic(t, func() { MultiboxTarget(fourAnchors(), NewTensor([]int32{0, 0, 0, 1, 1}, 1, 1, 5)) }, message, "Int32")
	wantPanic(t, func() { MultiboxTarget(Ones(2, 4, 4), labels) }, "(n, 4) or (1, n, 4), got (2, 4, 4)")
	wantPanic(t, func() { MultiboxTarget(labels, fourAnchors()) }, "anchors of shape (n, 4) or (1, n, 4), got (1, 1, 5)")
}

// Offsets of a batch are of the same anchors, and one is the other's inverse.
func TestOffsetsOfABatch(t *testing.T) {
	anchors := fourAnchors()
	boxes := float32s(t, anchors)
	var batch []float32
	for _, shift := range []float32{0, 0.125, -0.25} {
		for _, v := range boxes {
			batch = append(batch, v+shift)
		}
	}
	assigned := NewTensor(batch, 3, 4, 4)
	offsets := must(OffsetBoxes(anchors, assigned))(t)
	for i, v := range float32s(t, offsets) {
		want := []float32{0, 2.5, -5}[i/16]
		if i%4 >= 2 {
			want = 0
		}
		near(t, "offset", []float32{v}, []float32{want}, 1e-5)
	}
	near(t, "boxes", float32s(t, must(OffsetInverse(Reshape(anchors, 1, 4, 4), offsets))(t)), batch, 1e-6)
	// The rows of the background, as the book's function of targets has them.
	near(t, "no box", float32s(t, must(OffsetBoxes(anchors, Zeros(4, 4)))(t))[2:4], []float32{-69.0776, -69.0776}, 1e-5)
}

func TestOffsetsFaults(t *testing.T) {
	anchors, flat := fourAnchors(), NewTensor([][]float32{{0, 0, 1, 1}, {0, 0, 1, 0}})
	_, err := OffsetBoxes(flat, Zeros(2, 4))
	wantError(t, err, "row 1 of the anchors, [0 0 1 0], has no width or no height")
	_, err = OffsetInverse(flat, Zeros(2, 4))
	wantError(t, err, "row 1 of the anchors")
	_, err = OffsetBoxes(anchors, NewTensor([][]float32{{0, 0, 1, 1}, {0, 0, 1, 1}, {0, 0, 1, 1}, {3, 0, 2, 1}}))
	wantError(t, err, "row 3 of the assigned boxes, [3 0 2 1], has its lower right corner left")
	for _, bad := range [][]float32{{nan, 0, 0, 0}, {0, inf, 0, 0}, {0, 0, 1000, 0}, {0, 0, 0, nan}} {
		preds := slices.Concat(make([]float32, 20), bad, make([]float32, 8))
		_, err = OffsetInverse(anchors, NewTensor(preds, 2, 4, 4))
		const row = "row (1, 1) of the predicted offsets, ["
		wantError(t, err, row, "gives a box that is not finite", "try a lower learning rate")
		_, err = MultiboxDetection(Zeros(2, 3, 4), NewTensor(preds, 2, 16), anchors, 0.5, 0.01)
		wantError(t, err, row)
	}
	wantPanic(t, func() { OffsetBoxes(anchors, Zeros(3, 4)) },
		"OffsetBoxes needs a row for each anchor, got assigned boxes of shape (3, 4) for 4 anchors")
	wantPanic(t, func() { OffsetInverse(anchors, Zeros(2, 16)) }, "of shape (n, 4) or (batch, n, 4), got (2, 16)")
	wantPanic(t, func() { OffsetInverse(anchors, Zeros(2, 3, 4)) }, "OffsetInverse needs a row for each anchor")
}
