package d2l

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// saved returns a file of the net's parameters.
func saved(t *testing.T, net *Net) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.params")
	noError(t, net.SaveParameters(path))
	return path
}

func TestSaveAndLoad(t *testing.T) {
	net, X := initialized(t)
	// An optimizer's own variables are no part of a net.
	_, _, err := must(NewTrainer(net, SGD(0.1)))(t).Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
	noError(t, err)
	want := float32s(t, must(net.Forward(X))(t))
	path := saved(t, net)
	noError(t, net.SaveParameters(path)) // Over an earlier file.
	wantFiles(t, filepath.Dir(path), "net.params")

	loaded := smallNet()
	noError(t, loaded.LoadParameters(path, CPU(0)))
	noError(t, loaded.SaveParameters(path)) // Before the first batch.
	if loaded.NumParameters() != 226 {
		t.Errorf("%d parameters right after loading, expected 226", loaded.NumParameters())
	}
	if got := float32s(t, must(loaded.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("the loaded net gives %v, expected %v", got, want)
	}
	// A loaded net can be saved and trained.
	again := smallNet()
	noError(t, again.LoadParameters(saved(t, loaded), CPU(1)))
	if got := float32s(t, must(again.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("saved and loaded once more, it gives %v, expected %v", got, want)
	}
	_, _, err = must(NewTrainer(loaded, SGD(0.1)))(t).Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
	noError(t, err)
	if slices.Equal(float32s(t, must(loaded.Forward(X))(t)), want) {
		t.Error("a loaded net does not train")
	}
}

// zipOf returns an archive of entries, name after name and content.
func zipOf(entries ...string) []byte {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for i := 0; i < len(entries); i += 2 {
		entry, _ := w.Create(entries[i])
		entry.Write([]byte(entries[i+1]))
	}
	w.Close()
	return archive.Bytes()
}

// entriesOf returns the content of the entries of an archive, by name.
func entriesOf(t testing.TB, archive []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]string{}
	for _, file := range r.File {
		content, err := readEntry(r, file.Name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		entries[file.Name] = string(content)
	}
	return entries
}

func TestLoadParametersErrors(t *testing.T) {
	net, X := initialized(t)
	want := float32s(t, must(net.Forward(X))(t))
	path := saved(t, net)
	whole := must(os.ReadFile(path))(t)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	// other saves a net of other layers that has seen X.
	other := func(layers ...Layer) []byte {
		net := NewNet(Sequential(layers))
		noError(t, net.Initialize(CPU(0), Xavier))
		must(net.Forward(X))(t)
		return must(os.ReadFile(saved(t, net)))(t)
	}
	conv := Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: Sigmoid}
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"missing", nil, "there are no parameters in"},
		{"empty", []byte{}, "not a valid zip file"},
		{"no archive", []byte("parameters"), "not a valid zip file"},
		{"cut off", whole[:len(whole)-20], "not a valid zip file"},
		{"a bit flipped", flipped, "checkpoint.bin is damaged"},
		{"another archive", zipOf("readme", "hello"), "it has no input.json, so it is no file of parameters"},
		{"nonsense inside", zipOf("checkpoint.json", "?", "checkpoint.bin", "?", "input.json", "[1,8,8]"), "cannot be used"},
		{"no input", zipOf("checkpoint.json", "{}", "checkpoint.bin", "", "input.json", "{}"), "input.json"},
		{"a layer fewer", other(conv, AvgPool2D{PoolSize: 2}, Flatten{}), "another net's: /net/dense0"},
		{"a layer more", other(conv, AvgPool2D{PoolSize: 2}, Dense{Units: 4}, Dense{Units: 4}), "another net's: this net has no /net/dense1"},
		{"another width", other(conv, AvgPool2D{PoolSize: 2}, Dense{Units: 5}), "another net's: /net/dense0"},
		{"another pooling", other(conv, MaxPool2D{PoolSize: 2}, Dense{Units: 4}), "another net's: layer pool0 d2l.MaxPool2D{PoolSize:2 Strides:2 Padding:0}, expected pool0 d2l.AvgPool2D{PoolSize:2 Strides:2 Padding:0}"},
		{"another activation", other(Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: ReLU}, AvgPool2D{PoolSize: 2}, Dense{Units: 4}), "layer conv0 d2l.Conv2D{Channels:3 KernelSize:3 Strides:1 Padding:1 Activation:relu}, expected conv0"},
		{"a layer without parameters more", other(conv, AvgPool2D{PoolSize: 2}, Dense{Units: 4}, ReLU), "another net's: this net has no relu0 relu"},
		{"another window", other(Conv2D{Channels: 3, KernelSize: 5, Padding: 2}, AvgPool2D{PoolSize: 2}, Dense{Units: 4}), "is (5, 5, 1, 3), expected (3, 3, 1, 3)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			if c.content != nil {
				put(t, path, c.content)
			}
			wantError(t, net.LoadParameters(path, CPU(0)), path, c.want)
			if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
				t.Error("a refused file changed the net")
			}
		})
	}
}

// A hostile or broken input shape is refused before memory is taken for it.
func TestLoadParametersInputShape(t *testing.T) {
	net, _ := initialized(t)
	entries := entriesOf(t, must(os.ReadFile(saved(t, net)))(t))
	for input, want := range map[string]string{
		"[]":                      "does not take",
		"null":                    "does not take",
		"[1,8]":                   "does not take",
		"[2,8,8]":                 "another net's",
		"[0,8,8]":                 "no input has the shape (0, 8, 8)",
		"[1,-8,-8]":               "no input has the shape (1, -8, -8)",
		"[1,1000000,1000000]":     "no input has the shape (1, 1000000, 1000000)",
		"[4294967296,4294967296]": "no input has the shape",
	} {
		path := filepath.Join(t.TempDir(), "net.params")
		put(t, path, zipOf(checkpointJSON, entries[checkpointJSON], checkpointBin, entries[checkpointBin], inputJSON, input, layersJSON, entries[layersJSON]))
		wantError(t, smallNet().LoadParameters(path, CPU(0)), path, want)
	}
}

func TestSaveParametersError(t *testing.T) {
	net, _ := initialized(t)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), nil)
	wantError(t, net.SaveParameters(filepath.Join(dir, "file", "net.params")), "saving parameters to", "file/net.params")
	wantFiles(t, dir, "file")
	noError(t, os.Mkdir(filepath.Join(dir, "net.params"), 0o755))
	wantError(t, net.SaveParameters(filepath.Join(dir, "net.params")), "saving parameters to")
	wantFiles(t, dir, "file", "net.params")
	wantFiles(t, os.Getenv("TMPDIR"))
}

func TestCopyTo(t *testing.T) {
	net, X := initialized(t)
	want := float32s(t, must(net.Forward(X))(t))
	if same := must(net.CopyTo(CPU(0)))(t); same != net {
		t.Error("a copy to where the net is already is another net")
	}
	for _, device := range []Device{CPU(1), {platformGo, 0}} {
		moved := must(net.CopyTo(device))(t)
		if moved.Device() != device || net.Device() != CPU(0) {
			t.Errorf("the copy is on %v, the net on %v", moved.Device(), net.Device())
		}
		near(t, device.String(), float32s(t, must(moved.Forward(X))(t)), want, 1e-5)
		// The copy is a net of its own.
		_, _, err := must(NewTrainer(moved, SGD(0.5)))(t).Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
		noError(t, err)
		if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
			t.Error("training the copy changed the net")
		}
	}
	_, err := net.CopyTo(CPU(99))
	wantError(t, err, "cpu(99)")
}
