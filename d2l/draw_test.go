package d2l

import (
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// An oddLayer is a layer of a user's, of any kind.
type oddLayer string

func (l oddLayer) Kind() string { return string(l) }

func (oddLayer) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return x }

// A notedLayer is one with a notation.
type notedLayer struct{ oddLayer }

func (l notedLayer) Notation() string { return "Residual (64), stride 2" }

func texts(figure *Figure) []string { return pagetest.Texts(figure.drawing) }

// A change of the net changes both pictures where it should, and nowhere else.
func TestDrawFollowsTheNet(t *testing.T) {
	conv := func(channels, size, strides, padding int) Layer {
		return Conv2D{Channels: channels, KernelSize: size, Strides: strides, Padding: padding}
	}
	before := map[bool][]string{
		false: texts(must(DrawDataFlow(chapterNet(), 1, 28, 28))(t)),
		true:  texts(must(DrawVertical(chapterNet(), 1, 28, 28))(t)),
	}
	for name, c := range map[string]struct {
		place     int
		layer     Layer
		gone, new string // Texts of the data flow, with | in between.
		notation  string // In the vertical picture.
	}{
		"kernel": {
			2, conv(16, 3, 1, 0), "5×5 Conv (16)|16@10×10|16@5×5", "3×3 Conv (16)|16@12×12|16@6×6", "3×3 Conv (16)",
		},
		"channels": {
			0, conv(8, 5, 1, 2), "5×5 Conv (6),|6@28×28|6@14×14", "5×5 Conv (8),|8@28×28|8@14×14",
			"5×5 Conv (8), pad 2",
		},
		"no padding": {0, conv(6, 5, 1, 0), "5×5 Conv (6),|pad 2|6@28×28", "5×5 Conv (6)|6@24×24", "5×5 Conv (6)"},
		"strides":    {0, conv(6, 5, 2, 2), "pad 2|6@28×28", "pad 2,|stride 2|6@7×7", "5×5 Conv (6), pad 2, stride 2"},
		"pooling":    {1, MaxPool2D{PoolSize: 2}, "2×2 AvgPool,", "2×2 MaxPool,", "2×2 MaxPool, stride 2"},
		"padded": {
			1, MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1}, "2×2 AvgPool,", "3×3 MaxPool,|pad 1,",
			"3×3 MaxPool, pad 1, stride 2",
		},
		"stride": {
			1, AvgPool2D{PoolSize: 4}, "2×2 AvgPool,|6@14×14", "4×4 AvgPool,|stride 4|6@7×7", "4×4 AvgPool, stride 4",
		},
		"dense":          {4, Dense{Units: 60}, "Dense (120)|120", "Dense (60)|60", "Dense (60)"},
		"flatten":        {4, Flatten{}, "dense2|Dense (120)|120", "Flatten|flatten0|400", "Flatten"},
		"norm":           {3, BatchNorm{}, "pool1", "BatchNorm|batchnorm0|16@10×10", "BatchNorm"},
		"dropout":        {3, Dropout{0.5}, "pool1", "Dropout (0.5)|dropout0|16@10×10", "Dropout (0.5)"},
		"relu":           {3, ReLU, "pool1", "relu|relu0|16@10×10", "relu"},
		"global":         {3, GlobalAvgPool2D{}, "16@5×5", "Global AvgPool|16@1×1", "Global AvgPool"},
		"global maximum": {3, GlobalMaxPool2D{}, "16@5×5", "Global MaxPool|16@1×1", "Global MaxPool"},
		"pointer":        {4, &Dense{Units: 60}, "Dense (120)|120", "Dense (60)|60", "Dense (60)"},
		"custom":         {3, oddLayer("residual"), "pool1", "residual|residual0|16@10×10", "residual"},
		"notation": {
			3, notedLayer{"residual"}, "pool1", "Residual (64),|residual0|16@10×10", "Residual (64), stride 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			layers := chapterLayers()
			old := layers[c.place].(interface{ Notation() string }).Notation()
			layers[c.place] = c.layer
			flow := texts(must(DrawDataFlow(NewNet(layers), 1, 28, 28))(t))
			wantChanged(t, before[false], flow, strings.Split(c.gone, "|"), strings.Split(c.new, "|"))
			vertical := texts(must(DrawVertical(NewNet(layers), 1, 28, 28))(t))
			wantChanged(t, before[true], vertical, []string{old}, []string{c.notation})
			if len(vertical) != len(before[true]) {
				t.Errorf("texts %q instead of %q", vertical, before[true])
			}
		})
	}
}

// wantChanged checks that texts have gone and that others have come.
func wantChanged(t *testing.T, before, after, gone, new []string) {
	t.Helper()
	for _, text := range gone {
		if count(before, text) == 0 || count(after, text) >= count(before, text) {
			t.Errorf("%q should have gone; before %q, after %q", text, before, after)
		}
	}
	for _, text := range new {
		if count(after, text) <= count(before, text) {
			t.Errorf("%q should have come; before %q, after %q", text, before, after)
		}
	}
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// The pictures know of the layers what they compute with; a layer of a user's is a box.
func TestStages(t *testing.T) {
	net := NewNet(Sequential{
		Conv2D{Channels: 4, KernelSize: 3, Padding: 1}, AvgPool2D{PoolSize: 2},
		MaxPool2D{PoolSize: 3, Strides: 1, Padding: 1}, BatchNorm{}, GlobalAvgPool2D{}, notedLayer{"residual"}, Flatten{}, Dense{Units: 3}, Tanh,
	})
	stages := must(net.stages(net.example([]int{1, 8, 8})))(t)
	square := func(n int) [2]int { return [2]int{n, n} }
	want := []netfig.Look{
		netfig.Input([]int{1, 8, 8}).Look, netfig.Conv(square(3), square(1), square(1)),
		netfig.Pool(square(2), square(2), square(0)), netfig.Pool(square(3), square(1), square(1)),
		netfig.Box, netfig.GlobalPool, netfig.Box, netfig.Flatten, netfig.Dense, netfig.Box,
	}
	if len(stages) != len(want) {
		t.Fatalf("%d stages, expected %d", len(stages), len(want))
	}
	for i, s := range stages {
		if s.Look != want[i] {
			t.Errorf("%s is drawn as %+v, expected %+v", s.Name, s.Look, want[i])
		}
	}
}

// A net that is no Sequential is one layer, and text is readable whatever the layers call themselves.
func TestDrawOneLayer(t *testing.T) {
	for name, draw := range map[string]func(*Net, ...int) (*Figure, error){
		"flow": DrawDataFlow, "vertical": DrawVertical,
	} {
		figure := must(draw(NewNet(notedLayer{"residual"}), 3, 28, 28))(t)
		pagetest.WantReadable(t, figure.drawing)
		if !strings.Contains(strings.Join(texts(figure), " "), "Residual (64), stride 2") {
			t.Errorf("%s: texts %q", name, texts(figure))
		}
		_, err := draw(chapterNet(), 28, 28)
		wantError(t, err, "(28, 28)", "Conv2D takes images")
		wantPanic(t, func() { draw(chapterNet()) }, "positive sizes")
	}
}
