package d2l

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// Cut off anywhere, or with any bit flipped, a file of parameters is refused and the net
// stays as it was, unless its numbers come out right all the same.
func TestLoadParametersDamagedAnywhere(t *testing.T) {
	net, _ := initialized(t)
	file := must(net.encodeParameters())(t)
	want := values(t, net)
	load := func(what string, file []byte) bool {
		t.Helper()
		store, _, err := net.decodeParameters(bytes.NewReader(file), int64(len(file)), CPU(0))
		if !maps.EqualFunc(values(t, net), want, equalBits) {
			t.Fatalf("%s: the net has changed", what)
		}
		if err != nil {
			return false
		}
		defer store.Finalize()
		if got := values(t, &Net{layer: net.layer, store: store, device: CPU(0), init: Xavier}); !maps.EqualFunc(got, want, equalBits) {
			t.Errorf("%s: wrong numbers were loaded", what)
		}
		return true
	}
	if !load("the whole file", file) {
		t.Fatal("the whole file is refused")
	}
	t.Run("cut off", func(t *testing.T) {
		for n := range len(file) {
			if load(fmt.Sprintf("%d bytes", n), file[:n]) {
				t.Errorf("%d of %d bytes were taken for the file", n, len(file))
			}
		}
	})
	t.Run("a bit flipped", func(t *testing.T) {
		for i := range file { // One bit of each byte; the fuzzer tries others.
			flipped := bytes.Clone(file)
			flipped[i] ^= 1 << (i % 8)
			load(fmt.Sprintf("byte %d", i), flipped)
		}
	})
	t.Run("a byte missing", func(t *testing.T) {
		for i := 0; i < len(file); i += 7 {
			load(fmt.Sprintf("without byte %d", i), append(bytes.Clone(file[:i]), file[i+1:]...))
		}
	})
}

// withEntry returns an archive of a net's parameters in which an entry is another.
func withEntry(entries map[string]string, name, content string) []byte {
	other := maps.Clone(entries)
	other[name] = content
	return zipOf(checkpointJSON, other[checkpointJSON], checkpointBin, other[checkpointBin], inputJSON, other[inputJSON], layersJSON, other[layersJSON])
}

