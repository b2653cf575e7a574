package netfig

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"gonum.org/v1/plot/vg"
)

// A layer returns the stage for its output of a shape.
type layer func(in []int) Stage

func windowed(kind, notation string, channels, size, stride, padding int, look Look) layer {
	return func(in []int) Stage {
		out := slices.Clone(in)
		for axis := 1; axis < 3; axis++ {
			out[axis] = (in[axis]+2*padding-size)/stride + 1
		}
		if channels > 0 {
			out[0] = channels
		}
		return Stage{Name: kind, Shape: out, Notation: notation, Look: look}
	}
}

func square(n int) [2]int { return [2]int{n, n} }

func conv(channels, size, stride, padding int) layer {
	notation := fmt.Sprintf("%d×%[1]d Conv (%d)", size, channels)
	if padding > 0 {
		notation += fmt.Sprintf(", pad %d", padding)
	}
	if stride > 1 {
		notation += fmt.Sprintf(", stride %d", stride)
	}
	return windowed("conv", notation, channels, size, stride, padding, Conv(square(size), square(stride), square(padding)))
}

func pool(size, stride, padding int) layer {
	notation := fmt.Sprintf("%d×%[1]d AvgPool, stride %d", size, stride)
	return windowed("pool", notation, 0, size, stride, padding, Pool(square(size), square(stride), square(padding)))
}

func dense(units int) layer {
	return func([]int) Stage {
		return Stage{Name: "dense", Shape: []int{units}, Notation: fmt.Sprintf("Dense (%d)", units), Look: Dense}
	}
}

func flatten(in []int) Stage {
	size := 1
	for _, n := range in {
		size *= n
	}
	return Stage{Name: "flatten", Shape: []int{size}, Notation: "Flatten", Look: Flatten}
}

func globalPool(in []int) Stage {
	return Stage{Name: "pool", Shape: []int{in[0], 1, 1}, Notation: "Global AvgPool", Look: GlobalPool}
}

func box(notation string) layer {
	return func(in []int) Stage { return Stage{Name: "box", Shape: in, Notation: notation, Look: Box} }
}

// net returns the stages of layers.
func net(input []int, layers ...layer) []Stage {
	stages := []Stage{Input(input)}
	count := map[string]int{}
	for _, l := range layers {
		s := l(stages[len(stages)-1].Shape)
		kind := s.Name
		s.Name = fmt.Sprint(kind, count[kind])
		count[kind]++
		stages = append(stages, s)
	}
	return stages
}

// nets are nets of every shape.
func nets() map[string][]Stage {
	norm, sigmoid, dropout := box("BatchNorm"), box("sigmoid"), box("Dropout (0.5)")
	return map[string][]Stage{
		"LeNet": net([]int{1, 28, 28},
			conv(6, 5, 1, 2), pool(2, 2, 0), conv(16, 5, 1, 0), pool(2, 2, 0), dense(120), dense(84), dense(10)),
		"AlexNet": net([]int{1, 224, 224},
			conv(96, 11, 4, 0), pool(3, 2, 0), conv(256, 5, 1, 2), pool(3, 2, 0),
			conv(384, 3, 1, 1), conv(384, 3, 1, 1), conv(256, 3, 1, 1), pool(3, 2, 0),
			dense(4096), dropout, dense(4096), dropout, dense(10)),
		"batch normalization": net([]int{1, 28, 28},
			conv(6, 5, 1, 0), norm, sigmoid, pool(2, 2, 0), conv(16, 5, 1, 0), norm, sigmoid, pool(2, 2, 0),
			dense(120), norm, sigmoid, dense(84), norm, sigmoid, dense(10)),
		"ResNet": net([]int{1, 96, 96},
			conv(64, 7, 2, 3), norm, box("relu"), pool(3, 2, 1), box("residual"), box("residual"), globalPool, dense(10)),
		"wide images": net([]int{3, 12, 300},
			conv(6, 5, 1, 0), dropout, pool(2, 2, 0), conv(1, 3, 1, 0), pool(3, 1, 1), dropout, flatten, dropout, dense(3)),
		"one pixel":      net([]int{1, 1, 1}, conv(64, 1, 1, 1), pool(3, 3, 0), conv(10, 1, 1, 0), flatten),
		"perceptron":     net([]int{784}, dense(256), dense(10)),
		"one layer":      net([]int{3, 28, 28}, dropout),
		"no layer":       net([]int{1, 28, 28}),
		"long names":     net([]int{7}, box("layer normalization"), flatten, dense(1)),
		"a sequence":     net([]int{40, 16}, dropout, flatten, dense(1)),
		"a recording":    net([]int{5, 3, 40, 16}, dropout, flatten, dense(1)),
		"long notations": net([]int{1, 8, 8}, box("residual, 64 channels, stride 2, pad 1"), dense(1)),
		"window without maps": net([]int{4}, func([]int) Stage {
			return Stage{Name: "conv", Shape: []int{4}, Notation: "5×5 Conv (4)", Look: Conv(square(5), square(1), square(0))}
		}),
	}
}

