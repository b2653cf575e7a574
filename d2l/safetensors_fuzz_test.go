package d2l

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// Whatever a file holds, it is read to the bit or refused, takes little memory, and
// leaves the net as it was.
func FuzzSafetensors(f *testing.F) {
	whole := stateFile(f, normState(), "[2]")
	f.Add(whole)
	f.Add(stateFile(f, normState(), ""))
	f.Add(summedFile(f))
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:60])
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	for from, to := range map[string]string{
		"[3,2]": "[2,3]", "F32": "F16", "I64": "F64", "dense0.bias": "dense0.bios", "num_batches_tracked": "num_batches_trackes", `"[2]"`: `"[9]"`,
	} {
		f.Add(bytes.Replace(whole, []byte(from), []byte(to), 1))
	}
	for _, input := range []string{"[2,1000,1000]", "[1,1000,1000]", "[268435456]", "[2,1,1,1]", "null", "[]"} {
		f.Add(stateFile(f, normState(), input))
		f.Add(stateFile(f, nil, input))
	}
	net := normNet()
	store, _, err := net.decodeSafetensors(whole, CPU(0), nil)
	noError(f, err)
	net.use(store, CPU(0), Xavier)
	net.input = shapes.Make(dtypes.Float32, 2)
	f.Fuzz(func(t *testing.T, content []byte) {
		before := state(t, net)
		var store *model.Store
		var input []int
		var err error
		wantLittleMemory(t, content, 4<<20+64*len(content), func() {
			store, input, err = net.decodeSafetensors(content, CPU(0), nil)
		})
		if !maps.EqualFunc(state(t, net), before, equalBits) {
			t.Errorf("reading a file (error %v) changed the net", err)
		}
		if err != nil {
			if store != nil || input != nil {
				t.Errorf("a store or an input, and the error %v", err)
			}
			return
		}
		defer store.Finalize()
		loaded := &Net{layer: net.layer, store: store, device: CPU(0), init: Xavier, input: net.example(input)}
		again, err := loaded.encodeSafetensors()
		noError(t, err)
		saved := must(safetensors.Deserialize(again))(t)
		for _, tensor := range must(safetensors.Deserialize(content))(t).Tensors() {
			got, _ := saved.Tensor(tensor.Name)
			if !slices.Equal(got.Shape(), tensor.TensorView.Shape()) {
				t.Errorf("%s is %v, and loaded and saved %v", tensor.Name, tensor.TensorView.Shape(), got.Shape())
			}
			if tensor.TensorView.DType() == safetensors.F32 && !bytes.Equal(got.Data(), tensor.TensorView.Data()) {
				t.Errorf("%s is % x, and loaded and saved % x", tensor.Name, tensor.TensorView.Data(), got.Data())
			}
		}
	})
}

// state returns all that a net keeps.
func state(t *testing.T, net *Net) map[string][]float32 {
	t.Helper()
	all := values(t, net)
	maps.Copy(all, statistics(t, net))
	return all
}
