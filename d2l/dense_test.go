package d2l

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A layer without biases, and one of more axes, have the outputs and gradients of pure Go where they are kernels, too.
func TestDenseOfMoreAxes(t *testing.T) {
	for _, dense := range []Dense{{Units: 40, LastAxis: true, NoBias: true}, {Units: 40, LastAxis: true, Activation: Tanh}, {Units: 40, NoBias: true}} {
		results := map[bool][]*tensors.Tensor{}
		for _, device := range []Device{testDevice(), {platform: xla.Go}} {
			net := NewNet(dense)
			noError(t, net.Initialize(device, inOrder()))
			p := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				y := dense.Forward(scope, inputs[0])
				if got, want := callsFunctions(y.Graph()), device.platform != xla.Go && pairsTogether(); got != want {
					t.Errorf("%+v is a kernel on %v: %v, expected %v", dense, device, got, want)
				}
				of := []*graph.Node{inputs[0]}
				for v := range scope.IterVariables() {
					of = append(of, v.NodeValue(y.Graph()))
				}
				loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
				return append(graph.Gradient(loss, of...), y)
			}}))(t)
			defer p.Finalize()
			results[device == testDevice()] = must(p.Call(waves(7, 1, 3, 5, 20)))(t)
		}
		for i, want := range results[false] {
			near(t, fmt.Sprintf("%+v, result %d", dense, i), float32s(t, results[true][i]), float32s(t, want), 1e-5)
		}
	}
}
