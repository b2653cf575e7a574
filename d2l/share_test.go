package d2l

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A shared weight gets the gradients of all its places: of y = w·w·x with w = 2, x = 1 and the loss y²/2 it is
// y·2w = 16, and one step at 0.1 makes w 0.4. On two devices each has half of two such examples.
func TestShareSumsGradients(t *testing.T) {
	severalDevices(t)
	for _, devices := range [][]Device{{testDevice()}, nth(0, 1)} {
		w := WithInit(Share(Dense{Units: 1, NoBias: true}), Constant(2))
		net := NewNet(Sequential{w, Sequential{w}})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1), devices...))(t).WithLoss(L2Loss{})
		_, _, err := trainer.Step(tensors.FromValue([][]float32{{1}, {1}}), tensors.FromValue([][]float32{{0}, {0}}))
		noError(t, err)
		if len(net.Parameters()) != 1 {
			t.Fatalf("%d parameters, want one", len(net.Parameters()))
		}
		got := must(net.Parameters()[0].Value())(t).Value().([][]float32)
		near(t, fmt.Sprint("w on ", devices), got[0], []float32{0.4}, 1e-6)
	}
}

// Shared layers of each kind of parameters, and blocks of them: with the same figures after a file, and on one scope
// of a layer of one's own.
func TestShareInFiles(t *testing.T) {
	for name, layer := range map[string]Layer{
		"dense":      Dense{Units: 3},
		"layernorm":  LayerNorm{},
		"state dict": renamed{scaledBy{"alpha", shapes.Make(dtypes.Float32, 4)}, map[string]string{"alpha": "matrix"}},
		"batchnorm":  BatchNorm{},
		"block":      Sequential{Dense{Units: 3}, Residual{Body: Dense{Units: 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			shared := Share(layer)
			newNet := func() *Net { return NewNet(Sequential{shared, again{shared}, Branches{shared, Dense{Units: 2}}}) }
			net, X := newNet(), tensors.FromValue([][]float32{{1, -2, 3}, {4, 5, 6}})
			noError(t, net.Initialize(testDevice(), Xavier))
			want := must(net.Forward(X))(t).Value()
			file := filepath.Join(t.TempDir(), "shared.params")
			noError(t, net.SaveParameters(file))
			loaded := newNet()
			noError(t, loaded.LoadParameters(file, testDevice()))
			if got := must(loaded.Forward(X))(t).Value(); !reflect.DeepEqual(got, want) {
				t.Errorf("%v after loading, %v before", got, want)
			}
			unshared := NewNet(Sequential{layer, layer})
			wantError(t, unshared.LoadParameters(file, testDevice()), "another net's")
			if _, err := DrawVertical(net, 3); err != nil {
				t.Error(err)
			}
		})
	}
}

// again applies its layer again, on one scope.
type again struct{ Layer Layer }

func (again) Kind() string { return "again" }

func (l again) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return l.Layer.Forward(scope, l.Layer.Forward(scope, x))
}

// What would share by accident, and what does not where PyTorch would, is refused.
func TestShareByAccident(t *testing.T) {
	pointer := &Dense{Units: 3}
	relu := &Kinds{}
	shared := Share(Dense{Units: 3})
	for name, c := range map[string]struct {
		layer Layer
		want  string // Empty if the net is right.
	}{
		"dense":      {again{Dense{Units: 3}}, "two layers have the same scope, again0, and would share their weights"},
		"layernorm":  {again{LayerNorm{}}, "would share their weight"},
		"batchnorm":  {again{BatchNorm{}}, "would share their scale"},
		"pointer":    {Sequential{pointer, pointer}, "sequential0/dense0 and sequential0/dense1 are one *d2l.Dense"},
		"activation": {Sequential{relu, relu}, ""},
		"empty":      {Sequential{&LayerNorm{}, &LayerNorm{}}, ""},
		"gomlx":      {scopes{}, ""},
		"width": {Sequential{shared, Dense{Units: 2}, shared},
			"layer dense2, which gets (2, 2): with the parameters of sequential0/dense0, which it shares"},
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(Sequential{c.layer})
			noError(t, net.Initialize(testDevice(), Xavier))
			_, err := net.Forward(tensors.FromValue([][]float32{{1, -2, 3}, {4, 5, 6}}))
			if c.want == "" {
				noError(t, err)
			} else {
				wantError(t, err, c.want)
			}
		})
	}
	wantPanic(t, func() { Share(nil) }, "Share got nil")
}

// Kinds has no parameters, and a size.
type Kinds struct{ slope int }

func (*Kinds) Kind() string                                      { return "kinds" }
func (*Kinds) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return x }

// scopes shares in GoMLX's own way.
type scopes struct{}

func (scopes) Kind() string { return "scopes" }

func (scopes) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	d := Dense{Units: 3}
	x = d.Forward(scope.In("one"), x)
	return d.Forward(scope.Shared("one"), x)
}
