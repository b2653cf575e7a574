package d2l

import (
	"reflect"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// greedy needs more memory than there is for batches of two: two numbers of a large array are set, at places that are not
// known before, so that the compiler cannot do without the array.
type greedy struct{ Dense }

func (l greedy) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	y := l.Dense.Forward(scope, x)
	if x.Shape().Dim(0) != 2 {
		return y
	}
	g, rows := x.Graph(), 3_000_000 // 9 TB, more than a machine has.
	if onGPU() {
		rows = 400_000 // 1.2 TB: a kernel has no more than 2³¹ blocks.
	}
	places := graph.ConvertDType(graph.Slice(graph.Reshape(x, 2, -1), graph.AxisRange(), graph.AxisRange(0, 2)), dtypes.Int32)
	places = graph.Add(places, graph.Const(g, [][]int32{{0, 0}, {7, 0}}))
	much := xla.Zeros(g, shapes.Make(dtypes.Float32, rows, 750_000))
	much = graph.ScatterUpdate(much, places, graph.Const(g, []float32{1, 1}), false, true)
	one := graph.Slice(much, graph.AxisElem(0), graph.AxisElem(0))
	return graph.Add(y, graph.StopGradient(graph.Reshape(one)))
}

// A device that fails at the first batch of a shape leaves the net as it was, with
// an optimizer that has state, on one device and on two.
func TestDeviceFails(t *testing.T) {
	for _, devices := range oneOrTwo() {
		t.Run(devices.String(), func(t *testing.T) {
			net := NewNet(Sequential{BatchNorm{}, greedy{Dense{Units: 4}}})
			noError(t, net.Initialize(testDevice(), Xavier))
			trainer := must(NewTrainer(net, Adam(0.01), devices...))(t)
			X, y := waves(1, 1, 5, 3), fiveLabels()
			two, labels := waves(1, 1, 2, 3), tensors.FromValue([]int32{0, 1})
			_, _, err := trainer.Step(two, labels)
			wantError(t, err, "the device failed: ", "the net is as it was before the step: if memory is short, try smaller batches")
			first, _, err := trainer.Step(X, y)
			noError(t, err)
			before := variables(t, net)
			_, _, err = trainer.Step(two, labels)
			wantError(t, err, "training on a batch of shape (2, 3)", "the device failed: ")
			if !reflect.DeepEqual(variables(t, net), before) {
				t.Error("the failed step changed the net")
			}
			second, _, err := trainer.Step(X, y)
			noError(t, err)
			if second >= first {
				t.Errorf("the loss goes from %v to %v", first, second)
			}
		})
	}
}

// A device that fails later takes the parameters along; the net says so.
func TestDeviceFailsLater(t *testing.T) {
	net := NewNet(Sequential{greedy{Dense{Units: 4}}})
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	two, labels := waves(1, 1, 2, 3), tensors.FromValue([]int32{0, 1})
	trainer.ran[programShape{trainer.step, ShapeOf(two).String()}] = true
	_, _, err := trainer.Step(two, labels)
	wantError(t, err, "the net's parameters are lost with it", "load them with LoadParameters or initialize the net")
	_, err = net.Forward(waves(1, 1, 5, 3))
	wantError(t, err, errNoParameters.Error())
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, 5, 3)))(t)
}
