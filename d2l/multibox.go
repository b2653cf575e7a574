package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// OffsetBoxes returns the offsets of boxes from the anchors that they are assigned to, which a detector learns to
// predict. Those of the center's x and y are ten times their differences divided by the anchor's width and height, and
// those of width and height five times the logarithm of their ratio plus 10^-6, which keeps the logarithm of a box
// without an area finite. The anchors are float32 (n, 4), and assigned is (n, 4) or (batch, n, 4), as is the result;
// all boxes are left, top, right, bottom. It panics on another shape or type. Numbers that are no box, and an anchor
// without an area, are an error that names the row.
//
// Book: offset_boxes, section "Anchor Boxes".
func OffsetBoxes(anchors, assigned *Tensor) (*Tensor, error) {
	all, boxes, err := anchorsAnd("OffsetBoxes", anchors, "assigned boxes", assigned)
	if err != nil {
		return nil, err
	}
	for i, b := range boxes {
		if fault := b.fault(); fault != "" {
			return nil, badRow("assigned boxes", assigned, i, fault)
		}
		boxes[i] = offsetOf(all[i%len(all)], b)
	}
	return tensorOf(boxes, ShapeOf(assigned)...), nil
}

// OffsetInverse returns the boxes that predicted offsets from anchors stand for: it is the inverse of [OffsetBoxes],
// but for the 10^-6 there. The anchors are float32 (n, 4), and offsetPreds is (n, 4) or (batch, n, 4), as is the
// result. It panics on another shape or type. An anchor without an area, and offsets that are not finite or too large
// for a box, are an error that names the row.
//
// Book: offset_inverse, section "Anchor Boxes".
func OffsetInverse(anchors, offsetPreds *Tensor) (*Tensor, error) {
	all, offsets, err := anchorsAnd("OffsetInverse", anchors, "offsetPreds", offsetPreds)
	if err != nil {
		return nil, err
	}
	boxes, err := boxesAt(all, offsets, offsetPreds)
	if err != nil {
		return nil, err
	}
	return tensorOf(boxes, ShapeOf(offsetPreds)...), nil
}

// anchorsAnd returns anchors, and the rows of another array (n, 4) or (batch, n, 4).
func anchorsAnd(function string, anchors *Tensor, name string, others *Tensor) (all, rows []box, err error) {
	if all, err = anchorsOf(function, anchors); err != nil {
		return nil, nil, err
	}
	if rows, err = boxesOf(function, name, others, 2, 3); err != nil {
		return nil, nil, err
	}
	if n := others.Shape().Dim(-2); n != len(all) {
		panic(fmt.Sprintf("d2l: %s needs a row for each anchor, got %s of shape %v for %d anchors", function, name,
			ShapeOf(others), len(all)))
	}
	return all, rows, nil
}

// boxesAt returns the boxes of offsets, the rows of an array.
func boxesAt(anchors, offsets []box, array *Tensor) ([]box, error) {
	boxes := make([]box, len(offsets))
	for i, o := range offsets {
		a := anchors[i%len(anchors)].center()
		boxes[i] = box{
			float32(o[0]*a[2]/10) + a[0], float32(o[1]*a[3]/10) + a[1], exp(o[2]/5) * a[2], exp(o[3]/5) * a[3],
		}.corners()
		if fault := boxes[i].fault(); fault != "" {
			const remedy = ": look for NaN in X and in the parameters, and try a lower learning rate"
			return nil, badRow("predicted offsets", array, i, "gives a box that "+fault+remedy)
		}
	}
	return boxes, nil
}

func offsetOf(anchor, b box) box {
	const eps = 1e-6
	a, c := anchor.center(), b.center()
	return box{
		10 * (c[0] - a[0]) / a[2], 10 * (c[1] - a[1]) / a[3],
		5 * log(eps+c[2]/a[2]), 5 * log(eps+c[3]/a[3]),
	}
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }

func log(x float32) float32 { return float32(math.Log(float64(x))) }

