package d2l

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// chapterNet is LeNet, as in package lenet.
func chapterNet() *Net { return NewNet(chapterLayers()) }

func chapterLayers() Sequential {
	return Sequential{
		Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: Sigmoid},
		AvgPool2D{PoolSize: 2, Strides: 2},
		Conv2D{Channels: 16, KernelSize: 5, Activation: Sigmoid},
		AvgPool2D{PoolSize: 2, Strides: 2},
		Dense{Units: 120, Activation: Sigmoid},
		Dense{Units: 84, Activation: Sigmoid},
		Dense{Units: 10},
	}
}

// Shapes agrees with what the layers really make, on a net with or without
// parameters, and leaves the net as it was.
func TestShapes(t *testing.T) {
	net, X := initialized(t)
	var want strings.Builder
	for _, output := range must(net.Outputs(X))(t) {
		shape := output.Shape()
		shape[0] = 1
		fmt.Fprintln(&want, output.Name, shape)
	}
	before := net.NumParameters()
	elsewhere := smallNet()
	elsewhere.device = otherDevice()
	for name, net := range map[string]*Net{"initialized": net, "new": smallNet(), "another device's": elsewhere} {
		var got strings.Builder
		for _, layer := range must(net.Shapes(1, 8, 8))(t) {
			fmt.Fprintln(&got, layer.Name, layer.Shape)
		}
		if got.String() != want.String() {
			t.Errorf("%s net: shapes\n%sexpected\n%s", name, &got, &want)
		}
	}
	must(net.Shapes(1, 12, 12))(t)
	if net.NumParameters() != before || net.input.String() != "(Float32)[1, 8, 8]" {
		t.Errorf("Shapes changed the net: %d parameters for %v", net.NumParameters(), net.input)
	}
}

func TestShapesOfOneLayer(t *testing.T) {
	got := must(NewNet(Dense{Units: 3}).Shapes(7))(t)
	if fmt.Sprint(got) != "[dense: (1, 3)]" {
		t.Errorf("got %v", got)
	}
}

// Without any plugin the shapes are still found.
func TestShapesWithoutPlugin(t *testing.T) {
	freshBackends(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	got := must(NewNet(append(Sequential{BatchNorm{}}, chapterLayers()...)).Shapes(1, 28, 28))(t)
	if last := got[len(got)-1]; len(got) != 8 || last.Name != "dense2" || last.Shape.String() != "(1, 10)" {
		t.Errorf("got %v", got)
	}
	if _, err := xla.CPU.Start(); err == nil {
		t.Error("there was a plugin after all")
	}
}

// notInPureGo is a layer that GoMLX in pure Go does not have.
type notInPureGo struct{}

func (notInPureGo) Kind() string { return "notinpurego" }

func (notInPureGo) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	if pureGo, err := xla.Go.Start(); err != nil || x.Graph().Backend() == pureGo {
		panic(errors.New("not in pure Go"))
	}
	return x
}

func TestShapesThatPureGoCannotTell(t *testing.T) {
	net := NewNet(Sequential{Dense{Units: 3}, notInPureGo{}})
	net.device = testDevice()
	if got := must(net.Shapes(7))(t); fmt.Sprint(got) != "[dense0: (1, 3) notinpurego0: (1, 3)]" {
		t.Errorf("got %v", got)
	}
	if stages := must(net.stages(net.example([]int{7})))(t); len(stages) != 3 {
		t.Errorf("the drawing has %d stages, expected 3", len(stages))
	}
	freshBackends(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	_, err := net.Shapes(7)
	wantError(t, err, "not in pure Go")
}

func TestShapesErrors(t *testing.T) {
	net := chapterNet()
	for range 2 { // The second time it would wait forever for the first.
		_, err := net.Shapes(28, 28)
		wantError(t, err, "(28, 28)", "d2l: Conv2D takes images of shape (batch, channel, height, width), got (1, 28, 28)")
		_, err = net.Shapes(1, 4, 4)
		wantError(t, err, "(1, 4, 4)", "(5, 5), is larger than its images, (2, 2)")
	}
	for _, input := range [][]int{nil, {1, 28, 0}, {-1, 28, 28}} {
		wantPanic(t, func() { net.Shapes(input...) }, "positive sizes", fmt.Sprint(input))
	}
}

// A layer that panics with a message leaves a program that can be used again.
func TestBuildErrorTwice(t *testing.T) {
	net, _ := initialized(t)
	for range 2 {
		_, err := net.Forward(waves(1, 1, 5, 64))
		wantError(t, err, "Conv2D takes images")
		if strings.Contains(err.Error(), "compilation failed") {
			t.Errorf("GoMLX's wrapping is still there: %v", err)
		}
	}
	noError(t, net.Initialize(testDevice(), Xavier))
}

// The type of a net's input is the one that its layers take, wherever in it that shows.
func TestShapesOfTokens(t *testing.T) {
	words := layerFunc(func(x *graph.Node) *graph.Node { // Nothing of d2l's.
		return graph.Gather(graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 5, 2)), graph.ExpandAxes(x, -1))
	})
	encoder := inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
		return Embedding{VocabSize: 5, EmbedSize: 2}.Forward(scope.In("words"), inputs[0])
	})
	for _, layer := range []Layer{words, encoder, Share(encoder), Sequential{encoder}, OneHot{VocabSize: 2}} {
		net := NewNet(Sequential{layer, Dense{Units: 4, LastAxis: true}})
		if got := fmt.Sprint(must(net.Shapes(3))(t)); !strings.HasSuffix(got, "0: (1, 3, 2) dense0: (1, 3, 4)]") {
			t.Errorf("%T: got %v", layer, got)
		}
		must(DrawVertical(net, 3))(t)
	}
	_, err := NewNet(Sequential{encoder, Conv2D{Channels: 1, KernelSize: 1}}).Shapes(3)
	wantError(t, err, "layer conv0, which gets (1, 3, 2)", "Conv2D takes images")
	_, err = NewNet(Sequential{words, Conv2D{Channels: 1, KernelSize: 1}}).Shapes(3)
	wantError(t, err, "layer func0, which gets (1, 3)", "an integer type")
	_, err = NewNet(Sequential{Dense{Units: 2}, encoder}).Shapes(3)
	wantError(t, err, "Embedding takes tokens")
	if net := NewNet(Dense{Units: 2}); net.inputType([]int{3}) != dtypes.Float32 {
		t.Error("the type is not Float32 where the layers take it")
	}
}
