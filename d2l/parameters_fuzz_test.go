package d2l

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/nlpodyssey/safetensors"
)

// Whatever a file holds, it is read to the bit or refused, takes little memory, and
// leaves the net as it was. With sum, the file gets the right SHA-256 first, so that this
// does not stand between the fuzzer and what reads the rest.
func FuzzLoadParameters(f *testing.F) {
	whole, foreign := fileOf(f, normState(), normText), fileOf(f, normState(), "")
	for _, file := range [][]byte{whole, foreign} {
		f.Add(file, false)
		f.Add(file, true)
		for _, n := range []int{0, 1, 8, 60, len(file) / 2, len(file) - 1} {
			f.Add(file[:n], false)
		}
		for i := 0; i < len(file); i += len(file) / 20 {
			flipped := bytes.Clone(file)
			flipped[i] ^= 1 << (i % 8)
			f.Add(flipped, false)
			f.Add(flipped, true)
		}
		for from, to := range map[string]string{
			"[3,2]": "[2,3]", "F32": "F16", "I64": "F64", "dense0.bias": "dense0.bios",
			"num_batches_tracked": "num_batches_trackes",
		} {
			f.Add(bytes.Replace(file, []byte(from), []byte(to), 1), true)
		}
		for from, to := range map[string]string{
			`"F32"`: `"F8_E4M3"`, `"I64"`: `"C64"`, `"dtype"`: `"scale":1,"dtype"`, "batchnorm0.": "0.", "dense0.": "1.",
		} {
			f.Add(reheaded(file, from, to), true)
		}
		f.Add(reheaded(reheaded(file, "batchnorm0.", "module.0."), "dense0.", "module.1."), false)
	}
	for from, to := range map[string]string{
		`"version":1`: `"version":2`, `"version":1,`: ``, "float32": "int32", "float32\"": "Float64\"",
		`"Units":3`:       `"Units":3,"Groups":1`,
		`"name":"dense0"`: `"name":"dense0","x":1`, "d2l.Dense": "d2l.Conv2D",
		`"layers":[`: `"layers":null,"layers":[`, `}]}`: `}]}}`,
	} {
		f.Add(fileOf(f, normState(), strings.Replace(normText, from, to, 1)), false)
	}
	for _, input := range []string{
		"[2,1000,1000]", "[1,1000,1000]", "[268435456]", "[2,1,1,1]", "null", "[]", "[1e1]", "[9]", "[-2]",
	} {
		f.Add(fileOf(f, normState(), strings.Replace(normText, "[2]", input, 1)), false)
		f.Add(fileOf(f, nil, strings.Replace(normText, "[2]", input, 1)), false)
	}
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), false)
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), false)
	f.Add([]byte("PK\x03\x04\x14\x00\x00\x00"), false)

	net := normNet()
	in, err := net.decodeParameters(whole, testDevice(), nil)
	noError(f, err)
	net.use(in.store, testDevice(), Xavier)
	net.input = in.example
	f.Fuzz(func(t *testing.T, content []byte, sum bool) {
		if sum {
			content = summed(content)
		}
		before := state(t, net)
		var in loaded
		var err error
		wantLittleMemory(t, content, 4<<20+64*len(content), func() {
			in, err = net.decodeParameters(content, testDevice(), nil)
		})
		if !maps.EqualFunc(state(t, net), before, equalBits) {
			t.Errorf("reading a file (error %v) changed the net", err)
		}
		if err != nil {
			if in.store != nil || in.example.Ok() {
				t.Errorf("a store or an example, and the error %v", err)
			}
			return
		}
		defer in.store.Finalize()
		loaded := &Net{layer: net.layer, store: in.store, device: testDevice(), init: Xavier, input: in.example}
		saved := must(safetensors.Deserialize(must(loaded.encodeParameters())(t)))(t)
		file, err := safetensors.Deserialize(content)
		if err != nil { // A type or a key that it does not know.
			return
		}
		for _, tensor := range file.Tensors() {
			theirs := tensor.TensorView
			if got, ok := saved.Tensor(tensor.Name); !ok { // By another name.
				if !slices.ContainsFunc(saved.Tensors(), func(ours safetensors.NamedTensorView) bool {
					return slices.Equal(ours.TensorView.Shape(), theirs.Shape())
				}) {
					t.Errorf("%s is %v, and no tensor was loaded and saved that is", tensor.Name, theirs.Shape())
				}
			} else if !slices.Equal(got.Shape(), theirs.Shape()) {
				t.Errorf("%s is %v, and loaded and saved %v", tensor.Name, theirs.Shape(), got.Shape())
			} else if theirs.DType() == got.DType() && got.DType() != safetensors.I64 &&
				!bytes.Equal(got.Data(), theirs.Data()) {
				t.Errorf("%s is % x, and loaded and saved % x", tensor.Name, theirs.Data(), got.Data())
			}
		}
	})
}

// summed returns a file with the right SHA-256, if it is one of safetensors at all.
func summed(content []byte) []byte {
	_, header, err := safetensors.ReadMetadata(content)
	if err != nil {
		return content
	}
	file, err := safetensors.Deserialize(content)
	if err != nil {
		return content
	}
	tensors := map[string]safetensors.TensorView{}
	for _, t := range file.Tensors() {
		tensors[t.Name] = t.TensorView
	}
	if other, err := weights.Serialize(tensors, header.Metadata()["d2l.net"], ""); err == nil {
		return other
	}
	return content
}