// Archives that are whole, but of other entries than SaveParameters makes: it says which,
// and takes little memory to find out.
func TestLoadParametersEntries(t *testing.T) {
	net, _ := initialized(t)
	want := values(t, net)
	entries := entriesOf(t, must(net.encodeParameters())(t))
	head := entries[checkpointJSON]
	replaced := func(from, to string) []byte {
		t.Helper()
		if !strings.Contains(head, from) {
			t.Fatalf("%s is not in %s", from, head)
		}
		return withEntry(entries, checkpointJSON, strings.Replace(head, from, to, 1))
	}
	numbers := entries[checkpointBin]
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"a number missing", withEntry(entries, checkpointBin, numbers[4:]), "checkpoint.bin is damaged: it has 900 bytes, expected 904"},
		{"a number over", withEntry(entries, checkpointBin, numbers+"\x00\x00\x00\x00"), "checkpoint.bin has more than the 904 bytes that it can have"},
		{"no numbers", withEntry(entries, checkpointBin, ""), "it has 0 bytes, expected 904"},
		{"a bomb of numbers", withEntry(entries, checkpointBin, strings.Repeat("\x00", 64<<20)), "more than the 904 bytes"},
		{"a bomb of a head", withEntry(entries, checkpointJSON, strings.Repeat(" ", 64<<20)), "checkpoint.json has more than"},
		{"a bomb of variables", withEntry(entries, checkpointJSON, `{"Variables":[`+strings.Repeat("{},", 80000)+`{}],"BinFormat":"uncompressed"}`), "this net has no"},
		{"a bomb of an input", withEntry(entries, inputJSON, "["+strings.Repeat("1,", 1<<20)+"1]"), "input.json has more than the 1024 bytes"},
		{"a bomb of layers", withEntry(entries, layersJSON, "["+strings.Repeat("1,", 1<<20)+"1]"), "layers.json has more than"},
		{"no list of layers", withEntry(entries, layersJSON, "[1]"), "layers.json: json: cannot unmarshal"},
		{"null for layers", withEntry(entries, layersJSON, "null"), "they are another net's: they have no conv0"},
		{"without layers", zipOf(checkpointJSON, head, checkpointBin, numbers, inputJSON, "[1,8,8]"), "it has no layers.json, so it is no file of parameters or one that an older d2l wrote"},
		{"an input of many axes", withEntry(entries, inputJSON, "["+strings.Repeat("1,", 400)+"1]"), "no input has the shape"},
		{"a huge input", withEntry(entries, inputJSON, "[1,16000,16000]"), "another net's: /net/dense0/weights is (48, 4), expected (192000000, 4)"},
		{"null for a head", withEntry(entries, checkpointJSON, "null"), `the values are kept as "", expected "uncompressed"`},
		{"an empty head", withEntry(entries, checkpointJSON, `{"BinFormat":"uncompressed"}`), "another net's: /net/conv0"},
		{"nothing for a head", withEntry(entries, checkpointJSON, ""), "checkpoint.json: unexpected end of JSON input"},
		{"values compressed by GoMLX", replaced("uncompressed", "gzip"), `the values are kept as "gzip"`},
		{"a negative size", replaced(`"Dimensions":[4]`, `"Dimensions":[-4]`), "is (-4,), expected (4,)"},
		{"sizes that overflow", replaced(`"Dimensions":[4]`, `"Dimensions":[4611686018427387904,4]`), "is (4611686018427387904, 4), expected (4,)"},
		{"a negative position", replaced(`"Pos":0`, `"Pos":-1`), "at -1, expected"},
		{"a position beyond the end", replaced(`"Pos":0`, `"Pos":9000000`), "at 9000000, expected"},
		{"a wrong length", replaced(`"Length":12`, `"Length":13`), "has the 13 bytes of"},
		{"another type", replaced("Float32", "Float64"), "holds Float64, expected Float32"},
		{"no type", replaced("Float32", "Nonsense"), "checkpoint.json:"},
		{"another name", replaced("/net/dense0/weights", "/net/dense0/other"), "another net's: this net has no /net/dense0/other"},
		{"a variable twice", replaced("/net/conv0/biases", "/net/conv0/weights"), "another net's: /net/conv0/weights is (3,), expected (3, 3, 1, 3)"},
		{"an entry twice", zipOf(checkpointJSON, head, checkpointBin, numbers, checkpointBin, numbers, inputJSON, "[1,8,8]", layersJSON, entries[layersJSON]), "it has checkpoint.bin twice"},
		{"a path for an entry", zipOf("../"+checkpointJSON, head, checkpointBin, numbers, inputJSON, "[1,8,8]", layersJSON, entries[layersJSON]), "it has no checkpoint.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			put(t, path, c.file)
			var err error
			wantLittleMemory(t, c.file, 48<<20, func() { err = net.LoadParameters(path, CPU(0)) })
			wantError(t, err, "the parameters in "+path+" cannot be used: ", c.want, "save them again with SaveParameters")
			if !maps.EqualFunc(values(t, net), want, equalBits) {
				t.Error("a refused file changed the net")
			}
		})
	}
}

// What is no file is never opened, nor is a file waited for.
func TestLoadParametersNoFile(t *testing.T) {
	net, _ := initialized(t)
	want := values(t, net)
	for _, c := range []struct {
		name, want string
		put        func(path string) error
	}{
		{"a named pipe", "it is a named pipe, not a file", func(path string) error { return syscall.Mkfifo(path, 0o644) }},
		{"a link to /dev/zero", "it is a device, not a file", func(path string) error { return os.Symlink("/dev/zero", path) }},
		{"a folder", "it is a folder, not a file", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"a dangling link", "there are no parameters in", func(path string) error { return os.Symlink("nowhere", path) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			noError(t, c.put(path))
			wantError(t, net.LoadParameters(path, CPU(0)), path, c.want, "SaveParameters")
			if !maps.EqualFunc(values(t, net), want, equalBits) {
				t.Error("a refused file changed the net")
			}
		})
	}
}

// GoMLX reads the checkpoint in a file of parameters as the one it is.
func TestParametersAreGoMLXCheckpoint(t *testing.T) {
	net, _ := initialized(t)
	file := must(net.encodeParameters())(t)
	archive := must(zip.NewReader(bytes.NewReader(file), int64(len(file))))(t)
	head, numbers := must(readEntry(archive, checkpointJSON, 1<<20))(t), must(readEntry(archive, checkpointBin, 1<<20))(t)
	store := model.NewStore()
	must(checkpoint.Load(store).FromEmbed(string(head), numbers).Immediate().Done())(t)
	got := map[string][]float32{}
	for path := range values(t, net) {
		got[path] = float32s(t, must(store.GetVariable(path).Value())(t))
	}
	if !maps.EqualFunc(got, values(t, net), equalBits) {
		t.Errorf("GoMLX reads %v", got)
	}
}
