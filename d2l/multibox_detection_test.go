package d2l

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

func sumOf(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }

func TestNMS(t *testing.T) {
	unit, half, far := []float32{0, 0, 1, 1}, []float32{0, 0, 1, 0.5}, []float32{7, 7, 8, 8}
	chain := [][]float32{{0, 0, 4, 1}, {1, 0, 5, 1}, {2, 0, 6, 1}} // Each overlaps the next one.
	for name, c := range map[string]struct {
		boxes     [][]float32
		scores    []float32
		threshold float64
		want      []int
	}{
		"by decreasing score":                 {[][]float32{unit, far}, []float32{0.1, 0.2}, 0.5, []int{1, 0}},
		"an IoU at the threshold is kept":     {[][]float32{unit, half}, []float32{0.2, 0.1}, 0.5, []int{0, 1}},
		"one above is not":                    {[][]float32{unit, half}, []float32{0.2, 0.1}, 0.49, []int{0}},
		"the first of equal scores":           {[][]float32{far, unit, unit, unit}, []float32{0, 1, 1, 1}, 0.5, []int{1, 0}},
		"a dropped box drops none":            {chain, []float32{3, 2, 1}, 0.5, []int{0, 2}},
		"at 1 all are kept":                   {[][]float32{unit, unit}, []float32{1, 2}, 1, []int{1, 0}},
		"at 0 those that do not overlap":      {[][]float32{unit, {0.9, 0.9, 2, 2}, far}, []float32{1, 2, 3}, 0, []int{2, 1}},
		"boxes without an area overlap none":  {[][]float32{{1, 1, 1, 1}, {1, 1, 1, 1}}, []float32{1, 2}, 0.5, []int{1, 0}},
		"a score may be infinite or negative": {[][]float32{unit, far, far}, []float32{-1, inf, -inf}, 0.5, []int{1, 0}},
		"one box":                             {[][]float32{unit}, []float32{1}, 0.5, []int{0}},
	} {
		if got := must(NMS(NewTensor(c.boxes), NewTensor(c.scores), c.threshold))(t); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", name, got, c.want)
		}
	}
	boxes := NewTensor([][]float32{unit, far})
	_, err := NMS(boxes, NewTensor([]float32{1, nan}), 0.5)
	wantError(t, err, "the score of box 1 is NaN")
	wantPanic(t, func() { NMS(boxes, Ones(3), 0.5) }, "NMS takes float32 scores of shape (2,), one for each box, got (3,)")
	wantPanic(t, func() { NMS(boxes, Ones(2, 1), 0.5) }, "got (2, 1)")
	wantPanic(t, func() { NMS(Ones(1, 2, 4), Ones(2), 0.5) }, "NMS takes float32 boxes of shape (n, 4)")
	for _, threshold := range []float64{-0.1, 1.1, math.NaN()} {
		wantPanic(t, func() { NMS(boxes, Ones(2), threshold) }, "NMS needs an IoU threshold from 0 to 1")
	}
}

// Of equal probabilities the first class counts; a confidence at the threshold is one; the background's does not
// matter.
func TestMultiboxDetectionThresholds(t *testing.T) {
	probs := NewTensor([][][]float32{
		{{1, 0, 0, 0.5}, {0.25, 0.5, 0.125, 0}, {0.25, 0.25, 0.125, 0.25}},
		{{0, 0, 0, 0}, {0, 0, 0, 0.75}, {0, 0, 0, 0}},
	})
	boxes := fourAnchors().Value().([][]float32)
	want := [][][]float32{
		{{0, 0.5}, {0, 0.25}, {1, 0.25}, {-1, 0.875}},
		{{0, 0.75}, {-1, 1}, {-1, 1}, {-1, 1}},
	}
	order := [][]int{{1, 0, 3, 2}, {3, 0, 1, 2}}
	for picture, rows := range want {
		for i := range rows {
			rows[i] = append(rows[i], boxes[order[picture][i]]...)
		}
	}
	got := must(MultiboxDetection(probs, Zeros(2, 4, 4), fourAnchors(), 0.5, 0.25))(t)
	if !got.Equal(NewTensor(want)) {
		t.Errorf("detected %v, expected %v", got.Value(), want)
	}
}

func TestMultiboxDetectionFaults(t *testing.T) {
	anchors, offsets := fourAnchors(), Zeros(2, 4, 4)
	for said, bad := range map[string]float32{"NaN": nan, "1.5": 1.5, "-2": -2, "+Inf": inf} {
		probs := make([]float32, 2*3*4)
		probs[1*12+2*4+3] = bad
		_, err := MultiboxDetection(NewTensor(probs, 2, 3, 4), offsets, anchors, 0.5, 0.01)
		wantError(t, err, "clsProbs has "+said+" for class 2 of anchor 3 of picture 1, which is no probability", "softmax")
	}
	const message = "d2l: MultiboxDetection takes float32 clsProbs of shape (batch, classes, 4)"
	for _, args := range [][2]*Tensor{
		{Ones(2, 4, 3), offsets}, {Ones(2, 1, 4), offsets}, {Ones(3, 4), offsets}, {Ones(3, 2, 4), offsets},
		{Ones(2, 2, 4), Zeros(2, 5, 4)}, {Ones(2, 2, 4), Zeros(8, 4)},
		{NewTensor(make([]float64, 16), 2, 2, 4), offsets}, {Ones(2, 2, 4), NewTensor(make([]float64, 32), 2, 16)},
	} {
		wantPanic(t, func() { MultiboxDetection(args[0], args[1], anchors, 0.5, 0.01) }, message, ShapeOf(args[1]).String())
	}
	probs := Ones(2, 2, 4)
	wantPanic(t, func() { MultiboxDetection(probs, offsets, anchors, 2, 0.01) }, "a threshold for NMS from 0 to 1, got 2")
	wantPanic(t, func() { MultiboxDetection(probs, offsets, anchors, 0.5, -1) }, "a threshold for a confidence from 0")
	_, err := MultiboxDetection(Ones(1, 2, 1), Zeros(1, 1, 4), Zeros(1, 4), 0.5, 0.01)
	wantError(t, err, "row 0 of the anchors, [0 0 0 0], has no width or no height")
}

// A batch needs memory for its rows, not for the IoUs of all pairs of boxes, which are 118 MB for a picture here.
func TestMultiboxDetectionTakesLittleMemory(t *testing.T) {
	anchors := MultiboxPrior(33, 33, []float64{0.2, 0.27, 0.35}, []float64{1, 2, 0.5})
	n := ShapeOf(anchors)[0]
	probs, offsets := Zeros(4, 2, n), waves(1, 3, 4, n, 4)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	must(MultiboxDetection(probs, offsets, anchors, 0.5, 0.01))(t)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 20<<20 {
		t.Errorf("4 pictures of %d anchors took %d bytes", n, bytes)
	}
}
