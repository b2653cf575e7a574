package d2l

import (
	"math"
	"slices"
	"testing"
)

// An anchor of ratio 1 is a square in pixels, not in fractions of the picture.
func TestMultiboxPriorOfAWideMap(t *testing.T) {
	got := MultiboxPrior(1, 2, []float64{1}, []float64{1, 4})
	want := NewTensor([][]float32{{0, 0, 0.5, 1}, {-0.25, 0.25, 0.75, 0.75}, {0.5, 0, 1, 1}, {0.25, 0.25, 1.25, 0.75}})
	if !got.Equal(want) {
		t.Errorf("the anchors are %v", got.Value())
	}
	const message = "d2l: MultiboxPrior needs a positive height and width, and one or more positive sizes and ratios, got "
	one := []float64{1}
	wantPanic(t, func() { MultiboxPrior(0, 2, one, one) }, message+"0, 2, [1] and [1]")
	wantPanic(t, func() { MultiboxPrior(2, -1, one, one) }, message)
	wantPanic(t, func() { MultiboxPrior(2, 2, nil, one) }, message)
	wantPanic(t, func() { MultiboxPrior(2, 2, one, nil) }, message)
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		wantPanic(t, func() { MultiboxPrior(2, 2, []float64{1, bad}, one) }, message)
		wantPanic(t, func() { MultiboxPrior(2, 2, one, []float64{1, bad}) }, message)
	}
}

// Boxes without an area overlap none, not even themselves; boxes that touch do not overlap.
func TestBoxIoUWithoutArea(t *testing.T) {
	boxes := NewTensor([][]float32{
		{0, 0, 1, 1}, {0.5, 0, 0.5, 1}, {0.5, 0.5, 0.5, 0.5}, {1, 0, 2, 1}, {1e-30, 0, 2e-30, 1e-30},
	})
	want := NewTensor([][]float32{{1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 1, 0}, {0, 0, 0, 0, 0}})
	if got := must(BoxIoU(boxes, boxes))(t); !got.Equal(want) {
		t.Errorf("the IoUs are %v", got.Value())
	}
	_, err := BoxIoU(boxes, NewTensor([][]float32{{0, 0, 1, 1}, {0, 0, 1, nan}}))
	wantError(t, err, "row 1 of the boxes2, [0 0 1 NaN], is not finite")
	_, err = BoxIoU(NewTensor([][]float32{{1, 0, 0, 1}}), boxes)
	wantError(t, err, "row 0 of the boxes1")
	wantPanic(t, func() { BoxIoU(boxes, Ones(4)) }, "BoxIoU takes float32 boxes2 of shape (n, 4), got (4,)")
	wantPanic(t, func() { BoxIoU(Ones(2, 3, 4), boxes) }, "boxes1 of shape (n, 4), got (2, 3, 4)")
}

func TestAssignAnchorToBBox(t *testing.T) {
	unit, half, far := []float32{0, 0, 1, 1}, []float32{0, 0, 1, 0.5}, []float32{7, 7, 8, 8}
	for name, c := range map[string]struct {
		truth, anchors [][]float32
		threshold      float64
		want           []int
	}{
		"the first of equal anchors is the object's, and so are the others": {
			[][]float32{unit}, [][]float32{far, unit, unit, unit}, 0.5, []int{-1, 0, 0, 0}},
		"equal anchors for equal objects": {
			[][]float32{unit, unit}, [][]float32{unit, unit, unit}, 0.5, []int{0, 1, 0}},
		"at the threshold": {[][]float32{unit, far}, [][]float32{far, unit, half}, 0.5, []int{1, 0, 0}},
		"below it":         {[][]float32{unit, far}, [][]float32{far, unit, half}, 0.501, []int{1, 0, -1}},
		"an object gets an anchor below the threshold": {
			[][]float32{half}, [][]float32{far, {0, 0, 1, 4}}, 0.5, []int{-1, 0}},
		"an anchor above the threshold of another object": { // The second object's is taken, and it has the next best.
			[][]float32{unit, {0, 0, 1, 0.9}}, [][]float32{unit, half, far}, 0.5, []int{0, 1, -1}},
		"the nearest of anchors that do not overlap": {
			[][]float32{{4, 4, 5, 5}}, [][]float32{unit, far, {5, 5, 6, 6}, {3, 3, 4, 4}}, 0.5, []int{-1, -1, 0, -1}},
		"the nearest that is left": {
			[][]float32{unit, unit}, [][]float32{far, {4, 4, 5, 5}, unit}, 0.5, []int{-1, 1, 0}},
		"as many anchors as objects": {
			[][]float32{far, unit}, [][]float32{unit, far}, 0.5, []int{1, 0}},
	} {
		got := must(AssignAnchorToBBox(NewTensor(c.truth), NewTensor(c.anchors), c.threshold))(t)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", name, got, c.want)
		}
	}
}

