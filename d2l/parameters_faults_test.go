package d2l

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
)

// Cut off anywhere, or with any bit flipped, a file is refused and the net stays as it
// was, unless all its values and the shape of an example come out right all the same.
// A value that a step has replaced is not there any more.
func TestAValueThatIsGone(t *testing.T) {
	net, X := initialized(t)
	old := must(must(net.Parameter("dense0.weight"))(t).Value())(t)
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	_, _, err := trainer.Step(X, fiveLabels())
	noError(t, err)
	wantError(t, net.SetParameter("dense0.weight", old), "the value for dense0.weight is gone: a step has replaced it", "LocalClone")
	wantPanic(t, func() { Values[float32](old) }, "Values got a tensor whose value is gone")
}

func TestLoadParametersDamagedAnywhere(t *testing.T) {
	// Any height and width would do for this net, whose file must not tell another.
	net := NewNet(Sequential{BatchNorm{}, GlobalAvgPool2D{}, Dense{Units: 3}})
	text := strings.Replace(normText, `[2]`, `[2,3,3]`, 1)
	text = strings.Replace(text, `{"name":"dense0"`,
		`{"name":"pool0","type":"d2l.GlobalAvgPool2D"},{"name":"dense0"`, 1)
	file := fileOf(t, normState(), text)
	load := func(what string, file []byte) (map[string][]float32, bool) {
		t.Helper()
		in, err := net.decodeParameters(file, testDevice(), nil)
		if err != nil {
			return nil, false
		}
		defer in.store.Finalize()
		if in.example.String() != "(Float32)[2, 3, 3]" {
			t.Errorf("%s: an example is %v", what, in.example)
		}
		return state(t, &Net{layer: net.layer, store: in.store, device: testDevice(), init: Xavier}), true
	}
	want, ok := load("the whole file", file)
	dense, count := want["/net/dense0/weights"], want["/net/batchnorm0/avg_weight"]
	if !ok || !slices.Equal(dense, []float32{1, 3, 5, 2, 4, 6}) || !slices.Equal(count, []float32{7, 7}) {
		t.Fatalf("the whole file has %v", want)
	}
	for n := range len(file) {
		if _, ok := load("cut off", file[:n]); ok {
			t.Errorf("%d of %d bytes were taken for the file", n, len(file))
		}
		if n%7 == 0 {
			if _, ok := load("a byte missing", append(bytes.Clone(file[:n]), file[n+1:]...)); ok {
				t.Errorf("without byte %d it is taken for the file", n)
			}
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

// Files that are whole, but hold something else than SaveParameters writes: the error says
// what, and little memory is taken to find out.
func TestLoadParametersHostile(t *testing.T) {
	net := normNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, 2, 2)))(t)
	want := state(t, net)
	with := func(from, to string) []byte {
		if !strings.Contains(normText, from) {
			t.Fatalf("%s is not in the description", from)
		}
		return fileOf(t, normState(), strings.Replace(normText, from, to, 1))
	}
	tensor := func(name string, tensor weights.Tensor) []byte {
		all := normState()
		all[name] = tensor
		return fileOf(t, all, normText)
	}
	header := func(text string, data int) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), make([]byte,
			data)...)
	}
	fewer := normState()
	delete(fewer, "batchnorm0.num_batches_tracked")
	newer := "a newer version of the code wrote them: update your clone"
	const damaged = "not a file of safetensors, or it is damaged"
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"more at the end", append(with("1", "1"), 0), []string{damaged}},
		{"huge header", append(binary.LittleEndian.AppendUint64(nil, 1<<40), '{', '}'), []string{damaged,
			"1099511627776 bytes"}},
		{"a hole", header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), []string{damaged}},
		{"an overlap",
			header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
				`"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6), []string{damaged}},
		{"sizes that overflow", header(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`,
			0), []string{damaged}},
		{"no JSON", header(`{"a":`, 4), []string{damaged}},
		{"no type", header(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4), []string{damaged, `tensor "a": dtype`}},
		{"no shape", header(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), []string{damaged}},
		{"a negative size", header(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), []string{damaged}},
		{"offsets backwards", header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), []string{damaged}},
		{"offsets outside", header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 4), []string{damaged}},
		{"fewer bytes than numbers", header(`{"a":{"dtype":"F8_E5M2","shape":[5],"data_offsets":[0,4]}}`, 4),
			[]string{damaged, "it has 4 bytes, expected 5 numbers of 1"}},
		{"an unknown type that nothing needs", header(`{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}`, 4),
			[]string{"they have no batchnorm0.", "but [a]"}},
		{"a name of a million parts", header(`{"`+strings.Repeat("a.", 1e6)+`":{"dtype":"U8","shape":[0],`+
			`"data_offsets":[0,0]}}`, 0), []string{"they have no batchnorm0."}},
		{"nothing", header(`{}`, 0), []string{"they have no batchnorm0.", "but nothing"}},
		{"a description alone", header(`{"__metadata__":{"d2l.net":"{}"}}`, 0),
			[]string{"only one of d2l.net and d2l.sha256"}},
		{"safetensors of an earlier version", header(`{"__metadata__":{"d2l.input":"[2]","d2l.sha256":"00"}}`, 0),
			[]string{"an earlier version of this package wrote them"}},
		{"a later version", with(`"version":1`, `"version":2,"more":3`),
			[]string{"their description has version 2, and this program knows 1", newer}},
		{"no version", with(`"version":1,`, ``), []string{"has no version"}},
		{"no description", fileOf(t, normState(), "null"), []string{"has no version"}},
		{"nonsense for a description", fileOf(t, normState(), "?"),
			[]string{"they are damaged: d2l.net: invalid character"}},
		{"an unknown field", with(`"version":1`, `"version":1,"loss":"mse"`), []string{`unknown field "loss"`,
			newer}},
		{"an unknown field of a layer", with(`"name":"dense0"`, `"name":"dense0","frozen":true`),
			[]string{`unknown field "frozen"`, newer}},
		{"an unknown setting", with(`"Units":3`, `"Units":3,"Groups":2`),
			[]string{"d2l.Dense{Groups:2 Units:3} has the setting Groups, which d2l.Dense does not have here", newer}},
		{"settings of a layer without", with(`"d2l.BatchNorm"`, `"d2l.BatchNorm","settings":{"Momentum":0.5}`),
			[]string{"has the setting Momentum", newer}},
		{"null for layers", with(`"layers":[`, `"layers":null,"layers":[`), nil},
		{"no layers", fileOf(t, normState(), `{"version":1,"input":{"dtype":"float32","shape":[2]},"layers":null}`),
			[]string{"they have no batchnorm0 d2l.BatchNorm"}},
		{"a bomb of layers", fileOf(t, normState(), normText[:len(normText)-2]+strings.Repeat(`,{"name":"x"}`,
			1<<16)+"]}"), []string{"this net has no x"}},
		{"layers of another type", with(`[{"name"`, `[1,{"name"`), []string{"d2l.net: json: cannot unmarshal"}},
		{"no type of input", with("float32", "nonsense"), []string{`no input has the type "nonsense"`}},
		{"the invalid type", with("float32", "invaliddtype"), []string{"no input has the type"}},
		{"another type of input", with("float32", "int32"),
			[]string{"this net does not take inputs of Int32"}},
		{"a type of input of other values", with("float32", "float64"),
			[]string{"another net's: batchnorm0.weight is F32, expected F64"}},
		{"an input that is none", with("[2]", "[2,0]"), []string{"no input has the shape (2, 0)"}},
		{"a negative input", with("[2]", "[-2]"), []string{"no input has the shape (-2,)"}},
		{"a huge input", with("[2]", "[4294967296,4294967296]"), []string{"no input has the shape"}},
		{"an input of many axes", with("[2]", "["+strings.Repeat("1,", 400)+"1]"),
			[]string{"no input has the shape of 401 axes"}},
		{"another input", with("[2]", "[2,2,2,2]"),
			[]string{"does not take inputs of Float32 and shape (2, 2, 2, 2)"}},
		{"a large input and another's tensors", with("[2]", "[2,4000,4000]"),
			[]string{"another net's: dense0.weight is (3, 2), expected (3, 32000000)"}},
		{"a tensor fewer", fileOf(t, fewer, normText),
			[]string{"they have no batchnorm0.num_batches_tracked, which this net needs"}},
		{"a tensor more", tensor("dense1.weight", f32([]int{1}, 1)),
			[]string{"another net's: this net has no dense1.weight"}},
		{"another shape", tensor("dense0.weight", f32([]int{2, 3}, 1, 2, 3, 4, 5, 6)),
			[]string{"dense0.weight is (2, 3), expected (3, 2)"}},
		{"many axes", tensor("dense0.bias", f32(slices.Repeat([]int{1}, 1000), 7)),
			[]string{"dense0.bias is of 1000 axes, expected (3,)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			put(t, path, c.file)
			var err error
			wantLittleMemory(t, c.file, 16<<20+64*len(c.file), func() { err = net.LoadParameters(path, testDevice()) })
			if c.want == nil { // What does no harm.
				noError(t, err)
				must(net.Forward(waves(1, 1, 2, 2)))(t)
				want = state(t, net)
				return
			}
			wantError(t, err, append(c.want, "the parameters in "+path+" cannot be used: ")...)
			if again := strings.Contains(err.Error(), "save them again"); again != strings.Contains(err.Error(), "damaged") {
				t.Errorf("the error gives the wrong advice: %v", err)
			}
			if !maps.EqualFunc(state(t, net), want, equalBits) {
				t.Error("a refused file changed the net")
			}
		})
	}
}

