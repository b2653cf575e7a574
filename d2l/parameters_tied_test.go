package d2l

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/nlpodyssey/safetensors"
)

// tiedNet is the net of testdata/tied_fixture.py.
func tiedNet() *Net {
	dense := Dense{Units: 3}
	twice := Share(dense)
	return NewNet(Sequential{dense, Tanh, twice, Tanh, Tanh, dense, Tanh, Tanh, Tanh, Tanh, twice})
}

// PyTorch's save_model writes parameters of several places once, under the name that sorts first as a text: those of
// layer 2 as layer 10's, after those of layer 5.
func TestLoadTiedParameters(t *testing.T) {
	unseeded(t)
	var want struct {
		Torch  string
		Output []float32
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/tied.json"))(t), &want))
	X := waves(1, 1, 2, 3)
	net := tiedNet()
	noError(t, net.LoadParameters("testdata/tied.safetensors", testDevice(), 3))
	near(t, "output", float32s(t, must(net.Forward(X))(t)), want.Output, 1e-6)

	net = tiedNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	places := strings.NewReplacer("0.", "dense0.", "2.", "dense1.", "5.", "dense2.")
	report := must(net.LoadMatchingParameters("testdata/tied.safetensors", func(name string) string {
		if strings.HasPrefix(name, "10.") {
			return "dense3." + name[3:]
		}
		return places.Replace(name)
	}, 3))(t)
	if len(report.Missing)+len(report.Unexpected) > 0 {
		t.Errorf("the report is %v", report)
	}
	near(t, "output", float32s(t, must(net.Forward(X))(t)), want.Output, 1e-6)
}

// Of several names a net has whichever it has; metadata of another meaning are no names.
func TestLoadTiedParametersByName(t *testing.T) {
	unseeded(t)
	file := func(metadata map[string]string) string {
		state := map[string]weights.Tensor{"module.again.weight": f32([]int{1, 1}, 2), "module.again.bias": f32([]int{1}, 3)}
		path := filepath.Join(t.TempDir(), "net.safetensors")
		put(t, path, must(safetensors.Serialize(state, metadata))(t))
		return path
	}
	tied := map[string]string{
		"format": "pt", "module.dense0.weight": "module.again.weight", "module.dense0.bias": "module.again.bias",
		"module.zero.bias": "module.again.bias",
	}
	net := NewNet(Sequential{Dense{Units: 1}})
	noError(t, net.LoadParameters(file(tied), testDevice(), 1))
	if got := float32s(t, must(net.Forward(NewTensor([][]float32{{10}})))(t)); !slices.Equal(got, []float32{23}) {
		t.Errorf("the output is %v", got)
	}
	for _, metadata := range []map[string]string{
		{"module.dense0.weight": "module.other.weight"}, {"module.again.weight": "module.again.bias"}, nil,
	} {
		wantError(t, net.LoadParameters(file(metadata), testDevice(), 1), "they have no dense0.weight, which this net needs")
	}
}

// Where a layer has a weight of another and a bias of its own, the error says so: here layers are shared whole.
func TestLoadPartlyTiedParameters(t *testing.T) {
	unseeded(t)
	state := map[string]weights.Tensor{
		"0.weight": f32([]int{1, 1}, 2), "0.bias": f32([]int{1}, 3), "1.bias": f32([]int{1}, 5),
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, must(safetensors.Serialize(state, map[string]string{"1.weight": "0.weight"}))(t))
	net := NewNet(Sequential{Dense{Units: 1}, Dense{Units: 1}})
	wantError(t, net.LoadParameters(path, testDevice(), 1), "they have no dense1.weight, which this net needs")
	wantError(t, net.LoadParameters(path, testDevice(), 1), "in PyTorch 0.weight and 1.weight are one parameter")
}

// Of several names the one counts that says most: the end of another may be a name of the net's, too.
func TestLoadTiedParametersOfSimilarNames(t *testing.T) {
	unseeded(t)
	for _, prefix := range []string{"", "module."} {
		state := map[string]weights.Tensor{
			prefix + "aux.dense0.weight": f32([]int{1, 1}, 2), prefix + "aux.dense0.bias": f32([]int{1}, 3),
			prefix + "dense0.weight": f32([]int{1, 1}, 5), prefix + "dense0.bias": f32([]int{1}, 7),
		}
		metadata := map[string]string{
			prefix + "sequential0.dense0.weight": prefix + "aux.dense0.weight",
			prefix + "sequential0.dense0.bias":   prefix + "aux.dense0.bias",
		}
		path := filepath.Join(t.TempDir(), "net.safetensors")
		put(t, path, must(safetensors.Serialize(state, metadata))(t))
		net := NewNet(Sequential{Sequential{Dense{Units: 1}}, Dense{Units: 1}})
		noError(t, net.LoadParameters(path, testDevice(), 1))
		if got := float32s(t, must(net.Forward(NewTensor([][]float32{{10}})))(t)); !slices.Equal(got, []float32{23*5 + 7}) {
			t.Errorf("the output is %v", got)
		}
	}
}
