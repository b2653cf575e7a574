package d2l

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

func TestASeedDrawsTheSameParametersOnEveryDevice(t *testing.T) {
	unseeded(t)
	net := NewNet(Sequential{Conv2D{Channels: 2, KernelSize: 3}, Dense{Units: 4}})
	X := tensors.FromShape(shapes.Make(dtypes.Float32, 1, 1, 5, 5))
	var want []float32
	for _, device := range []Device{testDevice(), otherDevice(), {platform: xla.Go}} {
		Seed(3)
		noError(t, net.Initialize(device, Xavier))
		must(net.Forward(X))(t)
		var got []float32
		for _, p := range net.Parameters() {
			got = append(got, tensors.MustCopyFlatData[float32](p.MustValue())...)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v drew %v, expected those of %v, %v", device, got, testDevice(), want)
		}
	}
}

// The same seed gives the same parameters whatever the net does first.
func TestASeedDrawsTheSameParametersWhateverComesFirst(t *testing.T) {
	unseeded(t)
	X, y := waves(1, 1, 6, 1, 8, 8), tensors.FromValue([]int32{0, 1, 2, 3, 0, 1})
	for _, devices := range append(oneOrTwo(), Devices{otherDevice()}) {
		// The parameters after one step that a call came before.
		after := func(call func(*Net) error) map[string][]float32 {
			Seed(3)
			net := smallNet()
			noError(t, net.Initialize(devices[0], Xavier))
			noError(t, call(net))
			trainer := must(NewTrainer(net, SGD(0.1), devices...))(t)
			_, _, err := trainer.Step(X, y)
			noError(t, err)
			return values(t, net)
		}
		want := after(func(net *Net) error {
			_, err := net.Forward(X)
			return err
		})
		for name, call := range map[string]func(*Net) error{
			"Outputs": func(net *Net) error {
				_, err := net.Outputs(X)
				return err
			},
			"Trainer.Step": func(*Net) error { return nil },
		} {
			if got := after(call); !reflect.DeepEqual(got, want) {
				t.Errorf("on %v, with %s first, a step leads to other parameters than with Forward first: %v and %v", devices, name, got, want)
			}
		}
	}
}

// What GoMLX in pure Go cannot draw, the device's backend draws.
func TestInitializerThatPureGoCannotRun(t *testing.T) {
	tried, pureGo := 0, must(xla.Go.Start())(t)
	initializer := func(model.StoreProvider) model.VariableInitializer {
		return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
			if tried++; g.Backend() == pureGo {
				panic(errors.New("not in pure Go"))
			}
			return graph.Ones(g, shape)
		}
	}
	net := NewNet(Dense{Units: 2})
	noError(t, net.Initialize(testDevice(), initializer))
	y := must(net.Forward(tensors.FromValue([][]float32{{1, 2}})))(t)
	if got := tensors.MustCopyFlatData[float32](y); tried < 3 || !slices.Equal(got, []float32{4, 4}) {
		t.Errorf("after %d tries the net gives %v", tried, got)
	}
}

// scaling multiplies by a parameter of one axis.
type scaling struct {
	name string
	init model.VariableInitializer
}

func (scaling) Kind() string { return "scaling" }

func (s scaling) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if s.init != nil {
		scope = scope.WithInitializer(s.init)
	}
	w := scope.VariableWithShape(s.name, shapes.Make(x.DType(), x.Shape().Dim(-1))).NodeValue(x.Graph())
	return graph.Mul(x, graph.ExpandLeftToRank(w, x.Rank()))
}

// What begins with 0 by mistake may never learn.
func TestAParameterOfOneAxisThatIsNoBias(t *testing.T) {
	for _, c := range []struct {
		layer scaling
		said  bool
	}{{scaling{name: "w"}, true}, {scaling{name: "bias"}, false}, {scaling{"w_one", initializer.One}, false}} {
		net := NewNet(Sequential{Dense{Units: 2}, BatchNorm{}, LayerNorm{}, c.layer})
		noError(t, net.Initialize(testDevice(), Normal(1)))
		said := captured(t, &os.Stderr, func() { must(net.Forward(waves(1, 1, 3, 4)))(t) })
		if c.said {
			wantParts(t, said, "the parameter scaling0/w begins with 0", "scope.WithInitializer")
		} else if said != "" {
			t.Errorf("%s: %s", c.layer.name, said)
		}
	}
}
