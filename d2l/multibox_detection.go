package d2l

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// NMS is non-maximum suppression: it returns the rows of the boxes, float32 (n, 4), that are kept, by decreasing score.
// A box is dropped if its IoU with a kept one of a higher score is greater than iouThreshold; of equal scores the first
// box counts as higher. The scores are float32 (n). It panics on another shape or type, and on a threshold that is not
// from 0 to 1. Numbers that are no box, and NaN for a score, are an error that names the row.
//
// Book: nms, section "Anchor Boxes".
func NMS(boxes, scores *Tensor, iouThreshold float64) ([]int, error) {
	requireThreshold("NMS", "an IoU threshold", iouThreshold)
	all, err := boxesOf("NMS", "boxes", boxes, 2)
	if err != nil {
		return nil, err
	}
	requireMade(scores, "NMS", "NewTensor")
	if scores.Rank() != 1 || scores.Shape().Dim(0) != len(all) || scores.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: NMS takes float32 scores of shape (%d,), one for each box, got %v of %v", len(all),
			ShapeOf(scores), scores.DType()))
	}
	score, err := tensors.CopyFlatData[float32](scores)
	if err != nil {
		return nil, fmt.Errorf("reading the scores: %w", err)
	}
	for i, b := range all {
		if fault := b.fault(); fault != "" {
			return nil, badRow("boxes", boxes, i, fault)
		}
		if score[i] != score[i] {
			return nil, fmt.Errorf("the score of box %d is NaN, so that boxes have no order: look where it comes from", i)
		}
	}
	return suppress(all, score, float32(iouThreshold)), nil
}

// suppress is NMS. It computes IoUs as they are needed: a table of those of all boxes would be large.
func suppress(boxes []box, scores []float32, threshold float32) (kept []int) {
	order := make([]int, len(boxes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(scores[j], scores[i]) })
	sorted, dropped := make([]box, len(boxes)), make([]bool, len(boxes))
	for rank, i := range order {
		sorted[rank] = boxes[i]
	}
	for rank, best := range sorted {
		if dropped[rank] {
			continue
		}
		kept = append(kept, order[rank])
		for i := rank + 1; i < len(sorted); i++ {
			if !dropped[i] && best.iou(sorted[i]) > threshold {
				dropped[i] = true
			}
		}
	}
	return kept
}

