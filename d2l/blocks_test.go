package d2l

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// inBlocks is a net with every kind of block.
func inBlocks() Sequential {
	return Sequential{
		Sequential{Conv2D{Channels: 2, KernelHW: [2]int{3, 1}, PaddingHW: [2]int{1, 0}}, ReLU},
		Branches{Sequential{}, Sequential{Conv2D{Channels: 3, KernelSize: 1}, Tanh}},
		Residual{
			Body:     Sequential{Conv2D{Channels: 4, KernelSize: 3, Strides: 2, Padding: 1}, BatchNorm{}},
			Shortcut: WithInit(Conv2D{Channels: 4, KernelSize: 1, Strides: 2}, Normal(0.1)),
		},
		Conv2DTranspose{Channels: 2, KernelSize: 2, Strides: 2, NoBias: true},
		Flatten{}, WithInit(Dense{Units: 3, NoBias: true}, Constant(0.5)), LayerNorm{},
	}
}

// Blocks are saved with the names of their layers, loaded again, and compared part by part.
// Of sequences it is the features that are concatenated, and not the steps.
func TestBranchesOfSequences(t *testing.T) {
	X := waves(1, 1, 2, 4, 3)
	net := drawn(t, Branches{Sequential{}, RNN{HiddenSize: 5}}, 2, 4, 3)
	y := must(net.Forward(X))(t)
	if got := ShapeOf(y).String(); got != "(2, 4, 8)" {
		t.Errorf("the output has shape %s", got)
	}
	for step := range 8 {
		near(t, "features", float32s(t, y)[8*step:][:3], float32s(t, X)[3*step:][:3], 0)
	}
	steps := NewNet(Branches{Sequential{}, lastSteps{}})
	noError(t, steps.Initialize(testDevice(), Xavier))
	_, err := steps.Forward(X)
	wantError(t, err, "which cannot be concatenated: all but axis 2 must agree")
}

// lastSteps leaves out the first step.
type lastSteps struct{}

func (lastSteps) Kind() string { return "last" }

func (lastSteps) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.Slice(x, graph.AxisRange(), graph.AxisRangeToEnd(1))
}

func TestSaveBlocks(t *testing.T) {
	net, path := NewNet(inBlocks()), filepath.Join(t.TempDir(), "blocks.params")
	noError(t, net.Initialize(testDevice(), Xavier))
	X := waves(1, 1, 2, 1, 6, 6)
	want := float32s(t, must(net.Forward(X))(t))
	noError(t, net.SaveParameters(path))
	loaded := NewNet(inBlocks())
	noError(t, loaded.LoadParameters(path, testDevice()))
	for i, v := range float32s(t, must(loaded.Forward(X))(t)) {
		if v != want[i] {
			t.Fatalf("output %d is %v, expected %v", i, v, want[i])
		}
	}
	other := inBlocks()
	other[1] = Branches{Sequential{Conv2D{Channels: 3, KernelSize: 1}, Tanh}, Sequential{}}
	wantError(t, NewNet(other).LoadParameters(path, testDevice()), "sequential1/conv0",
		"expected branches0/sequential0/conv0")
	other[1] = Branches{Sequential{}, Sequential{Conv2D{Channels: 3, KernelSize: 1}, ReLU}}
	wantError(t, NewNet(other).LoadParameters(path, testDevice()), "branches0/sequential1/tanh0", "relu0")
	content := string(must(net.encodeParameters())(t))
	for _, name := range []string{
		"sequential0.conv0.weight", "branches0.sequential1.conv0.bias", "residual0.body.batchnorm0.running_mean",
		"residual0.shortcut.weight", "convtranspose0.weight", "dense0.weight", "layernorm0.weight", "layernorm0.bias",
	} {
		if !strings.Contains(content, `"`+name+`"`) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, name := range []string{"convtranspose0.bias", "dense0.bias"} {
		if strings.Contains(content, name) {
			t.Errorf("there is a %s", name)
		}
	}
}

// A window that is square has one description, however it is written, and that of earlier versions.
func TestDescribeWindows(t *testing.T) {
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{Conv2D{Channels: 2, KernelHW: [2]int{3, 3}, StridesHW: [2]int{1, 0}, PaddingHW: [2]int{1, 1}},
			"conv d2l.Conv2D{Channels:2 KernelSize:3 Padding:1 Strides:1}"},
		{Conv2D{KernelHW: [2]int{3, 1}, StridesHW: [2]int{0, 2}},
			"conv d2l.Conv2D{KernelHW:[3,1] StridesHW:[1,2]}"},
		{AvgPool2D{PoolHW: [2]int{2, 2}}, "pool d2l.AvgPool2D{PoolSize:2 Strides:2}"},
		{MaxPool2D{PoolHW: [2]int{2, 3}, PaddingHW: [2]int{0, 1}},
			"pool d2l.MaxPool2D{PaddingHW:[0,1] PoolHW:[2,3] StridesHW:[2,3]}"},
		{WithInit(Dense{Units: 2}, Normal(1)), "dense d2l.Dense{Units:2}"},
		{Sequential{Flatten{}, WithInit(Dense{Units: 2}, Normal(1))}, "dense0 d2l.Dense{Units:2}"},
		{Residual{Body: Sequential{ReLU}}, "residual d2l.Residual\nresidual/body/relu0 d2l.Activation{Function:\"relu\"}"},
	} {
		if got := described(t, c.layer); got != c.want {
			t.Errorf("got\n%s\nexpected\n%s", got, c.want)
		}
	}
}

