package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
)

// MultiboxPrior returns anchor boxes for a feature map, or a picture, of height × width pixels: float32 (n, 4), left,
// top, right and bottom in fractions of the width and the height, from the upper left corner; some end beyond the
// picture. They are centered on the pixels, row by row, and on each there are len(sizes) + len(ratios) - 1 of them: one
// of each size with the first ratio, then one of the first size with each other ratio. A size is a fraction of the
// height, and a ratio is width to height in pixels: an anchor is size · √ratio · height pixels wide and size / √ratio ·
// height pixels high.
//
// It panics unless height, width, sizes and ratios are positive, and there is a size and a ratio. The book's function
// takes the feature map, of which it needs the shape alone, and returns (1, n, 4), which the functions of anchors take
// as well.
//
// Book: multibox_prior, section "Anchor Boxes".
func MultiboxPrior(height, width int, sizes, ratios []float64) *Tensor {
	if height <= 0 || width <= 0 || !allPositive(sizes) || !allPositive(ratios) {
		const message = "d2l: MultiboxPrior needs a positive height and width, and one or more positive sizes and " +
			"ratios, got %d, %d, %v and %v"
		panic(fmt.Sprintf(message, height, width, sizes, ratios))
	}
	type shape struct{ wide, high float64 } // Halves of width and height.
	var shapes []shape
	add := func(size, ratio float64) {
		wide, high := size*math.Sqrt(ratio)*float64(height)/float64(width), size/math.Sqrt(ratio)
		shapes = append(shapes, shape{wide / 2, high / 2})
	}
	for _, size := range sizes {
		add(size, ratios[0])
	}
	for _, ratio := range ratios[1:] {
		add(sizes[0], ratio)
	}
	boxes := make([]box, 0, height*width*len(shapes))
	for i := range height * width {
		x, y := (float64(i%width)+0.5)/float64(width), (float64(i/width)+0.5)/float64(height)
		for _, s := range shapes {
			boxes = append(boxes, box{float32(x - s.wide), float32(y - s.high), float32(x + s.wide), float32(y + s.high)})
		}
	}
	return tensorOf(boxes, len(boxes), 4)
}

func allPositive(values []float64) bool {
	for _, v := range values {
		if !positive(v) {
			return false
		}
	}
	return len(values) > 0
}

// BoxIoU returns intersection over union of each of boxes1, float32 (n, 4), with each of boxes2, (m, 4): (n, m), from 0
// for boxes that do not overlap to 1 for the same boxes. A box is left, top, right and bottom, in any unit. The IoU of
// two boxes without an area is 0, where the book's is NaN. It panics on another shape or type; without a row there is
// no tensor, so a picture without boxes needs a case of its own. Numbers that are no box are an error, as in
// [BoxCornerToCenter].
//
// Book: box_iou, section "Anchor Boxes".
func BoxIoU(boxes1, boxes2 *Tensor) (*Tensor, error) {
	var sets [2][]box
	for i, t := range []*Tensor{boxes1, boxes2} {
		name := fmt.Sprintf("boxes%d", i+1)
		all, err := boxesOf("BoxIoU", name, t, 2)
		if err != nil {
			return nil, err
		}
		for row, b := range all {
			if fault := b.fault(); fault != "" {
				return nil, badRow(name, t, row, fault)
			}
		}
		sets[i] = all
	}
	ious := make([]float32, 0, len(sets[0])*len(sets[1]))
	for _, a := range sets[0] {
		for _, b := range sets[1] {
			ious = append(ious, a.iou(b))
		}
	}
	return tensors.FromFlatDataAndDimensions(ious, len(sets[0]), len(sets[1])), nil
}

