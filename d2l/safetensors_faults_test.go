package d2l

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
)

// Cut off anywhere, or with any bit flipped, a file that SaveSafetensors wrote is
// refused, unless all its values and the shape of an example come out right.
func TestSafetensorsDamagedAnywhere(t *testing.T) {
	// Any height and width would do for this net, whose file must not tell another.
	net, input := NewNet(Sequential{BatchNorm{}, GlobalAvgPool2D{}, Dense{Units: 3}}), []int{2, 3, 3}
	file := must(serialize(normState(), input))(t)
	load := func(what string, file []byte) (map[string][]float32, bool) {
		t.Helper()
		store, noted, err := net.decodeSafetensors(file, CPU(0), nil)
		if err != nil {
			return nil, false
		}
		defer store.Finalize()
		if !slices.Equal(noted, input) {
			t.Errorf("%s: the shape of an example is %v", what, noted)
		}
		return state(t, &Net{layer: net.layer, store: store, device: CPU(0), init: Xavier}), true
	}
	want, ok := load("the whole file", file)
	if !ok || !slices.Equal(want["/net/dense0/weights"], []float32{1, 3, 5, 2, 4, 6}) || !slices.Equal(want["/net/batchnorm0/avg_weight"], []float32{7, 7}) {
		t.Fatalf("the whole file has %v", want)
	}
	for n := range len(file) {
		if _, ok := load("cut off", file[:n]); ok {
			t.Errorf("%d of %d bytes were taken for the file", n, len(file))
		}
	}
	taken := 0
	for i := range file {
		for bit := range 8 {
			flipped := bytes.Clone(file)
			flipped[i] ^= 1 << bit
			what := fmt.Sprintf("bit %d of byte %d, in %q", bit, i, file[max(0, i-20):min(len(file), i+20)])
			got, ok := load(what, flipped)
			if !ok {
				continue
			}
			taken++
			if !maps.EqualFunc(got, want, equalBits) {
				t.Errorf("%s: wrong numbers were loaded", what)
			}
		}
	}
	t.Logf("of %d files with a bit flipped, %d were taken, of the same values", 8*len(file), taken)
}

// A small file that asks for a large net is refused before memory is taken for it.
func TestSafetensorsHostileSizes(t *testing.T) {
	bias := f32([]int{120}, make([]float32, 120)...)
	for want, state := range map[string]map[string]safetensor{
		"it has no weight, which this net needs, but nothing": nil,
		"it has no weight, which this net needs, but [bias]":  {"bias": bias},
		"its weight is (1, 1), expected (120, 1000000)":       {"bias": bias, "weight": f32([]int{1, 1}, 1)},
	} {
		path := filepath.Join(t.TempDir(), "net.safetensors")
		file := stateFile(t, state, "[1,1000,1000]")
		put(t, path, file)
		var err error
		wantLittleMemory(t, file, 16<<20, func() { err = NewNet(Dense{Units: 120}).LoadSafetensors(path, CPU(0)) })
		wantError(t, err, path, want)
	}
}