// MultiboxDetection returns the objects that a detector finds: float32 (batch, n, 6), for each picture and anchor a row
// of a class, a confidence, and a box, left, top, right, bottom. Class 0 is the first after the background, and class
// -1 marks a row that is no object. First come the boxes that [NMS] keeps among those of all classes, by decreasing
// confidence, then the ones that it drops, of class -1, in the order of the anchors. The confidence is the largest
// probability of a class other than the background, and the box that of [OffsetInverse]. Where the confidence is below
// posThreshold, the class is -1, and 1 minus the confidence is in its place. The book's default thresholds are 0.5 and
// 0.01.
//
// It takes probabilities clsProbs, float32 (batch, classes, n), of which class 0 is the background, predicted offsets
// (batch, n, 4) or, as in the book, (batch, 4n), and anchors (n, 4). It panics on another shape or type, and on a
// threshold that is not from 0 to 1. A number in clsProbs that is no probability, such as a net's output before
// softmax, is an error that names picture and anchor; other errors are those of OffsetInverse.
//
// Book: multibox_detection, section "Anchor Boxes".
func MultiboxDetection(clsProbs, offsetPreds, anchors *Tensor, nmsThreshold, posThreshold float64) (*Tensor, error) {
	requireThreshold("MultiboxDetection", "a threshold for NMS", nmsThreshold)
	requireThreshold("MultiboxDetection", "a threshold for a confidence", posThreshold)
	all, err := anchorsOf("MultiboxDetection", anchors)
	if err != nil {
		return nil, err
	}
	requireMade(clsProbs, "MultiboxDetection", "NewTensor")
	requireMade(offsetPreds, "MultiboxDetection", "NewTensor")
	n, probs, preds := len(all), ShapeOf(clsProbs), ShapeOf(offsetPreds)
	fits := len(probs) == 3 && probs[1] >= 2 && probs[2] == n &&
		(slices.Equal(preds, Shape{probs[0], n, 4}) || slices.Equal(preds, Shape{probs[0], 4 * n}))
	if !fits || clsProbs.DType() != dtypes.Float32 || offsetPreds.DType() != dtypes.Float32 {
		const message = "d2l: MultiboxDetection takes float32 clsProbs of shape (batch, classes, %d), with the background " +
			"and one class or more, and offsetPreds (batch, %d, 4), for %d anchors, got %v of %v and %v of %v"
		panic(fmt.Sprintf(message, n, n, n, probs, clsProbs.DType(), preds, offsetPreds.DType()))
	}
	batch := probs[0]
	offsetPreds = Reshape(offsetPreds, batch, n, 4)
	offsets, err := boxesOf("MultiboxDetection", "offsetPreds", offsetPreds)
	if err != nil {
		return nil, err
	}
	boxes, err := boxesAt(all, offsets, offsetPreds)
	if err != nil {
		return nil, err
	}
	confidences, classes, err := mostProbable(clsProbs)
	if err != nil {
		return nil, err
	}
	rows := make([][6]float32, batch*n)
	inParallel(batch, func(picture int) {
		from, to := picture*n, (picture+1)*n
		suppression, positive := float32(nmsThreshold), float32(posThreshold)
		detect(rows[from:to], boxes[from:to], confidences[from:to], classes[from:to], suppression, positive)
	})
	flat := make([]float32, 0, 6*len(rows))
	for _, row := range rows {
		flat = append(flat, row[:]...)
	}
	return tensors.FromFlatDataAndDimensions(flat, batch, n, 6), nil
}

// mostProbable returns the largest probability, of clsProbs (batch, classes, n) without the background, and its class.
func mostProbable(clsProbs *Tensor) (confidences []float32, classes []int, err error) {
	probs, err := tensors.CopyFlatData[float32](clsProbs)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the probabilities: %w", err)
	}
	shape := ShapeOf(clsProbs)
	n := shape[2]
	confidences, classes = make([]float32, shape[0]*n), make([]int, shape[0]*n)
	for i, p := range probs {
		const rounding = 1e-3
		picture, class, anchor := i/(shape[1]*n), i/n%shape[1], i%n
		if !(p >= -rounding && p <= 1+rounding) {
			const message = "clsProbs has %v for class %d of anchor %d of picture %d, which is no probability: apply softmax " +
				"over the classes to the net's output, and look for NaN"
			return nil, nil, fmt.Errorf(message, p, class, anchor, picture)
		}
		if at := picture*n + anchor; class == 1 || class > 1 && p > confidences[at] {
			confidences[at], classes[at] = p, class-1
		}
	}
	return confidences, classes, nil
}

// detect writes the rows of a picture.
func detect(rows [][6]float32, boxes []box, confidences []float32, classes []int, nmsThreshold, posThreshold float32) {
	next, isKept := 0, make([]bool, len(boxes))
	write := func(i int, class float32) {
		confidence := confidences[i]
		if confidence < posThreshold {
			class, confidence = -1, 1-confidence
		}
		b := boxes[i]
		rows[next] = [6]float32{class, confidence, b[0], b[1], b[2], b[3]}
		next++
	}
	for _, i := range suppress(boxes, confidences, nmsThreshold) {
		isKept[i] = true
		write(i, float32(classes[i]))
	}
	for i, kept := range isKept {
		if !kept {
			write(i, -1)
		}
	}
}

// inParallel calls f for 0 to n-1, on all cores.
func inParallel(n int, f func(int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}
