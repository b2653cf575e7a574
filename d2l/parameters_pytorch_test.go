package d2l

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// What is saved has PyTorch's names, shapes and types, in a user's own blocks too, and
// comes back bit for bit.
func TestParametersAsInPyTorch(t *testing.T) {
	net, X := stated(t)
	path := saved(t, net)
	content := must(os.ReadFile(path))(t)
	file := must(safetensors.Deserialize(content))(t)
	var got []string
	for _, tensor := range file.Tensors() {
		got = append(got, fmt.Sprint(tensor.Name, " ", tensor.TensorView.DType(), " ", tensor.TensorView.Shape()))
	}
	slices.Sort(got)
	want := `batchnorm0.bias F32 [2]
batchnorm0.num_batches_tracked I64 []
batchnorm0.running_mean F32 [2]
batchnorm0.running_var F32 [2]
batchnorm0.weight F32 [2]
conv0.bias F32 [2]
conv0.weight F32 [2 1 3 3]
dense0.bias F32 [4]
dense0.weight F32 [4 5]
scaled0.alpha F32 [4]
sequential0.batchnorm0.bias F32 [5]
sequential0.batchnorm0.num_batches_tracked I64 []
sequential0.batchnorm0.running_mean F32 [5]
sequential0.batchnorm0.running_var F32 [5]
sequential0.batchnorm0.weight F32 [5]
sequential0.dense0.bias F32 [5]
sequential0.dense0.weight F32 [5 36]
twice0.first.bias F32 [3]
twice0.first.weight F32 [3 2 1 1]
twice0.second.bias F32 [3]
twice0.second.weight F32 [3 2 1 1]`
	if strings.Join(got, "\n") != want {
		t.Errorf("the file has\n%s", strings.Join(got, "\n"))
	}
	if count, _ := file.Tensor("batchnorm0.num_batches_tracked"); binary.LittleEndian.Uint64(count.Data()) != 3 {
		t.Errorf("after 3 steps the count is % x", count.Data())
	}

	loaded := stateNet()
	noError(t, loaded.LoadParameters(path, testDevice()))
	if !reflect.DeepEqual(state(t, loaded), state(t, net)) {
		t.Error("other values are loaded than were saved")
	}
	if !slices.Equal(float32s(t, must(loaded.Forward(X))(t)), float32s(t, must(net.Forward(X))(t))) {
		t.Error("the loaded net computes something else")
	}
	if !bytes.Equal(must(os.ReadFile(saved(t, loaded)))(t), content) {
		t.Error("what was loaded is saved otherwise")
	}
	_, _, err := must(NewTrainer(loaded, SGD(0.1)))(t).Step(X, fiveLabels())
	noError(t, err)
	wantError(t, NewNet(Dense{Units: 1}).SaveParameters(path), "saving parameters to "+path, "Initialize")
}

// A net alone, not in a Sequential, has names without a layer, as nn.Linear has.
func TestParametersOfOneLayer(t *testing.T) {
	net := NewNet(Dense{Units: 2})
	noError(t, net.Initialize(testDevice(), fixtureParameters))
	must(net.Forward(waves(1, 1, 2, 3)))(t)
	got := d2ltest.Safetensors(t, saved(t, net))
	if !slices.Equal(got["weight"], wave(11, 0.5, 6)) || !slices.Equal(got["bias"], wave(22, 0.5, 2)) {
		t.Errorf("the file has %v", got)
	}
}

// A variable of any type and shape is kept as it is, and comes back.
func TestParametersOfOtherTypes(t *testing.T) {
	set := func(v *model.Variable) *tensors.Tensor {
		value := tensors.FromShape(v.Shape())
		noError(t, value.MutableBytes(func(data []byte) {
			for i := range data {
				data[i] = byte(i*7 + 1)
				if v.DType() == dtypes.Bool {
					data[i] = byte(i % 2)
				}
			}
		}))
		return value
	}
	for _, variable := range []scaledBy{
		{"kernel", shapes.Make(dtypes.Float32, 2, 3)},
		{"weights", shapes.Make(dtypes.Float32, 2, 3, 4)},
		{"weights", shapes.Make(dtypes.Float64, 2, 3)},
		{"alpha", shapes.Make(dtypes.Float64, 2)},
		{"half", shapes.Make(dtypes.BFloat16, 2, 1, 3)},
		{"table", shapes.Make(dtypes.Int32, 5, 4, 3, 2)},
		{"seen", shapes.Make(dtypes.Int64)},
		{"bytes", shapes.Make(dtypes.Uint8, 3)},
		{"mask", shapes.Make(dtypes.Bool, 2, 3)},
	} {
		t.Run(fmt.Sprint(variable.name, variable.shape), func(t *testing.T) {
			net, X := NewNet(Sequential{variable, Dense{Units: 2}}), waves(1, 1, 2, 3)
			noError(t, net.Initialize(Device{platform: xla.Go}, constants))
			must(net.Forward(X))(t)
			v := net.store.GetVariable("/net/scaled0/" + variable.name)
			noError(t, v.SetValue(set(v)))
			loaded := NewNet(net.layer)
			noError(t, loaded.LoadParameters(saved(t, net), Device{platform: xla.Go}))
			got := must(loaded.store.GetVariable("/net/scaled0/" + variable.name).Value())(t)
			if want := set(v); !got.Shape().Equal(want.Shape()) || !got.Equal(want) {
				t.Errorf("got %v, expected %v", got, want)
			}
		})
	}
}

