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
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/nlpodyssey/safetensors"
)

// What is saved has PyTorch's names, shapes and types, and comes back bit for bit.
func TestSafetensors(t *testing.T) {
	net, X := stated(t)
	path := filepath.Join(t.TempDir(), "net.safetensors")
	noError(t, net.SaveSafetensors(path))
	noError(t, net.SaveSafetensors(path)) // Over an earlier file.
	wantFiles(t, filepath.Dir(path), "net.safetensors")
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
	noError(t, loaded.LoadSafetensors(path, CPU(0)))
	if !reflect.DeepEqual(values(t, loaded), values(t, net)) || !reflect.DeepEqual(statistics(t, loaded), statistics(t, net)) {
		t.Error("other values are loaded than were saved")
	}
	if !slices.Equal(float32s(t, must(loaded.Forward(X))(t)), float32s(t, must(net.Forward(X))(t))) {
		t.Error("the loaded net computes something else")
	}
	noError(t, loaded.SaveSafetensors(path))
	if !bytes.Equal(must(os.ReadFile(path))(t), content) {
		t.Error("what was loaded is saved otherwise")
	}
	_, _, err := must(NewTrainer(loaded, SGD(0.1)))(t).Step(X, fiveLabels())
	noError(t, err)
	wantError(t, NewNet(Dense{Units: 1}).SaveSafetensors(path), "saving weights to "+path, "Initialize")
}

// A net alone, not in a Sequential, has names without a layer, as nn.Linear has.
func TestSafetensorsOfOneLayer(t *testing.T) {
	net, path := NewNet(Dense{Units: 2}), filepath.Join(t.TempDir(), "net.safetensors")
	noError(t, net.Initialize(CPU(0), fixtureParameters))
	must(net.Forward(waves(1, 1, 2, 3)))(t)
	noError(t, net.SaveSafetensors(path))
	if got := d2ltest.Safetensors(t, path); !slices.Equal(got["weight"], wave(11, 0.5, 6)) || !slices.Equal(got["bias"], wave(22, 0.5, 2)) {
		t.Errorf("the file has %v", got)
	}
}

// A file of another net, or that is damaged, is refused by a sentence that says
// what was found and what expected, and the net stays as it was.
func TestLoadSafetensorsErrors(t *testing.T) {
	net, X := normNet(), waves(1, 1, 2, 2)
	path := filepath.Join(t.TempDir(), "net.safetensors")
	noError(t, os.WriteFile(path, stateFile(t, normState(), ""), 0o644))
	wantError(t, net.LoadSafetensors(path, CPU(0)), path, "does not say for which inputs", "LoadSafetensors(path, device, 1, 28, 28)")
	wantError(t, net.LoadSafetensors(path, CPU(99), 2), "cpu(99)")
	noError(t, net.LoadSafetensors(path, CPU(0), 2))
	want := float32s(t, must(net.Forward(X))(t))
	noError(t, net.LoadSafetensors(path, CPU(0))) // It has seen a batch.
	with := func(name string, tensor safetensor) []byte {
		state := normState()
		state[name] = tensor
		return stateFile(t, state, "[2]")
	}
	without := func(name string) []byte {
		state := normState()
		delete(state, name)
		return stateFile(t, state, "[2]")
	}
	header := func(text string, data int) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), make([]byte, data)...)
	}
	whole := stateFile(t, normState(), "[2]")
	damagedValues := summedFile(t)
	damagedValues[len(damagedValues)-1] ^= 1
	const damaged = "it is no file of safetensors, or it is damaged"
	for _, c := range []struct {
		name    string
		content []byte
		want    []string
	}{
		{"missing", nil, []string{"there are no weights in", "safetensors.torch.save_file"}},
		{"empty", []byte{}, []string{damaged}},
		{"text", []byte("weights, weights, weights"), []string{damaged, "header would have"}},
		{"cut off in the values", whole[:len(whole)-1], []string{damaged}},
		{"cut off in the header", whole[:100], []string{damaged}},
		{"more at the end", append(bytes.Clone(whole), 0), []string{damaged}},
		{"huge header", append(binary.LittleEndian.AppendUint64(nil, 1<<40), '{', '}'), []string{damaged, "1099511627776 bytes"}},
		{"a hole", header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), []string{damaged}},
		{"an overlap", header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6), []string{damaged}},
		{"sizes that overflow", header(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), []string{damaged}},
		{"no JSON", header(`{"a":`, 4), []string{damaged}},
		{"no type", header(`{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}`, 4), []string{damaged, "F33"}},
		{"nothing", header(`{}`, 0), []string{"it has no batchnorm0.", "but nothing"}},
		{"a tensor fewer", without("dense0.bias"), []string{"it has no dense0.bias, which this net needs, but batchnorm0.bias, batchnorm0.num_batches_tracked, batchnorm0.running_mean and 3 others"}},
		{"a tensor more", with("dense1.weight", f32([]int{1}, 1)), []string{"another net's: this net has no dense1.weight"}},
		{"another shape", with("dense0.weight", f32([]int{2, 3}, 1, 2, 3, 4, 5, 6)), []string{"its dense0.weight is (2, 3), expected (3, 2)"}},
		{"another type", with("dense0.bias", safetensor{safetensors.I32, []int{3}, make([]byte, 12)}), []string{"its dense0.bias is I32, expected F32, or F64, F16 or BF16"}},
		{"a count of another type", with("batchnorm0.num_batches_tracked", f32(nil, 1)), []string{"num_batches_tracked is F32, expected I64"}},
		{"a negative count", with("batchnorm0.num_batches_tracked", safetensor{safetensors.I64, nil, bytes.Repeat([]byte{255}, 8)}), []string{"is -1, expected a number of batches"}},
		{"an input that is none", stateFile(t, normState(), "[2, 0]"), []string{"no input has the shape (2, 0)"}},
		{"a huge input", stateFile(t, normState(), "[1000000, 1000000]"), []string{"no input has the shape"}},
		{"nonsense for an input", stateFile(t, normState(), "two"), []string{`d2l.input "two" is no shape`}},
		{"another input", stateFile(t, normState(), "[2, 2, 2, 2]"), []string{"does not take inputs of shape (2, 2, 2, 2)"}},
		{"a large input and another's tensors", stateFile(t, normState(), "[2,4000,4000]"), []string{"its dense0.weight is (3, 2), expected (3, 32000000)"}},
		{"many axes", with("dense0.bias", f32(slices.Repeat([]int{1}, 1000), 7)), []string{"its dense0.bias has 1000 axes, expected (3,)"}},
		{"damaged values", damagedValues, []string{"it is damaged: the SHA-256 of its tensors is ", ", but was \"", "when they were saved"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.safetensors")
			if c.content != nil {
				put(t, path, c.content)
			}
			var err error
			wantLittleMemory(t, c.content, 16<<20, func() { err = net.LoadSafetensors(path, CPU(0)) })
			wantError(t, err, append(c.want, path, "by PyTorch's safetensors.torch.save_file")...)
			if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
				t.Error("a refused file changed the net")
			}
		})
	}
	wantError(t, net.LoadSafetensors(t.TempDir(), CPU(0)), "it is a folder, not a file")
	// What is amiss may be the shape that was given.
	const remedy = "name the shape of an example, such as LoadSafetensors(path, device, 1, 28, 28)"
	wantError(t, normNet().LoadSafetensors(path, CPU(0), 0), "no input has the shape (0,)", remedy)
	wantError(t, normNet().LoadSafetensors(path, CPU(0), 1, 2, 3, 4), "this net does not take inputs of shape (1, 2, 3, 4)", remedy)
}

