package d2l

import (
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// oddLayer is a layer that is not the book's own, of any kind.
type oddLayer string

func (l oddLayer) Kind() string { return string(l) }

func (oddLayer) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return x }

// A writing is one line of text in a figure.
type writing struct {
	text string
	at   vg.Rectangle
}

// writings returns the lines of text of a figure and where they are on its page.
func writings(t *testing.T, figure *Figure) (all []writing) {
	t.Helper()
	var recorded recorder.Canvas
	noError(t, figure.draw(draw.NewCanvas(&recorded, figure.width, figure.height)))
	origin, saved := vg.Point{}, []vg.Point{}
	for _, action := range recorded.Actions {
		switch a := action.(type) {
		case *recorder.Push:
			saved = append(saved, origin)
		case *recorder.Pop:
			origin, saved = saved[len(saved)-1], saved[:len(saved)-1]
		case *recorder.Translate:
			origin = origin.Add(a.Point)
		case *recorder.FillString:
			low := origin.Add(a.Point)
			all = append(all, writing{a.String, vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: netText.Width(a.String), Y: capHeight})}})
		}
	}
	return all
}

// texts returns the lines of text of a figure in the order they were written.
func texts(t *testing.T, figure *Figure) (lines []string) {
	t.Helper()
	for _, w := range writings(t, figure) {
		lines = append(lines, w.text)
	}
	return lines
}

// wantReadable checks that all text is on the page and none upon another.
func wantReadable(t *testing.T, figure *Figure) {
	t.Helper()
	const edge = 4 - 1e-6 // Lengths are rounded.
	all := writings(t, figure)
	for i, a := range all {
		if a.at.Min.X < edge || a.at.Min.Y < edge || a.at.Max.X > figure.width-edge || a.at.Max.Y > figure.height-edge {
			t.Errorf("%q is at %v, too near the edge of a page of %v × %v", a.text, a.at, figure.width, figure.height)
		}
		for _, b := range all[:i] {
			const space = 2
			if a.at.Min.X < b.at.Max.X+space && b.at.Min.X < a.at.Max.X+space && a.at.Min.Y < b.at.Max.Y+space && b.at.Min.Y < a.at.Max.Y+space {
				t.Errorf("%q at %v and %q at %v run into each other", b.text, b.at, a.text, a.at)
			}
		}
	}
}

// someNets are nets of every shape, with the inputs they are for.
func someNets() map[string]struct {
	net   *Net
	input []int
} {
	conv := func(channels, size, strides, padding int) Layer {
		return Conv2D{Channels: channels, KernelSize: size, Strides: strides, Padding: padding}
	}
	return map[string]struct {
		net   *Net
		input []int
	}{
		"LeNet": {chapterNet(), []int{1, 28, 28}},
		"AlexNet": {NewNet(Sequential{
			conv(96, 11, 4, 0), MaxPool2D{PoolSize: 3, Strides: 2}, conv(256, 5, 1, 2), MaxPool2D{PoolSize: 3, Strides: 2},
			conv(384, 3, 1, 1), conv(384, 3, 1, 1), conv(256, 3, 1, 1), MaxPool2D{PoolSize: 3, Strides: 2},
			Dense{Units: 4096}, Dropout{0.5}, Dense{Units: 4096}, Dropout{0.5}, Dense{Units: 10},
		}), []int{1, 224, 224}},
		"batch normalization": {NewNet(Sequential{
			conv(6, 5, 1, 0), BatchNorm{}, Sigmoid, MaxPool2D{PoolSize: 2}, conv(16, 5, 1, 0), BatchNorm{}, Sigmoid, MaxPool2D{PoolSize: 2},
			Dense{Units: 120}, BatchNorm{}, Sigmoid, Dense{Units: 84}, BatchNorm{}, Sigmoid, Dense{Units: 10},
		}), []int{1, 28, 28}},
		"ResNet": {NewNet(Sequential{
			conv(64, 7, 2, 3), BatchNorm{}, ReLU, MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
			oddLayer("residual"), oddLayer("residual"), GlobalAvgPool2D{}, Dense{Units: 10},
		}), []int{1, 96, 96}},
		"wide images": {NewNet(Sequential{
			conv(6, 5, 1, 0), oddLayer("dropout"), AvgPool2D{PoolSize: 2}, conv(1, 3, 1, 0), AvgPool2D{PoolSize: 3, Strides: 1, Padding: 1},
			oddLayer("dropout"), Flatten{}, oddLayer("dropout"), Dense{Units: 3},
		}), []int{3, 12, 300}},
		"one pixel":   {NewNet(Sequential{conv(64, 1, 1, 1), AvgPool2D{PoolSize: 3}, conv(10, 1, 1, 0), Flatten{}}), []int{1, 1, 1}},
		"perceptron":  {NewNet(Sequential{Dense{Units: 256}, Dense{Units: 10}}), []int{784}},
		"one layer":   {NewNet(oddLayer("dropout")), []int{3, 28, 28}},
		"no layer":    {NewNet(Sequential{}), []int{1, 28, 28}},
		"long names":  {NewNet(Sequential{oddLayer("layer normalization"), Flatten{}, Dense{Units: 1}}), []int{7}},
		"a sequence":  {NewNet(Sequential{oddLayer("dropout"), Flatten{}, Dense{Units: 1}}), []int{40, 16}},
		"a recording": {NewNet(Sequential{oddLayer("dropout"), Flatten{}, Dense{Units: 1}}), []int{5, 3, 40, 16}},
	}
}

// A change of the net changes the picture where it should.
func wantChanged(t *testing.T, draw func(*Net, ...int) (*Figure, error), change func(Sequential), gone, new []string) {
	t.Helper()
	layers := chapterLayers()
	change(layers)
	before := texts(t, must(draw(chapterNet(), 1, 28, 28))(t))
	after := texts(t, must(draw(NewNet(layers), 1, 28, 28))(t))
	for _, text := range gone {
		if !slices.Contains(before, text) || count(after, text) >= count(before, text) {
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
