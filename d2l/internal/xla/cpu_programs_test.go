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
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"golang.org/x/sys/cpu"
)

func init() {
	children["a long program"] = func() string {
		factor, _ := strconv.ParseFloat(os.Getenv("D2L_TEST_FACTOR"), 64)
		return computed(func(x *graph.Node) *graph.Node { return long(x, factor) })
	}
	children["a kernel"] = func() string {
		return computed(func(x *graph.Node) *graph.Node {
			row := graph.BroadcastToDims(graph.Reshape(x, 1, 4), 40, 4)
			weights := graph.Sin(graph.IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 4, 130)))
			y := kernels.Dense{}.Forward(row, weights, graph.Zeros(x.Graph(), shapes.Make(dtypes.Float32, 130)))
			return graph.Add(long(x, 2), graph.ReduceAllSum(y))
		}) + fmt.Sprint(" available ", kernels.Available())
	}
	children["two long programs"] = func() string {
		os.Setenv("D2L_TEST_FACTOR", "2")
		first := children["a long program"]()
		os.Setenv("D2L_TEST_FACTOR", "3")
		return first + children["a long program"]()
	}
	children["a convolution"] = func() string {
		return computed(func(x *graph.Node) *graph.Node {
			image := graph.BroadcastToDims(graph.ReduceAllSum(x), 1, 12, 12, 32)
			window := graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 32, 32))
			sum := graph.ReduceAllSum(graph.Convolve(image, window).PadSame().Done())
			return graph.Add(long(x, 2), graph.MulScalar(sum, 1e-6))
		}) + fmt.Sprint(" oneDNN ", usesOneDNN())
	}
}

// usesOneDNN reports whether convolutions are left to oneDNN.
func usesOneDNN() bool {
	user, err := userFlags()
	if err != nil {
		panic(err)
	}
	plugin, err := findPlugin("cpu", "")
	if err != nil {
		panic(err)
	}
	known := constantsAmong(plugin, oneDNNFlag, oneDNNConvolution)
	chosen, on := cpuPrograms{user: user}.oneDNN()
	return on || !chosen && cpu.X86.HasAVX2 && known[oneDNNFlag] && known[oneDNNConvolution]
}

// long returns a number computed from the matrix x in a way that takes a while to compile.
func long(x *graph.Node, factor float64) *graph.Node {
	for range 60 {
		x = graph.Sin(graph.MulScalar(graph.Dot(x, x).Product(), factor))
	}
	return graph.ReduceAllSum(x)
}

// computed returns what a program, compiled anew or not, computes from a matrix on the CPU.
func computed(build func(x *graph.Node) *graph.Node) string {
	backend, err := CPU.Start()
	if err != nil {
		return err.Error()
	}
	exec, err := graph.NewExec(backend, build)
	if err != nil {
		return err.Error()
	}
	output, err := exec.Call([][]float32{{1, 2}, {3, 4}})
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

	// One that calls kernels is kept as well, and calls those of the next process.
	withKernel := t.TempDir()
	wantKernel := run(t, withKernel, "a kernel")
	if again := run(t, withKernel, "a kernel"); again != wantKernel || len(kept(withKernel)) != 1 || !strings.HasPrefix(again, "[float32(") {
		t.Errorf("the second process computes %s, expected %s, and these are kept: %q", again, wantKernel, kept(withKernel))
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
		"another factor":      {three},
		"another flag":        {two, "XLA_FLAGS=--xla_cpu_enable_fast_math=false"},
		"fewer threads":       {two, "NPROC=1"},
		"fewer threads still": {two, "PJRT_NPROC=1"},
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
	for name, environment := range map[string][]string{
		"a file in its place": {"XDG_CACHE_HOME=" + full}, "no cache": {"XDG_CACHE_HOME=", "HOME="},
		"a folder for no files": {"D2L_COMPILATION_CACHE=/proc/self"},
	} {
		command := d2ltest.Child("two long programs", append([]string{
			"PJRT_PLUGIN_LIBRARY_PATH=" + folder, "XLA_FLAGS=", "D2L_COMPILATION_CACHE="}, environment...)...)
		var said bytes.Buffer
		command.Stderr = &said
		if got := d2ltest.Said(t, command); got != want+want3 {
			t.Errorf("%s: it computes %s, expected %s", name, got, want+want3)
		}
		d2ltest.WantParts(t, said.String(), "d2l: what XLA compiles is not kept for other programs (", "; D2L_COMPILATION_CACHE names another")
		if n := strings.Count(said.String(), "\n"); n != 1 {
			t.Errorf("%s: said %d times: %s", name, n, &said)
		}
	}
	d2ltest.WantParts(t, run(t, t.TempDir(), long, two, "D2L_COMPILATION_CACHE=no"), "is neither off nor the full path")

	// The plugin cannot give what oneDNN has a part in.
	for _, flag := range []string{"", "XLA_FLAGS=--" + oneDNNFlag, "XLA_FLAGS=--" + oneDNNFlag + `="true"`,
		"XLA_FLAGS=--" + oneDNNFlag + "=1", "XLA_FLAGS=--" + oneDNNFlag + "=false"} {
		if strings.Contains(flag, oneDNNFlag) && !knows(cpuPlugin(t), oneDNNFlag) {
			continue // XLA ends the process.
		}
		none := t.TempDir()
		for range 2 {
			got := run(t, none, "a convolution", flag)
			oneDNN := strings.HasSuffix(got, "oneDNN true")
			if !strings.HasPrefix(got, "[float32(") || (len(kept(none)) == 0) != oneDNN {
				t.Errorf("a convolution with %q: %s, and %q are kept", flag, got, kept(none))
			}
		}
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
		{"--" + oneDNNFlag, other, true, false, false},
		{"--" + oneDNNFlag + `="true"`, other, false, false, false},
		{"-" + oneDNNFlag + "='1'", convolution, true, false, false},
		{"--" + oneDNNFlag + `='false'`, other, true, false, true},
		{"--" + oneDNNFlag + "=0 --" + oneDNNFlag + "=1", other, true, false, false},
		{"--" + oneDNNFlag + "=1 --" + oneDNNFlag + "=0", other, true, false, true},
		{"--xla_dump_to=/d", other, true, false, false},
		{"--xla_dump_to=/d", convolution, true, true, false},
	} {
		options, keep := cpuPrograms{user: c.user, hasOneDNN: c.has}.options([]byte(c.code))
		if oneDNN := bytes.Contains(options, []byte(oneDNNFlag)); oneDNN != c.oneDNN || keep != c.keep {
			t.Errorf("%+v: oneDNN %v, kept %v", c, oneDNN, keep)
		}
	}
}
