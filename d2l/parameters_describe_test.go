package d2l

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// byPointer is a layer by its pointer alone.
type byPointer struct{ Flatten }

func (*byPointer) Kind() string { return "byPointer" }

// described returns a line for each layer that describe returns.
func described(t *testing.T, layer Layer) string {
	t.Helper()
	var lines []string
	for _, l := range must(describe(layer))(t) {
		lines = append(lines, l.String())
	}
	return strings.Join(lines, "\n")
}

// Layers that give the same outputs have the same description, however they are written.
func TestDescribe(t *testing.T) {
	want := `conv0 d2l.Conv2D{Channels:2 KernelSize:3 Strides:1}
pool0 d2l.MaxPool2D{PoolSize:2 Strides:2}
dense0 d2l.Dense{Units:4}`
	relu := ReLU
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{Sequential{Conv2D{Channels: 2, KernelSize: 3}, MaxPool2D{PoolSize: 2}, Dense{Units: 4}}, want},
		{Sequential{Conv2D{Channels: 2, KernelSize: 3, Strides: 1}, MaxPool2D{PoolSize: 2, Strides: 2}, Flatten{},
			Dropout{Rate: 0.5}, Dense{Units: 4}}, want},
		// A pointer to a layer is a layer as well.
		{&Sequential{&Conv2D{Channels: 2, KernelSize: 3}, &MaxPool2D{PoolSize: 2}, &Flatten{}, &Dropout{Rate: 0.5},
			&Dense{Units: 4}}, want},
		{&Conv2D{Padding: 2}, "conv d2l.Conv2D{Padding:2 Strides:1}"},
		{&AvgPool2D{PoolSize: 2}, "pool d2l.AvgPool2D{PoolSize:2 Strides:2}"},
		{&Dense{Activation: Tanh}, `dense d2l.Dense{Activation:"tanh"}`},
		{&BatchNorm{}, "batchnorm d2l.BatchNorm"},
		{&relu, `relu d2l.Activation{Function:"relu"}`},
		// Those that embed another are layers of their own.
		{Sequential{&byPointer{}, &byPointer{}, &residual{}},
			"byPointer0 d2l.byPointer\nbyPointer1 d2l.byPointer\nresidual0 d2l.residual"},
		{Sequential{clipped{Dense{Units: 2}, 3}}, "dense0 d2l.clipped{Units:2}"},
		{Sequential{Sequential{Dense{Units: 1, Activation: Tanh}}, GlobalAvgPool2D{}, residual{}},
			"sequential0/dense0 d2l.Dense{Activation:\"tanh\" Units:1}\npool0 d2l.GlobalAvgPool2D\nresidual0 d2l.residual"},
		{Sequential{set{struct{ A, B int }{1, 0}}}, "set0 d2l.set{A:1}"},
	} {
		if got := described(t, c.layer); got != c.want {
			t.Errorf("%T: got\n%s\nexpected\n%s", c.layer, got, c.want)
		}
	}
}

// set is a layer of a user's own with any settings.
type set struct{ settings any }

func (set) Kind() string                                          { return "set" }
func (s set) Settings() any                                       { return s.settings }
func (s set) net() *Net                                           { return NewNet(Sequential{s, Dense{Units: 2}}) }
func (set) Forward(scope *model.Scope, x *graph.Node) *graph.Node { return x }

