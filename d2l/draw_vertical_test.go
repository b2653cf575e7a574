package d2l

import (
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestDrawVerticalGolden(t *testing.T) {
	golden(t, "vertical.svg", must(must(DrawVertical(chapterNet(), 1, 28, 28))(t).SVG())(t))
}

func TestDrawVerticalTexts(t *testing.T) {
	figure := must(DrawVertical(chapterNet(), 1, 28, 28))(t)
	got := strings.Join(texts(t, figure), "|")
	want := "Image (28×28)|5×5 Conv (6), pad 2|2×2 AvgPool, stride 2|5×5 Conv (16)|2×2 AvgPool, stride 2|Dense (120)|Dense (84)|Dense (10)"
	if got != want {
		t.Errorf("texts\n%s\nexpected\n%s", got, want)
	}
	all := writings(t, figure)
	for i := range all[1:] {
		if all[i].at.Min.Y >= all[i+1].at.Min.Y {
			t.Errorf("%q is not below %q", all[i].text, all[i+1].text)
		}
	}
	if pixels := figure.width / vg.Inch * screenDPI; pixels < 220 || pixels > 260 {
		t.Errorf("the figure is %.0f pixels wide", float64(pixels))
	}
}

func TestDrawVerticalFollowsTheNet(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(Sequential)
		gone, new []string
	}{
		"kernel":  {func(s Sequential) { s[2] = Conv2D{Channels: 20, KernelSize: 3, Padding: 1, Strides: 2} }, []string{"5×5 Conv (16)"}, []string{"3×3 Conv (20), pad 1, stride 2"}},
		"pooling": {func(s Sequential) { s[1] = MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1} }, []string{"2×2 AvgPool, stride 2"}, []string{"3×3 MaxPool, pad 1, stride 2"}},
		"stride":  {func(s Sequential) { s[1] = AvgPool2D{PoolSize: 4} }, []string{"2×2 AvgPool, stride 2"}, []string{"4×4 AvgPool, stride 4"}},
		"dense":   {func(s Sequential) { s[6] = Dense{Units: 7} }, []string{"Dense (10)"}, []string{"Dense (7)"}},
		"norm":    {func(s Sequential) { s[5] = BatchNorm{} }, []string{"Dense (84)"}, []string{"BatchNorm"}},
		"dropout": {func(s Sequential) { s[5] = Dropout{0.5} }, []string{"Dense (84)"}, []string{"Dropout (0.5)"}},
		"relu":    {func(s Sequential) { s[5] = ReLU }, []string{"Dense (84)"}, []string{"relu"}},
		"global":  {func(s Sequential) { s[3] = GlobalAvgPool2D{} }, []string{"2×2 AvgPool, stride 2"}, []string{"Global AvgPool"}},
		"custom":  {func(s Sequential) { s[5] = oddLayer("residual") }, []string{"Dense (84)"}, []string{"residual"}},
	} {
		t.Run(name, func(t *testing.T) { wantChanged(t, DrawVertical, c.change, c.gone, c.new) })
	}
}

func TestDrawVerticalLayout(t *testing.T) {
	for name, c := range someNets() {
		t.Run(name, func(t *testing.T) { wantReadable(t, must(DrawVertical(c.net, c.input...))(t)) })
	}
}

func TestDrawVerticalErrors(t *testing.T) {
	_, err := DrawVertical(chapterNet(), 28, 28)
	wantError(t, err, "(28, 28)", "Conv2D takes images")
	wantPanic(t, func() { DrawVertical(chapterNet()) }, "positive sizes")
}
