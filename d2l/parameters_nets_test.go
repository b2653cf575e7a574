package d2l

import (
	"encoding/binary"
	"fmt"
	"maps"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// twice is a layer with layers of its own.
type twice struct{ Layer }

func (l twice) Kind() string { return "twice" }

func (l twice) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Add(l.Layer.Forward(scope.In("first"), x), l.Layer.Forward(scope.In("second"), x))
}

// scaledBy is a layer with a variable of any shape and type.
type scaledBy struct {
	name  string
	shape shapes.Shape
}

func (scaledBy) Kind() string { return "scaled" }

func (l scaledBy) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	v := scope.VariableWithShape(l.name, l.shape).NodeValue(x.Graph())
	return graph.Mul(x, graph.ReduceAllSum(graph.ConvertDType(v, x.DType())))
}

// stateNet has layers of all kinds that have variables, and layers in layers.
func stateNet() *Net {
	return NewNet(Sequential{
		Conv2D{Channels: 2, KernelSize: 3, Padding: 1},
		BatchNorm{},
		twice{Conv2D{Channels: 3, KernelSize: 1}},
		Sequential{Dense{Units: 5}, BatchNorm{}},
		scaledBy{"alpha", shapes.Make(dtypes.Float32, 4)},
		Dense{Units: 4},
	})
}

// stated returns such a net after some steps, and a batch.
func stated(t *testing.T) (*Net, *tensors.Tensor) {
	t.Helper()
	net, X := stateNet(), waves(1, 1, 5, 1, 4, 3)
	noError(t, net.Initialize(testDevice(), fixtureParameters))
	trainer := must(NewTrainer(net, SGD(0.01)))(t)
	for range 3 {
		_, _, err := trainer.Step(X, fiveLabels())
		noError(t, err)
	}
	return net, X
}

// fileOf returns a file of these tensors with the description of a net, which may be
// empty as in a file from PyTorch.
func fileOf(t testing.TB, state map[string]weights.Tensor, description string) []byte {
	t.Helper()
	content, err := weights.Serialize(state, description, "")
	noError(t, err)
	return content
}

func f32(shape []int, values ...float32) weights.Tensor {
	data, _ := binary.Append(nil, binary.LittleEndian, values)
	return weights.Tensor{Type: safetensors.F32, Sizes: shape, Values: data}
}

// normState is what PyTorch has of BatchNorm and a Dense layer.
func normState() map[string]weights.Tensor {
	count := binary.LittleEndian.AppendUint64(nil, 7)
	return map[string]weights.Tensor{
		"batchnorm0.weight": f32([]int{2}, 1, 2), "batchnorm0.bias": f32([]int{2}, 3, 4),
		"batchnorm0.running_mean": f32([]int{2}, 5, 6), "batchnorm0.running_var": f32([]int{2}, 7, 8),
		"batchnorm0.num_batches_tracked": {Type: safetensors.I64, Values: count},
		"dense0.weight":                  f32([]int{3, 2}, 1, 2, 3, 4, 5, 6), "dense0.bias": f32([]int{3}, 7, 8, 9),
	}
}

func normNet() *Net { return NewNet(Sequential{BatchNorm{}, Dense{Units: 3}}) }

// normText is the description of normNet.
const normText = `{"version":1,"input":{"dtype":"float32","shape":[2]},"layers":[` +
	`{"name":"batchnorm0","type":"d2l.BatchNorm"},{"name":"dense0","type":"d2l.Dense","settings":{"Units":3}}]}`

// state returns all that a net keeps.
func state(t *testing.T, net *Net) map[string][]float32 {
	t.Helper()
	all := values(t, net)
	maps.Copy(all, statistics(t, net))
	return all
}

// equalBits compares numbers bit by bit; some may be NaN.
func equalBits(a, b []float32) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