// AssignAnchorToBBox returns, for each of anchors, float32 (n, 4), the row of groundTruth, (m, 4), that it belongs to,
// or -1 for none. Each row of groundTruth gets an anchor of its own, whose IoU with it is the largest: first that of
// the largest IoU of all, then that of the largest among the other rows and anchors, and so on. Each anchor that is
// left belongs to the row with which its IoU is largest, if that is at least iouThreshold. Ties go to the first anchor,
// then to the first row. A row that overlaps no anchor that is left gets the one whose center is nearest, where the
// book takes the first. (The book's code uses a threshold of 0.5 whatever is given.)
//
// It panics on another shape or type, and on a threshold that is not from 0 to 1. Numbers that are no box with an area,
// and fewer anchors than rows, are an error.
//
// Book: assign_anchor_to_bbox, section "Anchor Boxes".
func AssignAnchorToBBox(groundTruth, anchors *Tensor, iouThreshold float64) ([]int, error) {
	requireThreshold("AssignAnchorToBBox", "an IoU threshold", iouThreshold)
	all, err := anchorsOf("AssignAnchorToBBox", anchors)
	if err != nil {
		return nil, err
	}
	truth, err := boxesOf("AssignAnchorToBBox", "groundTruth", groundTruth, 2)
	if err != nil {
		return nil, err
	}
	for i, b := range truth {
		if fault := b.faultOfAnchor(); fault != "" {
			return nil, badRow("groundTruth", groundTruth, i, fault)
		}
	}
	if len(truth) > len(all) {
		return nil, fewAnchors("groundTruth", len(truth), len(all))
	}
	return assign(truth, all, float32(iouThreshold)), nil
}

func fewAnchors(where string, objects, anchors int) error {
	const message = "%s has more objects, %d, than there are anchors, %d: each object needs an anchor of its own, so " +
		"make more anchors, with further sizes or ratios"
	return fmt.Errorf(message, where, objects, anchors)
}

func requireThreshold(function, what string, value float64) {
	if !(value >= 0 && value <= 1) {
		panic(fmt.Sprintf("d2l: %s needs %s from 0 to 1, got %v", function, what, value))
	}
}

// assign is AssignAnchorToBBox for no more rows than anchors. It keeps no table of all IoUs, which may be large.
func assign(truth, anchors []box, threshold float32) []int {
	assigned := make([]int, len(anchors))
	for i, a := range anchors {
		best := float32(-1)
		assigned[i] = -1
		for j, b := range truth {
			if iou := a.iou(b); iou > best {
				best = iou
				if iou >= threshold {
					assigned[i] = j
				}
			}
		}
	}
	type candidate struct {
		anchor int
		iou    float32
	}
	nearest, taken, done := make([]candidate, len(truth)), make([]bool, len(anchors)), make([]bool, len(truth))
	find := func(row int) { nearest[row].anchor, nearest[row].iou = nearestTo(truth[row], anchors, taken) }
	for row := range truth {
		find(row)
	}
	for range truth {
		next := -1
		for row, c := range nearest {
			if !done[row] && (next < 0 || c.iou > nearest[next].iou) {
				next = row
			}
		}
		anchor := nearest[next].anchor
		assigned[anchor], taken[anchor], done[next] = next, true, true
		for row, c := range nearest {
			if !done[row] && c.anchor == anchor {
				find(row)
			}
		}
	}
	return assigned
}

// nearestTo returns the anchor, of those not taken, whose IoU with a box is the largest, or, if none overlaps it, the
// one whose center is the nearest; of several the first.
func nearestTo(b box, anchors []box, taken []bool) (nearest int, iou float32) {
	center, distance := b.center(), math.Inf(1)
	for i, a := range anchors {
		if taken[i] {
			continue
		}
		if v := a.iou(b); v > iou {
			nearest, iou = i, v
		} else if iou == 0 {
			c := a.center()
			dx, dy := float64(c[0]-center[0]), float64(c[1]-center[1])
			if d := dx*dx + dy*dy; d < distance {
				nearest, distance = i, d
			}
		}
	}
	return nearest, iou
}
