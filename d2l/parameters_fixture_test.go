package d2l

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// firstVersionPath is a file that the first version of the format wrote. Users have such
// files, so it must be loaded by every later version: it is never written again, nor are
// the names, fields and settings below changed.
const firstVersionPath = "testdata/parameters-v1.safetensors"

func firstVersionNet() *Net {
	return NewNet(Sequential{
		Conv2D{Channels: 2, KernelSize: 3, Padding: 1, Activation: Sigmoid},
		AvgPool2D{PoolSize: 2},
		BatchNorm{},
		ReLU,
		MaxPool2D{PoolSize: 2, Strides: 1},
		firstVersionLayer{Shift: 2, Rates: []float64{0.5, 1}},
		Flatten{},
		Dropout{Rate: 0.25},
		Sequential{Dense{Units: 5, Activation: Tanh}, Dense{Units: 3}},
	})
}

// firstVersionLayer is a layer of a user's own, with a variable of whole numbers.
type firstVersionLayer struct {
	Shift int
	Rates []float64
	Unset float64
}

func (firstVersionLayer) Kind() string    { return "shift" }
func (l firstVersionLayer) Settings() any { return l }

func (l firstVersionLayer) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	table := scope.VariableWithShape("table", shapes.Make(dtypes.Int32, 2, 1, 3)).SetTrainable(false)
	return graph.Add(x, graph.ConvertDType(graph.ReduceAllMax(table.NodeValue(x.Graph())), x.DType()))
}

// firstVersionValues are the values in the file, by the variables' paths.
func firstVersionValues() map[string]any {
	return map[string]any{
		"/net/conv0/weights":              wave(1, 0.5, 18),
		"/net/conv0/biases":               wave(2, 0.5, 2),
		"/net/batchnorm0/scale":           wave(3, 2, 2),
		"/net/batchnorm0/offset":          wave(4, 1, 2),
		"/net/batchnorm0/mean":            wave(5, 1, 2),
		"/net/batchnorm0/variance":        []float32{0.25, 4},
		"/net/batchnorm0/avg_weight":      []float32{12, 12},
		"/net/shift0/table":               []int32{1, -2, 3, 400000, 5, 6},
		"/net/sequential0/dense0/weights": wave(6, 0.5, 18*5),
		"/net/sequential0/dense0/biases":  wave(7, 0.5, 5),
		"/net/sequential0/dense1/weights": wave(8, 0.5, 15),
		"/net/sequential0/dense1/biases":  wave(9, 0.5, 3),
	}
}

// A file of the first version is loaded, with all its values.
func TestFirstVersionIsLoaded(t *testing.T) {
	net, want := firstVersionNet(), firstVersionValues()
	noError(t, net.LoadParameters(firstVersionPath, testDevice()))
	if got := net.input.String(); got != "(Float32)[1, 8, 8]" {
		t.Errorf("an example is %s", got)
	}
	for v := range net.store.Scope(netScope).IterVariables() {
		value := must(v.Value())(t)
		same := false
		switch numbers := want[v.Path()].(type) {
		case []float32:
			same = slices.Equal(float32s(t, value), numbers)
		case []int32:
			same = slices.Equal(must(tensors.CopyFlatData[int32](value))(t), numbers)
		}
		if !same {
			t.Errorf("%s is %v, expected %v", v.Path(), value, want[v.Path()])
		}
		delete(want, v.Path())
	}
	for path := range want {
		t.Errorf("%s is missing", path)
	}
	must(net.Forward(waves(1, 1, 2, 1, 8, 8)))(t)
}