// constants makes variables of any type.
func constants(model.StoreProvider) model.VariableInitializer {
	return func(g *graph.Graph, shape shapes.Shape) *graph.Node { return graph.Zeros(g, shape) }
}

// Two variables that would have the same name in the file are an error.
func TestSaveParametersOfOneName(t *testing.T) {
	net := NewNet(Sequential{twice{scaledBy{"weight", shapes.Make(dtypes.Float32, 2)}}, Dense{Units: 2}})
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, 2, 3)))(t)
	_, err := net.store.Scope(netScope+"/twice0/first").CreateVariable("weights", tensors.FromValue([][]float32{{1}}))
	noError(t, err)
	path := filepath.Join(t.TempDir(), "x")
	wantError(t, net.SaveParameters(path), "saving parameters to "+path, "would both be called twice0.first.weight")
	wantFiles(t, filepath.Dir(path))
}

// Of a file from PyTorch names and shapes are compared; it is refused by a sentence that
// says what was found and what expected, and the net stays as it was.
func TestLoadParametersFromPyTorch(t *testing.T) {
	net, X := normNet(), waves(1, 1, 2, 2)
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, fileOf(t, normState(), ""))
	wantError(t, net.LoadParameters(path, testDevice()), path, "do not tell for which inputs",
		"LoadParameters(path, device, 1, 28, 28)")
	wantError(t, net.LoadParameters(path, missingDevice(), 2), missingDevice().String())
	noError(t, net.LoadParameters(path, testDevice(), 2))
	want := float32s(t, must(net.Forward(X))(t))
	noError(t, net.LoadParameters(path, testDevice())) // It has seen a batch.
	// The format tells neither activations nor what has no parameters.
	noError(t, NewNet(Sequential{BatchNorm{}, ReLU, Dense{Units: 3, Activation: Tanh}}).LoadParameters(path, testDevice(),
		2))
	with := func(name string, tensor weights.Tensor) []byte {
		state := normState()
		state[name] = tensor
		return fileOf(t, state, "")
	}
	without := normState()
	delete(without, "dense0.bias")
	whole := fileOf(t, normState(), "")
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"cut off", whole[:len(whole)-1], "not a file of safetensors, or it is damaged or cut off"},
		{"a tensor fewer", fileOf(t, without, ""),
			"they are another net's, or its layers have other names: they have no dense0.bias, which this net needs," +
				" but batchnorm0.bias, batchnorm0.num_batches_tracked, batchnorm0.running_mean and 3 others"},
		{"a tensor more", with("dense1.weight", f32([]int{1}, 1)), "another net's: this net has no dense1.weight"},
		{"another shape", with("dense0.weight", f32([]int{2, 3}, 1, 2, 3, 4, 5, 6)),
			"dense0.weight is (2, 3), expected (3, 2)"},
		{"another type", with("dense0.bias", weights.Tensor{Type: safetensors.I32, Sizes: []int{3},
			Values: make([]byte, 12)}), "dense0.bias is I32, expected F32"},
		{"a count of another type", with("batchnorm0.num_batches_tracked", f32(nil, 1)),
			"num_batches_tracked is F32, expected I64"},
		{"complex numbers", reheaded(with("dense0.bias", f64(1, 2, 3)), "F64", "C64"),
			"dense0.bias is C64, a type that is not read: convert it to F32 before it is saved"},
		{"a type of the future", reheaded(with("dense0.bias", f64(1, 2, 3)), "F64", "F7_E3M3"), "dense0.bias is F7_E3M3"},
		{"a value too large", with("dense0.bias", f64(1, -1e300, 3)),
			"dense0.bias has the value -1e+300 at index 1, which would be infinite as F32"},
		{"a negative count", with("batchnorm0.num_batches_tracked", weights.Tensor{Type: safetensors.I64,
			Values: bytes.Repeat([]byte{255}, 8)}), "is -1, expected a number of batches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.safetensors")
			put(t, path, c.content)
			wantError(t, net.LoadParameters(path, testDevice()), path, c.want, "PyTorch's safetensors.torch.save_file")
			if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
				t.Error("a refused file changed the net")
			}
		})
	}
	// What is wrong may be the shape that was given.
	const remedy = "give the shape of an example, such as LoadParameters(path, device, 1, 28, 28)"
	wantError(t, normNet().LoadParameters(path, testDevice(), 0), "no input has the shape (0,)", remedy)
	wantError(t, normNet().LoadParameters(path, testDevice(), 1, 2, 3, 4),
		"this net does not take inputs of Float32 and shape (1, 2, 3, 4)", remedy)
}