// A small file that describes a large net is refused before memory is allocated for it.
func TestLoadParametersHostileSizes(t *testing.T) {
	bias := f32([]int{120}, make([]float32, 120)...)
	for want, state := range map[string]map[string]weights.Tensor{
		"they have no weight, which this net needs, but nothing": nil,
		"they have no weight, which this net needs, but [bias]":  {"bias": bias},
		"weight is (1, 1), expected (120, 1000000)":              {"bias": bias, "weight": f32([]int{1, 1}, 1)},
	} {
		path := filepath.Join(t.TempDir(), "net.params")
		file := fileOf(t, state,
			`{"version":1,"input":{"dtype":"float32","shape":[1,1000,1000]},`+
				`"layers":[{"name":"dense","type":"d2l.Dense","settings":{"Units":120}}]}`)
		put(t, path, file)
		var err error
		wantLittleMemory(t, file, 16<<20, func() { err = NewNet(Dense{Units: 120}).LoadParameters(path, testDevice()) })
		wantError(t, err, path, want)
	}
}

// What is not a regular file is never opened or waited for.
func TestLoadParametersNoFile(t *testing.T) {
	net, _ := initialized(t)
	want := values(t, net)
	for _, c := range []struct {
		name, want string
		put        func(path string) error
	}{
		{"a named pipe", "it is a named pipe, not a file", func(path string) error {
			return syscall.Mkfifo(path,
				0o644)
		}},
		{"a link to /dev/zero", "it is a device, not a file",
			func(path string) error { return os.Symlink("/dev/zero", path) }},
		{"a folder", "it is a folder, not a file", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"a dangling link", "there are no parameters in", func(path string) error {
			return os.Symlink("nowhere",
				path)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			noError(t, c.put(path))
			wantError(t, net.LoadParameters(path, testDevice()), path, c.want, "SaveParameters")
			if !maps.EqualFunc(values(t, net), want, equalBits) {
				t.Error("a refused file changed the net")
			}
		})
	}
}