// WithInit decides over what the net is initialized with, and lets pairs be computed together.
func TestWithInit(t *testing.T) {
	net := NewNet(Sequential{
		WithInit(Sequential{Dense{Units: 2}, WithInit(Dense{Units: 2}, Constant(3))}, Constant(2)), Dense{Units: 2},
	})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	must(net.Forward(waves(1, 1, 2, 2)))(t)
	for i, p := range net.Parameters() {
		want := []float32{2, 0, 3, 0, 1, 0}[i]
		for _, v := range float32s(t, must(p.Value())(t)) {
			if v != want {
				t.Errorf("%s has %v, expected %v", p.Path(), v, want)
			}
		}
	}
	conv := Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: Sigmoid}
	wrapped := WithInit(conv, Normal(0.1))
	if pairsTogether() {
		net := NewNet(Sequential{wrapped, AvgPool2D{PoolSize: 2}})
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(waves(1, 1, 2, 1, 8, 8)))(t)
		mean, square := 0.0, 0.0
		weights := float32s(t, must(net.Parameters()[0].Value())(t))
		for _, v := range weights {
			mean, square = mean+float64(v)/float64(len(weights)), square+float64(v*v)/float64(len(weights))
		}
		if square < 0.005 || square > 0.02 || mean < -0.05 || mean > 0.05 {
			t.Errorf("mean %v and mean square %v of %d weights of standard deviation 0.1", mean, square, len(weights))
		}
	}
}

// Pictures show the layers of a Sequential in a net, and the parts of other blocks; a type of one's own that embeds a
// block is called by its Kind.
func TestDrawBlocks(t *testing.T) {
	layers := append(inBlocks(), ownBlock{Sequential{ReLU}})
	for name, draw := range map[string]func(*Net, ...int) (*Figure, error){
		"flow": DrawDataFlow, "vertical": DrawVertical,
	} {
		figure := must(draw(NewNet(layers), 1, 6, 6))(t)
		pagetest.WantReadable(t, figure.drawing)
		all := strings.Join(texts(figure), "\n")
		for _, want := range []string{
			"3×1 Conv (2)", "concatenate\ninput\n1×1 Conv (3) → tanh", "residual\n3×3 Conv (4)", "+ 1×1 Conv (4)",
			"2×2 TransConv (2)", "Dense (3)", "LayerNorm", "mine",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: no %q in\n%s", name, want, all)
			}
		}
		if strings.Contains(all, "sequential\n") {
			t.Errorf("%s: there is a box that reads sequential in\n%s", name, all)
		}
	}
}

// ownBlock is a block with a name of its own.
type ownBlock struct{ Sequential }

func (ownBlock) Kind() string { return "mine" }