// Values of other floating-point types are converted, and without a count of batches
// running statistics are kept like those after ten.
func TestLoadParametersOfOtherTypes(t *testing.T) {
	state := normState()
	delete(state, "batchnorm0.num_batches_tracked")
	half := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 0x3c00), 0xc100) // 1, -2.5
	brain := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 0x3f80), 0xc020)
	double := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1)),
		math.Float64bits(-2.5))
	state["batchnorm0.weight"] = weights.Tensor{Type: safetensors.F16, Sizes: []int{2}, Values: half}
	state["batchnorm0.bias"] = weights.Tensor{Type: safetensors.BF16, Sizes: []int{2}, Values: brain}
	state["batchnorm0.running_mean"] = weights.Tensor{Type: safetensors.F64, Sizes: []int{2}, Values: double}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, fileOf(t, state, ""))
	net := normNet()
	noError(t, net.LoadParameters(path, testDevice(), 2))
	got := values(t, net)
	maps.Copy(got, statistics(t, net))
	want := []float32{1, -2.5}
	for _, name := range []string{"scale", "offset", "mean"} {
		if !slices.Equal(got["/net/batchnorm0/"+name], want) {
			t.Errorf("%s is %v", name, got["/net/batchnorm0/"+name])
		}
	}
	dense, count := got["/net/dense0/weights"], got["/net/batchnorm0/avg_weight"]
	if !slices.Equal(dense, []float32{1, 3, 5, 2, 4, 6}) || !slices.Equal(count, []float32{10, 10}) {
		t.Errorf("the net has %v", got)
	}
}

func f64(values ...float64) weights.Tensor {
	data, _ := binary.Append(nil, binary.LittleEndian, values)
	return weights.Tensor{Type: safetensors.F64, Sizes: []int{len(values)}, Values: data}
}

// reheaded returns a file with something in its header replaced, as package safetensors
// cannot write it.
func reheaded(file []byte, from, to string) []byte {
	size := binary.LittleEndian.Uint64(file)
	header := strings.ReplaceAll(string(file[8:8+size]), from, to)
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), []byte(header), file[8+size:])
}

// Float8 is read, and an entry may tell more than a tensor's type, shape and place.
func TestLoadParametersOfFloat8(t *testing.T) {
	for kind, one := range map[string]byte{"F8_E4M3": 0x38, "F8_E5M2": 0x3c} {
		state := normState()
		state["dense0.bias"] = weights.Tensor{Type: safetensors.U8, Sizes: []int{3}, Values: []byte{one, 0x80 | one, 0}}
		path := filepath.Join(t.TempDir(), "net.safetensors")
		put(t, path, reheaded(fileOf(t, state, ""), `"dtype":"U8"`, `"scale":[1],"dtype":"`+kind+`"`))
		net := normNet()
		noError(t, net.LoadParameters(path, testDevice(), 2))
		if got := values(t, net)["/net/dense0/biases"]; !slices.Equal(got, []float32{1, -1, 0}) {
			t.Errorf("%s: got %v", kind, got)
		}
	}
	halves := normState()
	halves["dense0.bias"] = f64(0, 1e6, 2)
	net := NewNet(Sequential{BatchNorm{}, scaledBy{"weight", shapes.Make(dtypes.Float16, 3)}})
	delete(halves, "dense0.weight")
	halves["scaled0.weight"] = halves["dense0.bias"]
	delete(halves, "dense0.bias")
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, fileOf(t, halves, ""))
	wantError(t, net.LoadParameters(path, testDevice(), 2), "scaled0.weight has the value 1e+06 at index 1", "as F16")
}
