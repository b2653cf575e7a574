package xla

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

func init() {
	children["a long program"] = func() string {
		factor, _ := strconv.ParseFloat(os.Getenv("D2L_TEST_FACTOR"), 64)
		return computed(func(x *graph.Node) *graph.Node {
			for range 60 { // It takes a while to compile.
				x = graph.Sin(graph.MulScalar(graph.Dot(x, x).Product(), factor))
			}
			return graph.ReduceAllSum(x)
		}, [][]float32{{1, 2}, {3, 4}})
	}
	children["a convolution"] = func() string {
		return computed(func(x *graph.Node) *graph.Node {
			for range 20 {
				x = graph.Convolve(x, graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 32, 32))).PadSame().Done()
				x = graph.DivScalar(x, 9*32)
			}
			return graph.ReduceAllMean(x)
		}, [1][12][12][32]float32{})
	}
}

// computed returns what a program, compiled anew or not, computes from x on the CPU.
func computed(build func(x *graph.Node) *graph.Node, x any) string {
	backend, err := CPU.Start()
	if err != nil {
		return err.Error()
	}
	exec, err := graph.NewExec(backend, build)
	if err != nil {
		return err.Error()
	}
	output, err := exec.Call(x)
	return fmt.Sprint(output, err)
}

// What a process has compiled another loads, if it is whole and for the same program and settings.
func TestProgramsAreKept(t *testing.T) {
	folder := pluginFolder(t)
	run := func(t *testing.T, cache, name string, environment ...string) string {
		t.Helper()
		return d2ltest.Said(t, d2ltest.Child(name, append([]string{
			"XDG_CACHE_HOME=" + cache, "PJRT_PLUGIN_LIBRARY_PATH=" + folder, "XLA_FLAGS=", "D2L_COMPILATION_CACHE=",
		}, environment...)...))
	}
	const long = "a long program"
	two, three := "D2L_TEST_FACTOR=2", "D2L_TEST_FACTOR=3"
	kept := func(cache string) []string {
		return d2ltest.Must(filepath.Glob(filepath.Join(cache, "d2l-go", "programs", "*")))(t)
	}

	cache := t.TempDir()
	want := run(t, cache, long, two)
	files := kept(cache)
	if len(files) != 1 {
		t.Fatalf("after a program these are kept: %q", files)
	}
	path := files[0]
	d2ltest.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)))
	if got := run(t, cache, long, two); got != want || !slices.Equal(kept(cache), files) {
		t.Errorf("the second process computes %s, expected %s, and these are kept: %q", got, want, kept(cache))
	}
	if used := d2ltest.Must(os.Stat(path))(t).ModTime(); time.Since(used) > time.Hour {
		t.Errorf("a program that was used says that it was last used at %v", used)
	}

	// A program of another factor in its place is what the next process runs.
	whole, other := d2ltest.Must(os.ReadFile(path))(t), t.TempDir()
	want3 := run(t, other, long, three)
	d2ltest.Put(t, path, d2ltest.Must(os.ReadFile(kept(other)[0]))(t))
	if got := run(t, cache, long, two); got != want3 || got == want {
		t.Errorf("it computes %s, not by what is kept", got)
	}

	garbage := []byte("this is not what the plugin has made")
	sum := sha256.Sum256(garbage)
	for name, content := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "nothing": {}, "not a program": append(sum[:], garbage...),
	} {
		d2ltest.Put(t, path, content)
		if got := run(t, cache, long, two); got != want {
			t.Errorf("%s: it computes %s, expected %s", name, got, want)
		}
		if content := d2ltest.Must(os.ReadFile(path))(t); len(content) != len(whole) {
			t.Errorf("%s: it is not kept anew", name)
		}
	}

	for name, environment := range map[string][]string{
		"another factor": {three},
		"another flag":   {two, "XLA_FLAGS=--xla_cpu_enable_fast_math=false"},
	} {
		before := len(kept(cache))
		run(t, cache, long, environment...)
		if n := len(kept(cache)); n != before+1 {
			t.Errorf("%s: %d are kept after %d", name, n, before)
		}
	}

	elsewhere := t.TempDir()
	run(t, elsewhere, long, two, "D2L_COMPILATION_CACHE="+filepath.Join(elsewhere, "new"))
	d2ltest.WantFiles(t, elsewhere, "new")

	for name, environment := range map[string][]string{
		"off":              {"D2L_COMPILATION_CACHE=off"},
		"a dump was asked": {"XLA_FLAGS=--xla_dump_to=" + t.TempDir()},
	} {
		none := t.TempDir()
		if got := run(t, none, long, append(environment, two)...); got != want || len(kept(none)) != 0 {
			t.Errorf("%s: it computes %s, expected %s, and %q are kept", name, got, want, kept(none))
		}
	}

	full := t.TempDir()
	d2ltest.Put(t, filepath.Join(full, "d2l-go"), nil)
	command := d2ltest.Child(long, "XDG_CACHE_HOME="+full, "PJRT_PLUGIN_LIBRARY_PATH="+folder, "XLA_FLAGS=", two)
	var said bytes.Buffer
	command.Stderr = &said
	if got := d2ltest.Said(t, command); got != want {
		t.Errorf("it computes %s, expected %s", got, want)
	}
	d2ltest.WantParts(t, said.String(), "d2l: what XLA compiles is not kept for other programs", "D2L_COMPILATION_CACHE=off")

	// The plugin cannot give what oneDNN has a part in.
	d2ltest.NoError(t, startError())
	none := t.TempDir()
	for range 2 {
		if got := run(t, none, "a convolution"); !strings.HasPrefix(got, "[") && !strings.HasPrefix(got, "float32(0)") {
			t.Errorf("a convolution: %s", got)
		}
	}
	if n := len(kept(none)); (n == 0) != UsesOneDNN() {
		t.Errorf("%d programs with convolutions are kept, by oneDNN: %v", n, UsesOneDNN())
	}
}

func TestProgramOptions(t *testing.T) {
	const convolution, other = "%1 = stablehlo.convolution(%0)", "%1 = stablehlo.add(%0)"
	for _, c := range []struct {
		user, code   string
		has          bool
		oneDNN, keep bool
	}{
		{"", other, true, false, true},
		{"", convolution, true, true, false},
		{"", convolution, false, false, true},
		{"--" + oneDNNFlag + "=false", convolution, true, false, true},
		{"--" + oneDNNFlag + "=true", other, true, false, false}, // By the user's own flag.
		{"--xla_dump_to=/d", other, true, false, false},
		{"--xla_dump_to=/d", convolution, true, true, false},
	} {
		options, keep := cpuPrograms{user: c.user, hasOneDNN: c.has}.options([]byte(c.code))
		if oneDNN := bytes.Contains(options, []byte(oneDNNFlag)); oneDNN != c.oneDNN || keep != c.keep {
			t.Errorf("%+v: oneDNN %v, kept %v", c, oneDNN, keep)
		}
	}
}
