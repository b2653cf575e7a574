package d2l

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"math"
	"regexp"
	"strconv"
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
	svg := must(figure.SVG())(t)
	golden(t, "heatmaps.svg", svg)
	// A viewer keeps the proportions of a picture: they are those of its place.
	pictures := regexp.MustCompile(`<image [^>]*width="([^"]+)" height="([^"]+)" xlink:href="data:[^,]*,([^"]+)"`).FindAllSubmatch(svg, -1)
	for _, p := range pictures {
		width, height := must(strconv.ParseFloat(string(p[1]), 64))(t), must(strconv.ParseFloat(string(p[2]), 64))(t)
		picture, err := png.DecodeConfig(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(p[3])))
		noError(t, err)
		if got, want := float64(picture.Width)/float64(picture.Height), width/height; math.Abs(got/want-1) > 0.03 {
			t.Errorf("a picture of %d × %d pixels in a place of %v × %v", picture.Width, picture.Height, width, height)
		}
	}
	if len(pictures) != 7 {
		t.Errorf("%d pictures in the SVG, expected one for each matrix and the bar", len(pictures))
	}
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
