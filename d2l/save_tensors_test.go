package d2l

import (
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Numbers of every type come back as they were, also from a device.
func TestSaveTensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "x")
	onDevice := must(Compile(func(x *graph.Node) *graph.Node { return graph.Square(x) })([]float32{1, 2, 3}))(t)
	want := map[string]*Tensor{
		"": NewTensor(float32(7)), "a.b": onDevice, "é": NewTensor([][]bool{{true, false}}),
	}
	for i, value := range []any{
		[]uint8{1}, []int8{-1}, []int16{-2}, []uint16{3}, []int32{-4}, []uint32{5}, []int64{-6, 7}, []uint64{8}, []float64{9},
	} {
		want[string(rune('A'+i))] = NewTensor(value)
	}
	noError(t, SaveTensors(path, nil))
	noError(t, SaveTensors(path, want))
	got := must(LoadTensors(path))(t)
	if len(got) != len(want) {
		t.Errorf("loaded %d tensors, expected %d", len(got), len(want))
	}
	for name, w := range want {
		if got[name] == nil || !reflect.DeepEqual(got[name].Value(), w.Value()) {
			t.Errorf("%q is %v, expected %v", name, got[name], w)
		}
	}
	wantFiles(t, filepath.Dir(path), "x")
}

// The file of a net gives its tensors as PyTorch has them.
func TestLoadTensorsOfANet(t *testing.T) {
	net, _ := initialized(t)
	shapes := map[string]string{}
	for name, value := range must(LoadTensors(saved(t, net)))(t) {
		shapes[name] = ShapeOf(value).String()
	}
	want := map[string]string{
		"conv0.weight": "(3, 1, 3, 3)", "conv0.bias": "(3,)", "dense0.weight": "(4, 48)", "dense0.bias": "(4,)",
	}
	if !maps.Equal(shapes, want) {
		t.Errorf("loaded %v, expected %v", shapes, want)
	}
}

func TestSaveTensorsErrors(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	_, err := LoadTensors(path)
	wantError(t, err, "there are no tensors in", "run what calls SaveTensors first")
	_, err = LoadTensors(folder)
	wantError(t, err, "cannot be read: it is a folder, not a file")
	complexNumbers := tensors.FromShape(shapes.Make(dtypes.Complex64, 1))
	wantError(t, SaveTensors(path, map[string]*Tensor{"z": complexNumbers}), "saving tensors to", "z: it is Complex64")
	for _, name := range []string{"__metadata__", "w\xff"} {
		wantError(t, SaveTensors(path, map[string]*Tensor{name: NewTensor([]float32{1}, 1)}), "safetensors has no tensor called",
			"give it another name, in UTF-8")
	}
	wantFiles(t, folder)
	wantError(t, SaveTensors(folder, nil), "saving tensors to", "name a path that you may write to")
	wantPanic(t, func() { SaveTensors(path, map[string]*Tensor{"x": nil}) }, `SaveTensors got a nil tensor called "x"`)
	for content, want := range map[string][]string{
		"":                           {"the file is empty"},
		"PK\x03\x04\x14\x00data.pkl": {"a checkpoint of PyTorch's torch.save"},
		"some text of no kind":       {"damaged or cut off", "save them again with SaveTensors"},
		fileWith(`{"z":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, 8):  {"z is C64, a type that is not read"},
		fileWith(`{"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}`, 1): {"b has values that are neither true nor false"},
	} {
		noError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := LoadTensors(path)
		wantError(t, err, append(want, "the tensors in "+path+" cannot be used")...)
	}
}

// fileWith returns a file with a header and n bytes.
func fileWith(header string, n int) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + strings.Repeat("\x02", n)
}
