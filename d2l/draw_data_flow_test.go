package d2l

import (
	"fmt"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestDrawDataFlowGolden(t *testing.T) {
	golden(t, "data_flow.svg", must(must(DrawDataFlow(chapterNet(), 1, 28, 28))(t).SVG())(t))
}

func TestDrawDataFlowTexts(t *testing.T) {
	got := strings.Join(texts(t, must(DrawDataFlow(chapterNet(), 1, 28, 28))(t)), "|")
	want := "image|28×28|" +
		"conv0|6@28×28|5×5 Conv (6),|pad 2|" +
		"pool0|6@14×14|2×2 AvgPool,|stride 2|" +
		"conv1|16@10×10|5×5 Conv (16)|" +
		"pool1|16@5×5|2×2 AvgPool,|stride 2|" +
		"dense0|120|Dense (120)|dense1|84|Dense (84)|dense2|10|Dense (10)"
	if got != want {
		t.Errorf("texts\n%s\nexpected\n%s", got, want)
	}
}

func TestDrawDataFlowFollowsTheNet(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(Sequential)
		gone, new []string
	}{
		"kernel":     {func(s Sequential) { s[2] = Conv2D{Channels: 16, KernelSize: 3} }, []string{"5×5 Conv (16)", "16@10×10", "16@5×5"}, []string{"3×3 Conv (16)", "16@12×12", "16@6×6"}},
		"channels":   {func(s Sequential) { s[0] = Conv2D{Channels: 8, KernelSize: 5, Padding: 2} }, []string{"5×5 Conv (6),", "6@28×28"}, []string{"5×5 Conv (8),", "8@28×28", "8@14×14"}},
		"no padding": {func(s Sequential) { s[0] = Conv2D{Channels: 6, KernelSize: 5} }, []string{"pad 2", "6@28×28"}, []string{"5×5 Conv (6)", "6@24×24"}},
		"strides":    {func(s Sequential) { s[0] = Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Strides: 2} }, []string{"6@28×28"}, []string{"pad 2,", "stride 2", "6@7×7"}},
		"pooling":    {func(s Sequential) { s[1] = MaxPool2D{PoolSize: 2} }, []string{"2×2 AvgPool,"}, []string{"2×2 MaxPool,"}},
		"dense":      {func(s Sequential) { s[4] = Dense{Units: 60} }, []string{"Dense (120)", "120"}, []string{"Dense (60)", "60"}},
		"flatten":    {func(s Sequential) { s[4] = Flatten{} }, []string{"dense2"}, []string{"Flatten", "flatten0", "400"}},
		"norm":       {func(s Sequential) { s[3] = BatchNorm{} }, []string{"pool1"}, []string{"BatchNorm", "batchnorm0", "16@10×10"}},
		"dropout":    {func(s Sequential) { s[3] = Dropout{0.5} }, []string{"pool1"}, []string{"Dropout (0.5)", "dropout0", "16@10×10"}},
		"relu":       {func(s Sequential) { s[3] = ReLU }, []string{"pool1"}, []string{"relu", "relu0", "16@10×10"}},
		"global":     {func(s Sequential) { s[3] = GlobalAvgPool2D{} }, []string{"16@5×5"}, []string{"Global AvgPool", "16@1×1"}},
		"custom":     {func(s Sequential) { s[3] = oddLayer("residual") }, []string{"pool1"}, []string{"residual", "residual0", "16@10×10"}},
	} {
		t.Run(name, func(t *testing.T) { wantChanged(t, DrawDataFlow, c.change, c.gone, c.new) })
	}
}

func TestDrawDataFlowLayout(t *testing.T) {
	for name, c := range someNets() {
		t.Run(name, func(t *testing.T) {
			figure := must(DrawDataFlow(c.net, c.input...))(t)
			wantReadable(t, figure)
			if pixels := figure.width / vg.Inch * screenDPI; pixels > 720 {
				t.Errorf("the figure is %.0f pixels wide, more than the page's 720", float64(pixels))
			}
			must(figure.SVG())(t)
			for i, row := range flowRows(flowBlocks(must(c.net.stages(c.input))(t))) {
				wantApart(t, fmt.Sprintf("row %d", i), row)
			}
		})
	}
}

