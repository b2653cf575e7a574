package d2l

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// A parameter that would silently get no gradient is an error, on every backend.
func TestNoGradient(t *testing.T) {
	read := func(combine func(w, x *graph.Node) *graph.Node) Layer { return reading{combine} }
	for name, c := range map[string]struct {
		layer Layer
		want  string
		onXLA string // go-xla refuses it earlier.
	}{
		"a branch": {read(func(w, x *graph.Node) *graph.Node {
			g := x.Graph()
			scaled := graph.NewClosure(g, func(*graph.Graph) []*graph.Node { return []*graph.Node{graph.Mul(w, w)} })
			plain := graph.NewClosure(g, func(*graph.Graph) []*graph.Node { return []*graph.Node{graph.Add(w, w)} })
			return graph.Mul(x, graph.If(graph.Const(g, true), scaled, plain)[0])
		}), "reads the parameter /net/w, but no gradient reaches it", "not owned by the function"},
		"a branch, partly": {read(func(w, x *graph.Node) *graph.Node {
			g := x.Graph()
			half := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node { return []*graph.Node{graph.Mul(graph.Const(g, float32(0.5)), w)} })
			return graph.Mul(graph.Mul(x, w), graph.If(graph.Const(g, true), half, half)[0])
		}), "reads what is computed from /net/w outside of it", "operands are not part of the function"},
		"stopped on the way": {Sequential{Dense{Units: 4}, read(func(w, x *graph.Node) *graph.Node {
			return graph.StopGradient(graph.Mul(x, w))
		})}, "no gradient reaches any of the net's parameters", ""},
		"not at all": {read(func(w, x *graph.Node) *graph.Node { return x }), "reads the parameter /net/w, but no gradient reaches it", ""},
	} {
		for _, device := range []Device{testDevice(), {platform: xla.Go}} {
			t.Run(fmt.Sprint(name, " on ", device), func(t *testing.T) {
				net := NewNet(c.layer)
				noError(t, net.Initialize(device, Xavier))
				_, _, err := must(NewTrainer(net, SGD(0.1)))(t).Step(waves(1, 1, 5, 4), fiveLabels())
				if c.onXLA != "" && device.platform != xla.Go {
					wantError(t, err, c.onXLA)
				} else {
					wantError(t, err, c.want)
				}
			})
		}
	}
	frozen := NewNet(Sequential{
		Dense{Units: 4}, read(func(w, x *graph.Node) *graph.Node { return graph.Add(x, graph.StopGradient(w)) }),
	})
	noError(t, frozen.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(frozen, SGD(0.1)))(t).Step(waves(1, 1, 5, 4), fiveLabels())
	noError(t, err)
}

// reading combines a parameter of one number with x.
type reading struct {
	combine func(w, x *graph.Node) *graph.Node
}

func (reading) Kind() string { return "reading" }

func (r reading) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", float32(2))
	return r.combine(w.NodeValue(x.Graph()), x)
}
