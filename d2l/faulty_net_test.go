package d2l

import (
	"errors"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Batches of these sizes make a faultyLayer panic.
const (
	panicsWithError  = 2
	panicsWithString = 3
	panicsAtRuntime  = 4
)

// faultyLayer hands on what it gets. Of values above 100 it makes NaN; some sizes
// of batch make it panic.
func faultyLayer() Layer {
	return layerFunc(func(x *graph.Node) *graph.Node {
		switch batch := x.Shape().Dim(0); batch {
		case panicsWithError:
			panic(errors.New("the layer is broken"))
		case panicsWithString:
			panic("the layer is broken")
		case panicsAtRuntime:
			return []*graph.Node{x}[batch]
		}
		return graph.Add(x, nanAbove(100, x))
	})
}

// nanAbove returns zeros, and NaN where x is greater than the limit.
func nanAbove(limit float64, x *graph.Node) *graph.Node {
	return graph.MulScalar(graph.Log(graph.AddScalar(graph.Neg(x), limit)), 0)
}

// withValue returns a batch of five images with one value set.
func withValue(value float64) *tensors.Tensor {
	X := waves(1, 1, 5, 1, 8, 8)
	tensors.MustMutableFlatData(X, func(values []float32) { values[2*64+3*8+4] = float32(value) })
	return X
}

// faultyNet is a small net for which all faults are faults.
func faultyNet() *Net {
	return NewNet(Sequential{faultyLayer(), faultyHidden{}, Dense{Units: 4}})
}

// faultyHidden is a dense layer whose gradient is NaN for values below -100.
type faultyHidden struct{}

func (faultyHidden) Kind() string { return "hidden" }

func (faultyHidden) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	lowest := graph.ReduceAllMin(x)
	y := Dense{Units: 6, Activation: Sigmoid}.Forward(scope, x)
	return graph.IdentityWithCustomGradient(y, func(_, v *graph.Node) *graph.Node {
		return graph.Add(v, nanAbove(100, graph.Neg(lowest)))
	})
}

// faultyStatefulNet has running statistics and draws random numbers as well.
func faultyStatefulNet() *Net {
	return NewNet(Sequential{faultyLayer(), faultyHidden{}, BatchNorm{}, Dropout{0.25}, Dense{Units: 4}})
}

// variables returns the bytes of all that a net keeps: parameters, statistics, the
// optimizer's state and that of the random generator. The learning rate is left
// out: a schedule sets it before each step.
func variables(t *testing.T, net *Net) map[string]string {
	t.Helper()
	all := map[string]string{}
	for v := range net.store.IterVariables() {
		if v.Name() == optimizer.ParamLearningRate {
			continue
		}
		noError(t, must(v.Value())(t).ConstBytes(func(bytes []byte) { all[v.Path()] = string(bytes) }))
	}
	return all
}