// MultiboxTarget returns what a detector is trained with, for each picture and each of anchors, float32 (n, 4): the
// offsets to the object that the anchor belongs to, as of [OffsetBoxes], (batch, n, 4); a mask of the same shape, of
// ones where there is such an object; and classes, int32 (batch, n), one more than the object's label. For anchors of
// the background all three are 0.
//
// The labels are float32 (batch, objects, 5): rows of a class, from 0 on, and a box in the anchors' unit, left, top,
// right, bottom. Pictures with fewer objects than others have rows of class -1 as well, anywhere and with any other
// numbers, which do not count; a picture may have no other rows. [AssignAnchorToBBox], with a threshold of 0.5, says
// which anchors belong to an object.
//
// It panics on another shape or type. A class that is none, an object's box or an anchor that is no box with an area, a
// box that is beyond all anchors by more than 20 times their extent, as one in pixels is, and more objects in a picture
// than there are anchors, are an error that names the row.
//
// The book's differs in two things: its offsets and its mask are (batch, 4n), of the same numbers, and its code counts
// rows of class -1, as background whose mask is 1, so that a net learns their offsets.
//
// Book: multibox_target, section "Anchor Boxes".
func MultiboxTarget(anchors, labels *Tensor) (offsets, mask, classes *Tensor, err error) {
	all, err := anchorsOf("MultiboxTarget", anchors)
	if err != nil {
		return nil, nil, nil, err
	}
	pictures, err := objectsOf(labels, all)
	if err != nil {
		return nil, nil, nil, err
	}
	batch, n := len(pictures), len(all)
	offset, masks, class := make([]box, batch*n), make([]box, batch*n), make([]int32, batch*n)
	for picture, objects := range pictures {
		for anchor, object := range assign(objects.boxes, all, 0.5) {
			if object >= 0 {
				i := picture*n + anchor
				offset[i], masks[i] = offsetOf(all[anchor], objects.boxes[object]), box{1, 1, 1, 1}
				class[i] = objects.classes[object] + 1
			}
		}
	}
	classes = tensors.FromFlatDataAndDimensions(class, batch, n)
	return tensorOf(offset, batch, n, 4), tensorOf(masks, batch, n, 4), classes, nil
}

// objects are those of a picture.
type objects struct {
	classes []int32
	boxes   []box
}

// objectsOf returns the objects of each picture, of labels (batch, objects, 5).
func objectsOf(labels *Tensor, anchors []box) ([]objects, error) {
	requireMade(labels, "MultiboxTarget", "NewTensor")
	if labels.Rank() != 3 || labels.Shape().Dim(2) != 5 || labels.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: MultiboxTarget takes float32 labels of shape (batch, objects, 5), got %v of %v",
			ShapeOf(labels), labels.DType()))
	}
	values, err := tensors.CopyFlatData[float32](labels)
	if err != nil {
		return nil, fmt.Errorf("reading the labels: %w", err)
	}
	pictures, rows, most := make([]objects, labels.Shape().Dim(0)), labels.Shape().Dim(1), reach(anchors)
	for i := range pictures {
		found := &pictures[i]
		for row := range rows {
			label := values[(i*rows+row)*5:][:5]
			class, b := label[0], box(label[1:])
			if class == -1 {
				continue
			}
			fault := b.faultOfAnchor()
			if !(class >= 0 && class < 1<<24 && class == float32(int32(class))) { // float32 has all integers up to there.
				const message = "has the class %v: classes are whole numbers from 0, and -1 is for a row that is no object"
				fault = fmt.Sprintf(message, class)
			}
			if fault == "" && (b[0] < most[0] || b[1] < most[1] || b[2] > most[2] || b[3] > most[3]) {
				fault = "is far beyond all anchors: labels are in the anchors' unit, which for MultiboxPrior's is " +
					"fractions of the picture's width and height, not pixels"
			}
			if fault != "" {
				return nil, fmt.Errorf("row %d of the labels of picture %d, %v, %s", row, i, label, fault)
			}
			found.classes, found.boxes = append(found.classes, int32(class)), append(found.boxes, b)
		}
		if n := len(found.boxes); n > len(anchors) {
			return nil, fewAnchors(fmt.Sprintf("picture %d", i), n, len(anchors))
		}
	}
	return pictures, nil
}

// reach returns the box around all anchors with 20 times its width and height on each side. What is beyond it is in
// another unit, and its offsets would be too large to learn anything else.
func reach(anchors []box) (around box) {
	for i, a := range anchors {
		if i == 0 {
			around = a
		}
		for side := range 2 {
			around[side], around[side+2] = min(around[side], a[side]), max(around[side+2], a[side+2])
		}
	}
	for side := range 2 {
		margin := 20 * (around[side+2] - around[side])
		around[side], around[side+2] = around[side]-margin, around[side+2]+margin
	}
	return around
}
