package d2l

import (
	"math"
	"testing"
)

// The picture is looked at when it changes: matrices whose rows count from above, one range of colours for all, NaN in grey.
func TestShowHeatmaps(t *testing.T) {
	values := make([]float32, 2*3*3*5)
	for i := range values {
		values[i] = float32(i%45) / 45
	}
	values[1] = float32(math.NaN())
	values[3] = float32(math.Inf(1))
	figure := must(ShowHeatmaps(NewTensor(values, 2, 3, 3, 5),
		PlotOptions{XLabel: "keys", YLabel: "queries", Titles: []string{"head 1", "head 2", "head 3"}}))(t)
	golden(t, "heatmaps.svg", must(figure.SVG())(t))
	for _, same := range []*Tensor{Ones(1, 1, 1, 4), NewTensor([]float32{float32(math.NaN())}, 1, 1, 1, 1)} {
		must(must(ShowHeatmaps(same, PlotOptions{}))(t).PNG())(t)
	}

	X := Zeros(1, 2, 3, 3)
	wantPanic(t, func() { ShowHeatmaps(Zeros(3, 3), PlotOptions{}) }, "takes float32 X of shape (rows, columns, height, width), got (3, 3)")
	wantPanic(t, func() { ShowHeatmaps(X, PlotOptions{Titles: []string{"a", "b", "c"}}) }, "got 3 titles for 2 columns")
	wantPanic(t, func() { ShowHeatmaps(X, PlotOptions{Legend: []string{"a"}}) }, "and no other options")
	wantPanic(t, func() { ShowHeatmaps(nil, PlotOptions{}) }, "ShowHeatmaps")
	wantPanic(t, func() { ShowHeatmaps(X, PlotOptions{Figsize: [2]float64{-1, 1}}) }, "positive width and height")
}
