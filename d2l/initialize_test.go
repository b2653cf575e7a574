package d2l

import (
	"errors"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestASeedDrawsTheSameParametersOnEveryDevice(t *testing.T) {
	net := NewNet(Sequential{Conv2D{Channels: 2, KernelSize: 3}, Dense{Units: 4}})
	X := tensors.FromShape(shapes.Make(dtypes.Float32, 1, 1, 5, 5))
	var want []float32
	for _, device := range []Device{CPU(0), CPU(1), {platform: platformGo}} {
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
			t.Errorf("%v drew %v, expected those of cpu(0), %v", device, got, want)
		}
	}
}

// What GoMLX in pure Go cannot draw, the device's backend draws.
func TestInitializerThatPureGoCannotRun(t *testing.T) {
	tried := 0
	initializer := func(model.StoreProvider) model.VariableInitializer {
		return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
			if tried++; g.Backend().Name() == "go" {
				panic(errors.New("not in pure Go"))
			}
			return graph.Ones(g, shape)
		}
	}
	net := NewNet(Dense{Units: 2})
	noError(t, net.Initialize(CPU(0), initializer))
	y := must(net.Forward(tensors.FromValue([][]float32{{1, 2}})))(t)
	if got := tensors.MustCopyFlatData[float32](y); tried < 2 || !slices.Equal(got, []float32{4, 4}) {
		t.Errorf("after %d tries the net gives %v", tried, got)
	}
}
