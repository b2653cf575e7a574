package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// storeOf returns a store with a variable for each value, by its path.
func storeOf(t *testing.T, values map[string]any) *model.Scope {
	t.Helper()
	store := model.NewStore()
	for path, value := range values {
		i := strings.LastIndex(path, "/")
		d2ltest.Must(store.Scope(path[:i]).CreateVariable(path[i+1:], tensorOf(t, value)))(t)
	}
	return store.Scope("/net")
}

var someRules = []Rule{
	{Variable: "w", Axes: 3, Name: "weight", Order: []int{2, 0, 1}},
	{Variable: "scale", Axes: 1, Beside: "count", Name: "weight"},
	{Variable: "count", Axes: 1, Name: "batches", Count: true},
}

// Variables get the names and axes of the rules that match name, axes and neighbours, and
// come back from the file as they were.
func TestRules(t *testing.T) {
	values := map[string]any{
		"/net/a/w":       [][][]float64{{{1, 2, 3}, {4, 5, 6}}}, // (1, 2, 3)
		"/net/b/w":       [][]int32{{1, 2}, {3, 4}},
		"/net/c/d/scale": []float32{1, 2},
		"/net/c/d/count": []float32{9, 9},
		"/net/e/scale":   []float32{3},
		"/net/f/count":   []int64{1, 2},
		"/net/top":       []bool{true, false},
		"/elsewhere/x":   []float32{1},
	}
	scope := storeOf(t, values)
	content := d2ltest.Must(Encode(scope, someRules, []shapes.Shape{{}}, nil, ""))(t)
	var got []string
	for _, tensor := range d2ltest.Must(safetensors.Deserialize(content))(t).Tensors() {
		got = append(got, fmt.Sprint(tensor.Name, " ", tensor.TensorView.DType(), tensor.TensorView.Shape()))
	}
	slices.Sort(got)
	want := "a.weight F64 [3 1 2], b.w I32 [2 2], c.d.batches I64 [], c.d.weight F32 [2], " +
		"e.scale F32 [1], f.count I64 [2], top BOOL [2]"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s\nexpected %s", strings.Join(got, ", "), want)
	}
	state, _, err := read(content)
	d2ltest.NoError(t, err)
	file := &File{Description: &Description{}, tensors: state}
	w, _ := d2ltest.Must(safetensors.Deserialize(content))(t).Tensor("a.weight")
	var order []float64
	for i := range 6 {
		order = append(order, floatAt(w.Data(), safetensors.F64, i))
	}
	if !slices.Equal(order, []float64{1, 4, 2, 5, 3, 6}) {
		t.Errorf("axes (3, 1, 2) have the values %v", order)
	}
	empty := storeOf(t, values)
	for v := range empty.IterVariables() {
		d2ltest.NoError(t, v.SetValue(tensors.FromShape(v.Shape())))
	}
	d2ltest.NoError(t, file.Fill(empty, someRules, nil))
	for v := range empty.IterVariables() {
		got := d2ltest.Must(v.Value())(t)
		if want := tensorOf(t, values[v.Path()]); !got.Equal(want) {
			t.Errorf("%s is %v, expected %v", v.Path(), got, want)
		}
	}
}

// What a file cannot hold is an error, and names a variable.
func TestEncodeErrors(t *testing.T) {
	for want, values := range map[string]map[string]any{
		"/net/phase is Complex64, a type that a file of safetensors cannot hold": {"/net/phase": []complex64{1}},
		"/net/count: it counts 1 and 2 batches, expected the same whole number":  {"/net/count": []float32{1, 2}},
		"/net/count: it counts 1.5 and 1.5 batches":                              {"/net/count": []float32{1.5}},
		"would both be called weight: give one of them another name": {"/net/w": [][][]float32{{{1}}},
			"/net/weight": float32(1)},
		"too many tensors, or layers with too large Settings, for the header": nil,
	} {
		var layers []Layer
		if values == nil {
			layers = []Layer{{Name: strings.Repeat("x", maxHeaderSize)}}
		}
		_, err := Encode(storeOf(t, values), someRules, []shapes.Shape{{}}, layers, "")
		d2ltest.WantError(t, err, want)
	}
}

// A value that is neither true nor false would be a Go bool that is neither.
func TestFillRefusesBrokenBooleans(t *testing.T) {
	content := d2ltest.Must(Serialize(map[string]Tensor{"b": {safetensors.BOOL, []int{2}, []byte{1, 2}}}, "", ""))(t)
	err := d2ltest.Must(Parse(content))(t).Fill(storeOf(t, map[string]any{"/net/b": []bool{false, false}}), nil, nil)
	d2ltest.WantError(t, err, "b has values that are neither true nor false")
}

func TestPermuted(t *testing.T) {
	sizes, order := []int{2, 3, 4, 5}, []int{3, 2, 0, 1}
	data := make([]byte, 2*2*3*4*5)
	for i := range 2 * 3 * 4 * 5 {
		binary.LittleEndian.PutUint16(data[2*i:], uint16(i))
	}
	theirs := permuted(data, 2, sizes, order)
	at := func(i, j, k, l int) uint16 { return binary.LittleEndian.Uint16(theirs[2*(((i*4+j)*2+k)*3+l):]) }
	for a, b, c, d := 1, 2, 3, 4; a >= 0; a, b, c, d = a-1, b-1, c-1, d-2 {
		if got, want := at(d, c, a, b), uint16(((a*3+b)*4+c)*5+d); got != want {
			t.Errorf("(%d, %d, %d, %d) is %d, expected %d", a, b, c, d, got, want)
		}
	}
	if back := permuted(theirs, 2, []int{5, 4, 2, 3}, inverse(order)); !slices.Equal(back, data) {
		t.Error("the inverse does not bring the values back")
	}
}

// Every type of floating point becomes every other one.
func TestConverted(t *testing.T) {
	numbers := []float64{0, 1, -2.5, 0.15625, 448, math.Inf(-1)} // Exact in all types.
	for _, from := range floats {
		var data []byte
		for _, number := range numbers {
			data = appendFloat(data, from, number)
		}
		for _, to := range floats {
			result := converted(data, from, to)
			for i, want := range numbers {
				if got := floatAt(result, to, i); got != want {
					t.Errorf("%v of %v is %v as %v", want, from, got, to)
				}
			}
		}
	}
}

func TestPerChannel(t *testing.T) {
	const maxCount = 1 << 24
	for count, want := range map[int64]float64{
		0: 0, 7: 7, maxCount: maxCount, maxCount + 1: maxCount, math.MaxInt64: maxCount,
	} {
		data := perChannel(count, safetensors.F32, 2)
		if len(data) != 8 || floatAt(data, safetensors.F32, 0) != want || floatAt(data, safetensors.F32, 1) != want {
			t.Errorf("%d is % x, expected twice %v", count, data, want)
		}
	}
}

func TestTuple(t *testing.T) {
	for want, sizes := range map[string][]int{
		"()": nil, "(4,)": {4}, "(1, 28, 28)": {1, 28, 28}, "of 17 axes": make([]int, 17),
	} {
		if got := tuple(sizes).String(); got != want {
			t.Errorf("%d is %s, expected %s", sizes, got, want)
		}
	}
}

func tensorOf(t *testing.T, value any) *tensors.Tensor {
	t.Helper()
	return d2ltest.Must(tensors.FromAnyValue(value))(t)
}