func TestGolden(t *testing.T) {
	d2ltest.Golden(t, "data_flow.svg", d2ltest.Must(DataFlow(nets()["LeNet"]).SVG())(t))
	d2ltest.Golden(t, "vertical.svg", d2ltest.Must(Vertical(nets()["LeNet"]).SVG())(t))
}

func TestDataFlowTexts(t *testing.T) {
	got := strings.Join(pagetest.Texts(DataFlow(nets()["LeNet"])), "|")
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

func TestVerticalTexts(t *testing.T) {
	drawing := Vertical(nets()["LeNet"])
	got := strings.Join(pagetest.Texts(drawing), "|")
	want := "Image (28×28)|5×5 Conv (6), pad 2|2×2 AvgPool, stride 2|5×5 Conv (16)|2×2 AvgPool, stride 2|" +
		"Dense (120)|Dense (84)|Dense (10)"
	if got != want {
		t.Errorf("texts\n%s\nexpected\n%s", got, want)
	}
	lines := pagetest.Lines(drawing)
	for i := range lines[1:] {
		if lines[i].At.Min.Y >= lines[i+1].At.Min.Y {
			t.Errorf("%q is not below %q", lines[i].Text, lines[i+1].Text)
		}
	}
	if pixels := drawing.Width / vg.Inch * page.DPI; pixels < 220 || pixels > 260 {
		t.Errorf("the figure is %.0f pixels wide", float64(pixels))
	}
}

func TestLayout(t *testing.T) {
	for name, stages := range nets() {
		t.Run(name, func(t *testing.T) {
			pagetest.WantReadable(t, Vertical(stages))
			flow := DataFlow(stages)
			pagetest.WantReadable(t, flow)
			if pixels := flow.Width / vg.Inch * page.DPI; pixels > 720 {
				t.Errorf("the figure is %.0f pixels wide, more than the page's 720", float64(pixels))
			}
			svg := d2ltest.Must(flow.SVG())(t)
			if strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "Inf") {
				t.Error("a length is not a number")
			}
			for i, r := range deal(blocks(stages)) {
				for k := 1; k < len(r.blocks); k++ {
					if a, b := r.blocks[k-1], r.blocks[k]; b.left()-a.front.Max.X < minGap-1e-9 {
						t.Errorf("row %d: %s ends at %v, %s begins at %v", i, a.Name, a.front.Max.X, b.Name, b.left())
					}
				}
			}
		})
	}
}

// A long net goes on in a second row with the stage that the first one ends with.
func TestRows(t *testing.T) {
	stages := nets()["AlexNet"]
	rows := deal(blocks(stages))
	if len(rows) < 2 {
		t.Fatalf("%d rows", len(rows))
	}
	names := []string{}
	for i, r := range rows {
		for j, b := range r.blocks {
			if i > 0 && j == 0 {
				if b.Name != names[len(names)-1] {
					t.Errorf("row %d begins with %s after %s", i, b.Name, names[len(names)-1])
				}
				continue
			}
			names = append(names, b.Name)
		}
	}
	if len(names) != len(stages) {
		t.Errorf("stages %v", names)
	}
}

func wantNear(t *testing.T, got, want vg.Length) {
	t.Helper()
	if d := got - want; d > 1e-9 || d < -1e-9 {
		t.Errorf("length %v, expected %v", got, want)
	}
}

// Sizes are in proportion where that keeps all of them visible.
func TestScale(t *testing.T) {
	proportional := scale([]int{20, 10, 5}, 10, 60)
	wantNear(t, proportional(20), 60)
	wantNear(t, proportional(5), 15)
	bent := scale([]int{224, 56, 7}, 10, 60)
	wantNear(t, bent(224), 60)
	wantNear(t, bent(7), 10)
	if mid := bent(56); mid <= 10 || mid >= 60 {
		t.Errorf("the middle size is drawn %v long", mid)
	}
	wantNear(t, scale([]int{3, 3}, 10, 60)(3), 60)
}

// The windows drawn are those the layers use: of a 5 × 5 kernel with padding 2, the point at row r and
// column c comes from rows r−2 to r+2.
func TestWindow(t *testing.T) {
	cell := maxMap / 28
	got := blocks([]Stage{{Shape: []int{1, 28, 28}}})[0].cells(3, 10, square(5))
	wantNear(t, got.Min.X, 10*cell)
	wantNear(t, got.Min.Y, maxMap/2-8*cell)
	wantNear(t, got.Max.X, 15*cell)
	wantNear(t, got.Max.Y, maxMap/2-3*cell)
	for _, c := range []struct{ first, size, begin, end int }{
		{-2, 5, 0, 3}, {25, 5, 25, 28}, {-1, 1, 0, 1}, {28, 1, 27, 28},
	} {
		begin, end := span(c.first, c.size, 28, 280)
		if begin != vg.Length(10*c.begin) || end != vg.Length(10*c.end) {
			t.Errorf("%d cells from %d on: drawn from %v to %v, expected cells %d to %d",
				c.size, c.first, begin, end, c.begin, c.end)
		}
	}
	if begin, end := span(100, 1, 1000, 60); end-begin != minWindow {
		t.Errorf("a small window is drawn %v wide", end-begin)
	}
}
