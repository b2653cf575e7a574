package d2l

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// BoxCornerToCenter converts boxes, float32 (…, 4), from left, top, right and bottom, the x and y of the upper left and
// of the lower right corner, to the x and y of the center, width and height. As in pictures, x grows to the right and y
// downwards. It panics on another shape or type. Numbers that are no box, as they are not finite, or the right is left
// of the left or the bottom above the top, are an error that names the row.
//
// Book: box_corner_to_center, section "Object Detection and Bounding Boxes".
func BoxCornerToCenter(boxes *Tensor) (*Tensor, error) {
	all, err := boxesOf("BoxCornerToCenter", "boxes", boxes)
	if err != nil {
		return nil, err
	}
	for i, b := range all {
		if fault := b.fault(); fault != "" {
			return nil, badRow("boxes", boxes, i, fault)
		}
		all[i] = b.center()
	}
	return tensorOf(all, ShapeOf(boxes)...), nil
}

// BoxCenterToCorner is the inverse of [BoxCornerToCenter]. A negative width or height is an error, too.
//
// Book: box_center_to_corner, section "Object Detection and Bounding Boxes".
func BoxCenterToCorner(boxes *Tensor) (*Tensor, error) {
	all, err := boxesOf("BoxCenterToCorner", "boxes", boxes)
	if err != nil {
		return nil, err
	}
	for i, b := range all {
		if b[2] < 0 || b[3] < 0 {
			const fault = "has a negative width or height: it should be the center's x and y, width, height"
			return nil, badRow("boxes", boxes, i, fault)
		}
		all[i] = b.corners()
		if fault := all[i].fault(); fault != "" {
			return nil, badRow("boxes", boxes, i, fault)
		}
	}
	return tensorOf(all, ShapeOf(boxes)...), nil
}

// A box is the x and y of the upper left corner and those of the lower right one; between center and corners, the x and
// y of the center, the width and the height.
//
// All is computed in float32, in the book's order: IoUs at a threshold are then on the same side of it as PyTorch's.
// The conversions to float32 keep processors that could do so from fusing a product and a sum.
type box [4]float32

func (b box) center() box {
	return box{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]}
}

func (b box) corners() box {
	w, h := float32(0.5*b[2]), float32(0.5*b[3])
	return box{b[0] - w, b[1] - h, b[0] + w, b[1] + h}
}

func (b box) area() float32 { return float32((b[2] - b[0]) * (b[3] - b[1])) }

// overlap returns the area that two boxes have in common.
func (b box) overlap(other box) float32 {
	// The built-in min and max, which care for NaN, are slower.
	left, top, right, bottom := b[0], b[1], b[2], b[3]
	if other[0] > left {
		left = other[0]
	}
	if other[1] > top {
		top = other[1]
	}
	if other[2] < right {
		right = other[2]
	}
	if other[3] < bottom {
		bottom = other[3]
	}
	if right <= left || bottom <= top {
		return 0
	}
	return float32((right - left) * (bottom - top))
}

// iou returns intersection over union; it is 0 where boxes without an area have none.
func (b box) iou(other box) float32 {
	common := b.overlap(other)
	if common == 0 {
		return 0
	}
	return common / (b.area() + other.area() - common)
}

// fault says what is wrong with corners, or nothing.
func (b box) fault() string {
	const most = 1e18 // The square of a side is finite.
	for _, v := range b {
		if !(v >= -most && v <= most) {
			return "is not finite or beyond 10^18"
		}
	}
	if b[2] < b[0] || b[3] < b[1] {
		return "has its lower right corner left of or above the upper left one: a box is left, top, right, bottom"
	}
	return ""
}

// faultOfAnchor is fault for a box by whose sides is divided, as by an anchor's.
func (b box) faultOfAnchor() string {
	if fault := b.fault(); fault != "" {
		return fault
	}
	if c := b.center(); c[2] == 0 || c[3] == 0 {
		return "has no width or no height"
	}
	return ""
}

// boxesOf returns a copy of boxes (…, 4), of any of the ranks where some are given.
func boxesOf(function, name string, t *Tensor, ranks ...int) ([]box, error) {
	requireMade(t, function, "NewTensor")
	ranked := t.Rank() > 0 && (len(ranks) == 0 || slices.Contains(ranks, t.Rank()))
	if !ranked || t.Shape().Dim(-1) != 4 || t.DType() != dtypes.Float32 {
		shape := map[int]string{0: "(…, 4)", 1: "(n, 4)", 2: "(n, 4) or (batch, n, 4)"}[len(ranks)]
		if name == "anchors" && len(ranks) == 2 { // Of them there is no batch.
			shape = "(n, 4) or (1, n, 4)"
		}
		const message = "d2l: %s takes float32 %s of shape %s, got %v of %v"
		panic(fmt.Sprintf(message, function, name, shape, ShapeOf(t), t.DType()))
	}
	var all []box
	err := tensors.ConstFlatData(t, func(values []float32) {
		all = make([]box, 0, len(values)/4)
		for row := range slices.Chunk(values, 4) {
			all = append(all, box(row))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", name, err)
	}
	return all, nil
}

// anchorsOf returns the anchors (n, 4) or, as the book's, (1, n, 4), each of which has an area.
func anchorsOf(function string, t *Tensor) ([]box, error) {
	all, err := boxesOf(function, "anchors", t, 2, 3)
	if err != nil {
		return nil, err
	}
	if t.Rank() == 3 && t.Shape().Dim(0) != 1 {
		const message = "d2l: %s takes the same anchors for all examples, of shape (n, 4) or (1, n, 4), got %v"
		panic(fmt.Sprintf(message, function, ShapeOf(t)))
	}
	for i, b := range all {
		if fault := b.faultOfAnchor(); fault != "" {
			return nil, badRow("anchors", t, i, fault)
		}
	}
	return all, nil
}

// badRow is the error of the i-th of boxes (…, 4).
func badRow(name string, boxes *Tensor, i int, fault string) error {
	shape := ShapeOf(boxes)
	index := indexOf(i, shape[:len(shape)-1])
	at := fmt.Sprintf("row %v", index)
	if len(index) == 1 {
		at = fmt.Sprintf("row %d", i)
	}
	values := Values[float32](boxes)[4*i : 4*i+4]
	return fmt.Errorf("%s of the %s, %v, %s", at, name, values, fault)
}

func tensorOf(boxes []box, shape ...int) *Tensor {
	flat := make([]float32, 0, 4*len(boxes))
	for _, b := range boxes {
		flat = append(flat, b[:]...)
	}
	return tensors.FromFlatDataAndDimensions(flat, shape...)
}
