package d2l

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
)

// Those that the chapters' tests use as well.
var noError, near, wave = d2ltest.NoError, d2ltest.Near, d2ltest.Wave

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// must returns the value of a call that may not fail.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		noError(t, err)
		return value
	}
}

// wantError checks that err is a message with all parts in it.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected one with %q", parts)
	}
	wantParts(t, err.Error(), parts...)
}

// wantPanic checks that f panics with a message with all parts in it.
func wantPanic(t *testing.T, f func(), parts ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		e := recover()
		if e == nil {
			t.Fatalf("no panic, expected one with %q", parts)
		}
		wantParts(t, fmt.Sprint(e), parts...)
	}()
	f()
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in: %s", part, text)
		}
	}
}

// wantFiles checks which files and folders are in dir.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("%s holds %q, expected %q", dir, names, want)
	}
}

// golden compares content with a file of testdata.
func golden(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		noError(t, os.WriteFile(path, content, 0o644))
	}
	if want := must(os.ReadFile(path))(t); string(want) != string(content) {
		t.Errorf("the figure differs from %s: look at both, and run go test ./d2l -update if the new one is right", path)
	}
}

// captured returns what f prints on *file, which is os.Stdout or os.Stderr.
func captured(t *testing.T, file **os.File, f func()) string {
	t.Helper()
	saved := *file
	defer func() { *file = saved }()
	temporary := must(os.Create(filepath.Join(t.TempDir(), "captured")))(t)
	defer temporary.Close()
	*file = temporary
	f()
	must(temporary.Seek(0, io.SeekStart))(t)
	return string(must(io.ReadAll(temporary))(t))
}

// quietly runs f without what it prints.
func quietly(t *testing.T, f func()) {
	t.Helper()
	captured(t, &os.Stdout, func() { captured(t, &os.Stderr, f) })
}

// freshBackends makes devices start their backends anew during the test.
func freshBackends(t *testing.T) {
	saved := backends.started
	backends.started = map[platform]compute.Backend{}
	t.Cleanup(func() { backends.started = saved })
}

// unseeded undoes Seed at the end of the test.
func unseeded(t *testing.T) { t.Cleanup(func() { seeds.source = nil }) }

// float32s returns the values of a tensor.
func float32s(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	return must(tensors.CopyFlatData[float32](x))(t)
}

// waves returns a tensor of such numbers.
func waves(seed int, scale float64, shape ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(wave(seed, scale, Shape(shape).size()), shape...)
}

func (s Shape) size() int {
	size := 1
	for _, n := range s {
		size *= n
	}
	return size
}

// quadrants is a small problem: images of 8 × 8, and the label says which
// quarter is bright.
func quadrants(n, batchSize int, shuffle bool) *imageIter {
	images, labels := make([]byte, n*64), make([]byte, n)
	for i := range n {
		label := i % 4
		labels[i] = byte(label)
		for p := range 64 {
			row, col := p/8, p%8
			value := (i*p*31 + i*7) % 90
			if row/4 == label/2 && col/4 == label%2 {
				value += 150
			}
			images[i*64+p] = byte(value)
		}
	}
	return &imageIter{
		name: "quadrants", n: n, side: 8, resize: 8, batchSize: batchSize, shuffle: shuffle,
		load: func() ([]byte, []byte, error) { return images, labels, nil },
	}
}

// smallNet is a net for images of 8 × 8 of four classes.
func smallNet() *Net {
	return NewNet(Sequential{
		Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: Sigmoid},
		AvgPool2D{PoolSize: 2},
		Dense{Units: 4},
	})
}

// initialized returns a small net whose parameters have been drawn, and a batch.
func initialized(t *testing.T) (*Net, *tensors.Tensor) {
	t.Helper()
	net, X := smallNet(), waves(1, 1, 5, 1, 8, 8)
	noError(t, net.Initialize(CPU(0), Xavier))
	must(net.Forward(X))(t)
	return net, X
}

// values returns a copy of the parameters of a net.
func values(t *testing.T, net *Net) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range net.Parameters() {
		all[p.Path()] = float32s(t, must(p.Value())(t))
	}
	return all
}

// wantLittleMemory checks how much memory is taken, in all, to read a file.
func wantLittleMemory(t testing.TB, file []byte, most int, read func()) {
	t.Helper()
	total := func() uint64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.TotalAlloc
	}
	before := total()
	read()
	if taken := total() - before; taken > uint64(most) {
		t.Errorf("a file of %d bytes made it take %d bytes of memory", len(file), taken)
	}
}