// wantApart checks that no drawing in a row touches the next.
func wantApart(t *testing.T, name string, row flowRow) {
	t.Helper()
	for i := 1; i < len(row.blocks); i++ {
		a, b := row.blocks[i-1], row.blocks[i]
		if left := b.front.Min.X - b.depth(); left-a.front.Max.X < dataFlow.gap-1e-9 {
			t.Errorf("%s: %s ends at %v, %s begins at %v", name, a.name, a.front.Max.X, b.name, left)
		}
	}
}

// A long net goes on in a second row with the stage the first one ends with.
func TestDrawDataFlowRows(t *testing.T) {
	stages := must(someNets()["AlexNet"].net.stages([]int{1, 224, 224}))(t)
	rows := flowRows(flowBlocks(stages))
	if len(rows) < 2 {
		t.Fatalf("%d rows", len(rows))
	}
	names := []string{}
	for i, row := range rows {
		for j, b := range row.blocks {
			if i > 0 && j == 0 {
				if b.name != names[len(names)-1] {
					t.Errorf("row %d begins with %s after %s", i, b.name, names[len(names)-1])
				}
				continue
			}
			names = append(names, b.name)
		}
	}
	if len(names) != len(stages) {
		t.Errorf("stages %v", names)
	}
}

// Sizes are in proportion where that keeps all of them visible.
func TestFlowScale(t *testing.T) {
	near := func(got, want vg.Length) {
		t.Helper()
		if d := got - want; d > 1e-9 || d < -1e-9 {
			t.Errorf("length %v, expected %v", got, want)
		}
	}
	proportional := flowScale([]int{20, 10, 5}, 10, 60)
	near(proportional(20), 60)
	near(proportional(5), 15)
	bent := flowScale([]int{224, 56, 7}, 10, 60)
	near(bent(224), 60)
	near(bent(7), 10)
	if mid := bent(56); mid <= 10 || mid >= 60 {
		t.Errorf("the middle size is drawn %v long", mid)
	}
	near(flowScale([]int{3, 3}, 10, 60)(3), 60)
}

// The windows drawn are those the layers use: of a 5 × 5 kernel with padding 2,
// the point at row r and column c comes from rows r−2 to r+2.
func TestFlowWindow(t *testing.T) {
	b := flowBlocks([]stage{{shape: Shape{1, 28, 28}}})[0]
	cell := dataFlow.greatestMap / 28
	got := b.cells(3, 10, 5)
	want := vg.Rectangle{
		Min: vg.Point{X: 10 * cell, Y: dataFlow.greatestMap/2 - 8*cell},
		Max: vg.Point{X: 15 * cell, Y: dataFlow.greatestMap/2 - 3*cell},
	}
	for _, d := range []vg.Length{got.Min.X - want.Min.X, got.Min.Y - want.Min.Y, got.Max.X - want.Max.X, got.Max.Y - want.Max.Y} {
		if d > 1e-9 || d < -1e-9 {
			t.Fatalf("window %v, expected %v", got, want)
		}
	}
	for _, c := range []struct{ first, size, begin, end int }{{-2, 5, 0, 3}, {25, 5, 25, 28}, {-1, 1, 0, 1}, {28, 1, 27, 28}} {
		begin, end := span(c.first, c.size, 28, 280)
		if begin != vg.Length(10*c.begin) || end != vg.Length(10*c.end) {
			t.Errorf("%d cells from %d on: drawn from %v to %v, expected cells %d to %d", c.size, c.first, begin, end, c.begin, c.end)
		}
	}
	if begin, end := span(100, 1, 1000, 60); end-begin != dataFlow.leastWindow {
		t.Errorf("a small window is drawn %v wide", end-begin)
	}
}

func TestDrawDataFlowErrors(t *testing.T) {
	_, err := DrawDataFlow(chapterNet(), 28, 28)
	wantError(t, err, "(28, 28)", "Conv2D takes images")
	wantPanic(t, func() { DrawDataFlow(chapterNet()) }, "positive sizes")
}