// Values of other types become float32, and without a count of batches running
// statistics are kept like those after ten.
func TestLoadSafetensorsOfOtherTypes(t *testing.T) {
	state := normState()
	delete(state, "batchnorm0.num_batches_tracked")
	half := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 0x3c00), 0xc100) // 1, -2.5
	brain := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 0x3f80), 0xc020)
	double := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1)), math.Float64bits(-2.5))
	state["batchnorm0.weight"] = safetensor{safetensors.F16, []int{2}, half}
	state["batchnorm0.bias"] = safetensor{safetensors.BF16, []int{2}, brain}
	state["batchnorm0.running_mean"] = safetensor{safetensors.F64, []int{2}, double}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, stateFile(t, state, ""))
	net := normNet()
	noError(t, net.LoadSafetensors(path, CPU(0), 2))
	got := values(t, net)
	maps.Copy(got, statistics(t, net))
	want := []float32{1, -2.5}
	for _, name := range []string{"scale", "offset", "mean"} {
		if !slices.Equal(got["/net/batchnorm0/"+name], want) {
			t.Errorf("%s is %v", name, got["/net/batchnorm0/"+name])
		}
	}
	if !slices.Equal(got["/net/dense0/weights"], []float32{1, 3, 5, 2, 4, 6}) || !slices.Equal(got["/net/batchnorm0/avg_weight"], []float32{10, 10}) {
		t.Errorf("the net has %v", got)
	}
}

// What has no counterpart in PyTorch is refused, and no file is written.
func TestSaveSafetensorsErrors(t *testing.T) {
	for _, c := range []struct {
		layer scaledBy
		want  string
	}{
		{scaledBy{"kernel", shapes.Make(dtypes.Float32, 2, 3)}, "/net/scaled0/kernel has the shape (2, 3)"},
		{scaledBy{"weights", shapes.Make(dtypes.Float32, 2, 3, 4)}, "/net/scaled0/weights has the shape (2, 3, 4)"},
		{scaledBy{"alpha", shapes.Make(dtypes.Float64, 2)}, "/net/scaled0/alpha is Float64, but only float32"},
	} {
		net, path := NewNet(Sequential{c.layer, Dense{Units: 2}}), filepath.Join(t.TempDir(), "net.safetensors")
		noError(t, net.Initialize(CPU(0), Xavier))
		must(net.Forward(waves(1, 1, 2, 3)))(t)
		wantError(t, net.SaveSafetensors(path), "saving weights to "+path, c.want)
		wantFiles(t, filepath.Dir(path))
	}
	clash := NewNet(Sequential{twice{scaledBy{"weight", shapes.Make(dtypes.Float32, 2)}}, Dense{Units: 2}})
	noError(t, clash.Initialize(CPU(0), Xavier))
	must(clash.Forward(waves(1, 1, 2, 3)))(t)
	_, err := clash.store.Scope(netScope+"/twice0/first").CreateVariable("weights", tensors.FromValue([]float32{1}))
	noError(t, err)
	wantError(t, clash.SaveSafetensors(filepath.Join(t.TempDir(), "x")), "would both be called twice0.first.weight")
}
