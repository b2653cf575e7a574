package d2l

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
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
	noError(t, loaded.LoadParameters(path, testDevice()))
	noError(t, loaded.SaveParameters(path)) // Before the first batch.
	if loaded.NumParameters() != 226 {
		t.Errorf("%d parameters right after loading, expected 226", loaded.NumParameters())
	}
	if got := float32s(t, must(loaded.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("the loaded net gives %v, expected %v", got, want)
	}
	// A loaded net can be saved and trained.
	again := smallNet()
	noError(t, again.LoadParameters(saved(t, loaded), otherDevice()))
	near(t, "output on another device, saved and loaded once more", float32s(t, must(again.Forward(X))(t)), want, 1e-6)
	_, _, err = must(NewTrainer(loaded, SGD(0.1)))(t).Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
	noError(t, err)
	if slices.Equal(float32s(t, must(loaded.Forward(X))(t)), want) {
		t.Error("a loaded net does not train")
	}
}

func TestLoadParametersErrors(t *testing.T) {
	net, X := initialized(t)
	want := float32s(t, must(net.Forward(X))(t))
	whole := must(os.ReadFile(saved(t, net)))(t)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-9] ^= 1
	// other saves a net of other layers that has seen X.
	other := func(layers ...Layer) []byte {
		net := NewNet(Sequential(layers))
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(X))(t)
		return must(os.ReadFile(saved(t, net)))(t)
	}
	conv, pool := Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: Sigmoid}, AvgPool2D{PoolSize: 2}
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"missing", nil, "there are no parameters in"},
		{"text", []byte("parameters"), "not a file of safetensors, or it is damaged or cut off: its header would have"},
		{"cut off", whole[:len(whole)-20], "not a file of safetensors, or it is damaged or cut off"},
		{"a bit flipped", flipped, "they are damaged: their SHA-256 is"},
		{"the format of earlier versions", []byte("PK\x03\x04\x14\x00checkpoint.json"),
			"an earlier version of this package wrote them, in a format that is no longer read; save them again"},
		{"a layer fewer", other(conv, pool),
			"they are another net's: they have no dense0 d2l.Dense{Units:4}"},
		{"a Flatten for a Dense", other(conv, pool, Flatten{}),
			"they are another net's: layer flatten0 d2l.Flatten, expected dense0 d2l.Dense{Units:4}"},
		{"a layer more", other(conv, pool, Dense{Units: 4}, Dense{Units: 4}),
			"another net's: this net has no dense1"},
		{"another width", other(conv, pool, Dense{Units: 5}),
			"another net's: layer dense0 d2l.Dense{Units:5}, expected dense0 d2l.Dense{Units:4}"},
		{"another pooling", other(conv, MaxPool2D{PoolSize: 2}, Dense{Units: 4}),
			"another net's: layer pool0 d2l.MaxPool2D{PoolSize:2 Strides:2}, expected pool0 d2l.AvgPool2D{"},
		{"another activation", other(Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: ReLU}, pool,
			Dense{Units: 4}),
			`layer conv0 d2l.Conv2D{Activation:"relu" Channels:3 KernelSize:3 Padding:1 Strides:1}, ` +
				`expected conv0 d2l.Conv2D{Activation:"sigmoid"`},
		{"a layer without parameters more", other(conv, pool, Dense{Units: 4}, ReLU),
			`another net's: this net has no relu0 d2l.Activation{Function:"relu"}`},
		{"another window", other(Conv2D{Channels: 3, KernelSize: 5, Padding: 2, Activation: Sigmoid}, pool,
			Dense{Units: 4}), "KernelSize:5 Padding:2 Strides:1}, expected conv0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "net.params")
			if c.content != nil {
				put(t, path, c.content)
			}
			wantError(t, net.LoadParameters(path, testDevice()), path, c.want, "SaveParameters")
			if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
				t.Error("a refused file changed the net")
			}
		})
	}
}

func TestSaveParametersError(t *testing.T) {
	net, _ := initialized(t)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), nil)
	wantError(t, net.SaveParameters(filepath.Join(dir, "file", "net.params")), "saving parameters to",
		"file/net.params")
	wantFiles(t, dir, "file")
	noError(t, os.Mkdir(filepath.Join(dir, "net.params"), 0o755))
	wantError(t, net.SaveParameters(filepath.Join(dir, "net.params")), "saving parameters to")
	wantFiles(t, dir, "file", "net.params")
	wantFiles(t, os.Getenv("TMPDIR"))
}

func TestCopyTo(t *testing.T) {
	net, X := initialized(t)
	want := float32s(t, must(net.Forward(X))(t))
	for _, device := range []Device{testDevice(), otherDevice(), {xla.Go, 0}} {
		moved := must(net.CopyTo(device))(t)
		if moved.Device() != device || net.Device() != testDevice() {
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
	_, err := net.CopyTo(missingDevice())
	wantError(t, err, missingDevice().String())
}