// A layer of a user's own is compared by its settings. A setting that is added later does
// not refuse files that lack it, unless the layer now has one that is not zero.
func TestSettings(t *testing.T) {
	type part struct{ Rate, Later float64 }
	type first struct {
		Size int
		Mode Activation
		Part struct{ Rate float64 }
	}
	type later struct {
		Size     int
		Mode     Activation
		Part     part
		Dilation int
		Names    []string
	}
	save := func(settings any) string {
		net, path := set{settings}.net(), filepath.Join(t.TempDir(), "net.params")
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(waves(1, 1, 2, 3)))(t)
		noError(t, net.SaveParameters(path))
		return path
	}
	path := save(first{3, Tanh, struct{ Rate float64 }{0.5}})
	load := func(settings any) error { return set{settings}.net().LoadParameters(path, testDevice()) }
	noError(t, load(later{3, Tanh, part{Rate: 0.5}, 0, nil}))
	noError(t, load(later{3, Tanh, part{Rate: 0.5}, 0, []string{}}))
	wantError(t, load(later{3, Tanh, part{Rate: 0.5}, 2, nil}),
		`layer set0 d2l.set{Mode:"tanh" Part:{"Rate":0.5} Size:3}, expected set0 d2l.set{Dilation:2 Mode:`)
	wantError(t, load(later{3, Tanh, part{0.5, 0.1}, 0, nil}), `Part:{"Rate":0.5} Size:3}, expected`,
		`Part:{"Later":0.1,"Rate":0.5}`)
	wantError(t, load(first{3, ReLU, struct{ Rate float64 }{0.5}}), `Mode:"relu"`)

	path = save(later{3, Tanh, part{Rate: 0.5}, 2, []string{"a<b"}})
	noError(t, load(later{3, Tanh, part{Rate: 0.5}, 2, []string{"a<b"}}))
	wantError(t, load(first{3, Tanh, struct{ Rate float64 }{0.5}}),
		"has the setting Dilation, which d2l.set does not have here", "update your clone")

	file := must(os.ReadFile(path))(t)
	for want, settings := range map[string]any{
		"the Settings of layer set0 are int, expected a struct":                      3,
		"the Settings of layer set0 cannot be saved: json: unsupported type: func()": struct{ F func() }{func() {}},
	} {
		net := set{settings}.net()
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(waves(1, 1, 2, 3)))(t)
		path := filepath.Join(t.TempDir(), "net.params")
		wantError(t, net.SaveParameters(path), "saving parameters to "+path, want, "fix the layer's Settings method")
		wantFiles(t, filepath.Dir(path))
		noError(t, os.WriteFile(path, file, 0o600))
		err := net.LoadParameters(path, testDevice())
		wantError(t, err, want, "fix the layer's Settings method")
		if strings.Contains(err.Error(), "save them again") {
			t.Errorf("the file is not at fault: %v", err)
		}
	}
}

// holds is a layer of the user's that holds others in its settings.
type holds struct {
	base
	Inner Layer
	Body  Sequential
	Modes []Activation
}

type base struct{ Power int }

func (holds) Kind() string { return "holds" }

func (h holds) Settings() any { return h }

func (h holds) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return h.Body.Forward(scope, h.Inner.Forward(scope, x))
}

// Layers in a layer's settings are compared by type and settings, as are lists and the
// fields of what it embeds.
func TestSettingsHoldLayers(t *testing.T) {
	whole := holds{base{2}, AvgPool2D{PoolSize: 2}, Sequential{ReLU, Dense{Units: 3}}, []Activation{Tanh}}
	want := described(t, whole)
	same := whole
	same.Inner = AvgPool2D{PoolSize: 2, Strides: 2}
	if got := described(t, same); got != want {
		t.Errorf("the same pooling is described as %s, expected %s", got, want)
	}
	for name, change := range map[string]func(h *holds){
		"another pooling":        func(h *holds) { h.Inner = MaxPool2D{PoolSize: 2} },
		"another layer in it":    func(h *holds) { h.Body = Sequential{Tanh, Dense{Units: 3}} },
		"another mode":           func(h *holds) { h.Modes = []Activation{ReLU} },
		"another embedded field": func(h *holds) { h.Power = 3 },
	} {
		other := whole
		change(&other)
		if described(t, other) == want {
			t.Errorf("%s: no difference in %s", name, want)
		}
	}
	loop := &set{}
	loop.settings = struct{ Self Layer }{loop}
	_, err := describe(loop)
	wantError(t, err, "contains itself", "fix the layer's Settings method")
}

// inTraining has a variable that only training makes.
type inTraining struct{ Flatten }

func (inTraining) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", float32(1)).NodeValue(x.Graph())
	if scope.IsTraining(x.Graph()) {
		w = graph.Mul(w, scope.VariableWithValue("only", float32(1)).NodeValue(x.Graph()))
	}
	return graph.Mul(flatten(x), w)
}

// What could not be loaded again is not written.
func TestSaveParametersThatCannotBeLoaded(t *testing.T) {
	net := NewNet(Sequential{inTraining{}, Dense{Units: 4}})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(net, SGD(0.1)))(t).Step(waves(1, 1, 5, 3), fiveLabels())
	noError(t, err)
	path := filepath.Join(t.TempDir(), "net.params")
	wantError(t, net.SaveParameters(path), "LoadParameters would refuse the file, so it is not written",
		"this net has no flatten0.only")
	wantFiles(t, filepath.Dir(path))
}
