package d2l

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// Anchors, IoUs, offsets, targets and detections are those that PyTorch computes from the definitions.
func TestBoxesAgainstPyTorch(t *testing.T) {
	var want struct {
		Priors                                                   [][]float32
		Anchors, Centers, IoUs, Offsets, Labels, Probs, Detected []float32
		TargetOffsets                                            []float32 `json:"target_offsets"`
		TargetMask                                               []float32 `json:"target_mask"`
		TargetClasses                                            []float32 `json:"target_classes"`
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/boxes.json"))(t), &want))
	pytorch := d2ltest.AgainstPyTorch(t, "anchor boxes")
	for i, got := range []*Tensor{
		MultiboxPrior(3, 5, []float64{0.4}, []float64{1}), MultiboxPrior(4, 2, []float64{0.3, 0.5}, []float64{2, 1, 0.5}),
		MultiboxPrior(1, 1, []float64{0.8, 0.9, 1.05}, []float64{1, 3}),
	} {
		pytorch.Near(t, "anchors", float32s(t, got), want.Priors[i])
	}
	n := len(want.Anchors) / 4
	large := float32s(t, MultiboxPrior(2, 3, []float64{0.7}, []float64{1, 2}))
	all := append(float32s(t, MultiboxPrior(4, 4, []float64{0.35, 0.45}, []float64{1, 2, 0.5})), large...)
	pytorch.Near(t, "anchors", all, want.Anchors)

	anchors, moved := NewTensor(want.Anchors, n, 4), wave(7, 0.03, 4*n)
	for i := range moved {
		moved[i] += want.Anchors[i]
	}
	centers := must(BoxCornerToCenter(anchors))(t)
	pytorch.Near(t, "corners and centers", float32s(t, centers), want.Centers)
	pytorch.Near(t, "corners and centers", float32s(t, must(BoxCenterToCorner(centers))(t)), want.Anchors)
	ious := must(BoxIoU(NewTensor(want.Anchors[:80], 20, 4), NewTensor(moved[40:160], 30, 4)))(t)
	pytorch.Near(t, "IoU", float32s(t, ious), want.IoUs)
	offsets := must(OffsetBoxes(anchors, NewTensor(moved, n, 4)))(t)
	pytorch.Near(t, "offsets", float32s(t, offsets), want.Offsets)
	pytorch.Near(t, "offsets", float32s(t, must(OffsetInverse(anchors, offsets))(t)), moved)

	offset, mask, classes, err := MultiboxTarget(Reshape(anchors, 1, n, 4), NewTensor(want.Labels, 3, 3, 5))
	noError(t, err)
	pytorch.Near(t, "targets: offsets", float32s(t, offset), want.TargetOffsets)
	pytorch.Near(t, "targets: masks and classes", float32s(t, mask), want.TargetMask)
	var got []float32
	for _, class := range Values[int32](classes) {
		got = append(got, float32(class))
	}
	pytorch.Near(t, "targets: masks and classes", got, want.TargetClasses)

	probs, preds := NewTensor(want.Probs, 2, 3, n), waves(6, 2, 2, n, 4)
	for _, preds := range []*Tensor{preds, Reshape(preds, 2, 4*n)} {
		pytorch.Near(t, "detections", float32s(t, must(MultiboxDetection(probs, preds, anchors, 0.5, 0.2))(t)), want.Detected)
	}
}