// With many objects in one place, what is assigned is what the book's table of all IoUs gives; in eighths there are
// many equal IoUs.
func TestAssignManyObjects(t *testing.T) {
	for seed := range 20 {
		random := wave(100*seed, 1, 160)
		side := func(i int, scale float32) float32 {
			if seed%2 == 0 {
				return float32(math.Round(float64(random[i]*scale*8))) / 8
			}
			return random[i] * scale
		}
		var truth []box
		for i := range 40 {
			x, y := 0.5+side(i, 0.3), 0.5+side(40+i, 0.3)
			truth = append(truth, box{x - 0.25, y - 0.25, x + 0.25 + side(80+i, 0.1), y + 0.25 + side(120+i, 0.1)})
		}
		anchors := must(boxesOf("", "", MultiboxPrior(8, 8, []float64{0.25, 0.5}, []float64{1, 4})))(t)
		if got, want := assign(truth, anchors, 0.5), assignByTable(t, truth, anchors); !slices.Equal(got, want) {
			t.Errorf("seed %d: %v, expected %v", seed, got, want)
		}
	}
}

// assignByTable is the book's way.
func assignByTable(t *testing.T, truth, anchors []box) []int {
	t.Helper()
	table, assigned := make([][]float32, len(anchors)), make([]int, len(anchors))
	for i, a := range anchors {
		for _, b := range truth {
			table[i] = append(table[i], a.iou(b))
		}
		best := slices.Max(table[i])
		if assigned[i] = slices.Index(table[i], best); best < 0.5 {
			assigned[i] = -1
		}
	}
	for range truth {
		anchor, row := 0, 0
		for i := range table {
			for j := range table[i] {
				if table[i][j] > table[anchor][row] {
					anchor, row = i, j
				}
			}
		}
		if table[anchor][row] <= 0 {
			t.Fatal("an object overlaps none of the anchors that are left")
		}
		assigned[anchor] = row
		for i := range table {
			table[i][row] = -1
		}
		for j := range truth {
			table[anchor][j] = -1
		}
	}
	return assigned
}

func TestAssignAnchorToBBoxFaults(t *testing.T) {
	unit := NewTensor([][]float32{{0, 0, 1, 1}})
	of := func(row ...float32) *Tensor { return NewTensor([][]float32{row}) }
	_, err := AssignAnchorToBBox(NewTensor([][]float32{{0, 0, 1, 1}, {0, 0, 1, 1}}), unit, 0.5)
	wantError(t, err, "groundTruth has more objects, 2, than there are anchors, 1: each object needs an anchor of its own")
	_, err = AssignAnchorToBBox(of(0, 0, 0, 1), unit, 0.5)
	wantError(t, err, "row 0 of the groundTruth, [0 0 0 1], has no width or no height")
	_, err = AssignAnchorToBBox(unit, of(0, 1, 2, 1), 0.5)
	wantError(t, err, "row 0 of the anchors, [0 1 2 1], has no width or no height")
	_, err = AssignAnchorToBBox(unit, of(0, 1, nan, 1), 0.5)
	wantError(t, err, "row 0 of the anchors, [0 1 NaN 1], is not finite")
	for _, threshold := range []float64{-0.1, 1.1, math.NaN()} {
		wantPanic(t, func() { AssignAnchorToBBox(unit, unit, threshold) }, "needs an IoU threshold from 0 to 1, got")
	}
	wantPanic(t, func() { AssignAnchorToBBox(unit, Ones(2, 3, 4), 0.5) }, "of shape (n, 4) or (1, n, 4), got (2, 3, 4)")
	wantPanic(t, func() { AssignAnchorToBBox(Ones(3, 5), unit, 0.5) }, "groundTruth of shape (n, 4), got (3, 5)")
}
