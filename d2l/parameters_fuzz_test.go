package d2l

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
)

// FuzzLoadParameters loads any bytes as a file of parameters.
func FuzzLoadParameters(f *testing.F) {
	target := newLoadTarget(f)
	whole := target.file
	f.Add(whole)
	for _, n := range []int{0, 1, 30, len(whole) / 2, len(whole) - 22, len(whole) - 1} {
		f.Add(whole[:n])
	}
	for i := 0; i < len(whole); i += len(whole) / 40 { // Flipped bits.
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		f.Add(flipped)
	}
	head, values, input := target.entries[checkpointJSON], target.entries[checkpointBin], target.entries[inputJSON]
	f.Add(append(bytes.Clone(whole), whole...))
	f.Add(append(bytes.Clone(whole), "garbage"...))
	f.Add(append([]byte("garbage"), whole...))
	f.Add(d2ltest.Gzip(whole))
	f.Add(zipOf("readme", "hello"))
	f.Add(zipOf(checkpointJSON, head, checkpointBin, values, inputJSON, input, layersJSON, target.entries[layersJSON]))
	f.Add(zipOf(checkpointJSON, head, checkpointJSON, head, checkpointBin, values, inputJSON, input, layersJSON, target.entries[layersJSON]))
	f.Add(storedZip(checkpointJSON, head, checkpointBin, values, inputJSON, input, layersJSON, target.entries[layersJSON]))
	f.Add(zipOf(checkpointJSON, strings.Repeat(" ", 1<<24), checkpointBin, values, inputJSON, input, layersJSON, target.entries[layersJSON])) // Bombs.
	f.Add(zipOf(checkpointJSON, head, checkpointBin, strings.Repeat("\x00", 1<<24), inputJSON, input, layersJSON, target.entries[layersJSON]))
	f.Add(zipOf(checkpointJSON, head, checkpointBin, values, inputJSON, "["+strings.Repeat("1,", 1<<20)+"1]", layersJSON, target.entries[layersJSON]))
	f.Add(storedZip(checkpointJSON, head, checkpointBin, values, inputJSON, input))
	f.Add(storedZip(checkpointJSON, head, checkpointBin, values, inputJSON, input, layersJSON, "[1]"))
	f.Fuzz(func(t *testing.T, file []byte) { target.try(t, file) })
}

// FuzzLoadParametersEntries loads archives that are whole, but of any entries: so the
// checksums of an archive do not stand between the fuzzer and what reads the entries.
func FuzzLoadParametersEntries(f *testing.F) {
	target := newLoadTarget(f)
	head, values, input := target.entries[checkpointJSON], target.entries[checkpointBin], target.entries[inputJSON]
	f.Add(head, []byte(values), input)
	f.Add(head, []byte(values)[1:], input)
	f.Add(head, append([]byte(values), 0), input)
	f.Add(head, []byte(nil), input)
	for _, other := range []string{"", "[]", "null", "{}", "[1,8]", "[2,8,8]", "[1,9,8]", "[1,9,9]", "[0,8,8]", "[1,-8,-8]", "[1,1,1]", "[1,16000,16000]", "[1,1e2,8]", "[4294967296,4294967296]", "[1,8,8", "[1,8,8]]"} {
		f.Add(head, []byte(values), other)
	}
	for from, to := range map[string]string{
		"uncompressed":       "gzip",
		`"Pos":0`:            `"Pos":-1`,
		`"Pos":108`:          `"Pos":107`,
		`"Length":12`:        `"Length":-12`,
		`"Dimensions":[3,3,`: `"Dimensions":[9,1,`,
		`"Dimensions":[4]`:   `"Dimensions":[-4]`,
		`"Dimensions":[3]`:   `"Dimensions":[9223372036854775807,2]`,
		"Float32":            "Float64",
		`"Float32"`:          `"Nonsense"`,
		"/net/dense0":        "/net/dense1",
		"weights":            "biases",
		`{"Variables":[`:     `{"Variables":[],"variables":[`,
		`"BinFormat"`:        `"Variables":null,"BinFormat"`,
	} {
		f.Add(strings.ReplaceAll(head, from, to), []byte(values), input)
	}
	for _, other := range []string{"", "null", "{}", "[]", `{"Variables":[{}],"BinFormat":"uncompressed"}`, strings.Repeat("[", 1000), head + head} {
		f.Add(other, []byte(values), input)
	}
	f.Fuzz(func(t *testing.T, head string, values []byte, input string) {
		target.try(t, storedZip(checkpointJSON, head, checkpointBin, string(values), inputJSON, input, layersJSON, target.entries[layersJSON]))
	})
}

// loadTarget is a net into which files are loaded.
type loadTarget struct {
	net     *Net
	file    []byte // That of its parameters.
	entries map[string]string
}

func newLoadTarget(f *testing.F) *loadTarget {
	target := &loadTarget{net: smallNet()}
	check := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	check(target.net.Initialize(CPU(0), Xavier))
	_, err := target.net.Forward(waves(1, 1, 5, 1, 8, 8))
	check(err)
	target.file, err = target.net.encodeParameters()
	check(err)
	target.entries = entriesOf(f, target.file)
	return target
}

// try loads a file: it gives the net other parameters, exactly those that it holds, or
// is an error and changes nothing.
func (target *loadTarget) try(t *testing.T, file []byte) {
	before := values(t, target.net)
	var store *model.Store
	var input shapes.Shape
	var err error
	wantLittleMemory(t, file, 16<<20+64*len(file), func() {
		store, input, err = target.net.decodeParameters(bytes.NewReader(file), int64(len(file)), CPU(0))
	})
	if after := values(t, target.net); !maps.EqualFunc(before, after, equalBits) {
		t.Errorf("reading a file (error %v) changed the net", err)
	}
	if err != nil {
		if store != nil || input.Ok() {
			t.Errorf("a store or an input, and the error %v", err)
		}
		return
	}
	defer store.Finalize()
	loaded := &Net{layer: target.net.layer, store: store, device: CPU(0), init: Xavier, input: input}
	if n := loaded.NumParameters(); n == 0 {
		t.Errorf("loaded %d numbers", n)
	}
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	noError(t, err)
	head, err := readHead(archive, nil)
	noError(t, err)
	kept, err := readEntry(archive, checkpointBin, 1<<30)
	noError(t, err)
	for _, v := range loaded.Parameters() {
		value := must(v.Value())(t)
		i := slices.IndexFunc(head.Variables, func(s checkpointVariable) bool { return strings.HasSuffix(s.ParameterName, v.Path()) })
		noError(t, value.ConstBytes(func(data []byte) {
			if s := head.Variables[i]; !bytes.Equal(data, kept[s.Pos:s.Pos+s.Length]) {
				t.Errorf("%s is not what the file has", v.Path())
			}
		}))
	}
}

// equalBits compares numbers of which some may be NaN.
func equalBits(a, b []float32) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// storedZip is zipOf without compression.
func storedZip(entries ...string) []byte {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for i := 0; i < len(entries); i += 2 {
		entry, _ := w.CreateHeader(&zip.FileHeader{Name: entries[i], Method: zip.Store})
		entry.Write([]byte(entries[i+1]))
	}
	w.Close()
	return archive.Bytes()
}
