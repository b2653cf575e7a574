package xla

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// children are what tests do in a process of its own, since XLA reads its flags once.
var children = map[string]func() string{
	"start": func() string { return fmt.Sprint(startError()) },
	// A second plugin beside the CPU's, kept as a GPU's is.
	"two plugins": func() string {
		of := func(backend compute.Backend, err error) string {
			if err != nil {
				return err.Error()
			}
			return fmt.Sprint(graph.MustNewExec(backend, func(x *graph.Node) *graph.Node { return long(x, 2) }).MustCall1([][]float32{{1, 2}, {3, 4}}))
		}
		first := of(CPU.Start())
		second := os.Getenv("D2L_TEST_PATH")
		driverVersion = os.DevNull // Any file will do.
		user, flags := os.Getenv("D2L_TEST_USER"), strings.Fields(os.Getenv("D2L_TEST_FLAGS"))
		if err := keepGPUPrograms(second, user, "", flags); err != nil {
			return err.Error()
		}
		return first + " " + of(openPlugin(second, "", "", "", nil, nil))
	},
}

// What is compiled for a GPU is kept beside what is for the CPU, each by its own plugin.
func TestProgramsOfTwoPluginsAreKept(t *testing.T) {
	folder, cache := pluginFolder(t), t.TempDir()
	second := filepath.Join(t.TempDir(), "second.so")
	d2ltest.Put(t, second, d2ltest.Must(os.ReadFile(cpuPlugin(t)))(t))
	run := func(environment ...string) string {
		return d2ltest.Said(t, d2ltest.Child("two plugins", append([]string{"XDG_CACHE_HOME=" + cache, "D2L_TEST_PATH=" + second,
			"PJRT_PLUGIN_LIBRARY_PATH=" + folder, "XLA_FLAGS=", "D2L_COMPILATION_CACHE="}, environment...)...))
	}
	kept := func() []string {
		return d2ltest.Must(filepath.Glob(filepath.Join(cache, "d2l-go", "programs", "*")))(t)
	}
	want := run()
	files := kept()
	if first, again, _ := strings.Cut(want, " "); first != again || !strings.HasPrefix(first, "float32(") || len(files) != 2 {
		t.Fatalf("the two compute %s, and these are kept: %q", want, files)
	}
	for _, path := range files {
		d2ltest.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)))
	}
	if got := run(); got != want || !slices.Equal(kept(), files) {
		t.Errorf("the second process computes %s, expected %s, and these are kept: %q", got, want, kept())
	}
	for _, path := range files {
		if used := d2ltest.Must(os.Stat(path))(t).ModTime(); time.Since(used) > time.Hour {
			t.Errorf("%s was not used", path)
		}
	}
	before := len(files)
	for _, c := range []struct {
		setting string // Of the second plugin alone.
		more    int
	}{
		{"LD_LIBRARY_PATH=/opt/cuda/lib64", 1},
		{"D2L_TEST_FLAGS=--xla_gpu_deterministic_ops=true", 1},
		{"D2L_TEST_FLAGS=--xla_gpu_per_fusion_autotune_cache_dir=/mine", 0}, // It is no other program.
		{"D2L_TEST_USER=--xla_gpu_autotune_level=2", 1},
		{"D2L_TEST_USER=--xla_dump_to=/mine", 0}, // Who asks for a dump gets one.
	} {
		run(c.setting)
		if n := len(kept()) - before; n != c.more {
			t.Errorf("with %s %d programs more are kept, expected %d", c.setting, n, c.more)
		}
		before = len(kept())
	}
	run("D2L_COMPILATION_CACHE=off", "D2L_TEST_FLAGS=--xla_gpu_strict_conv_algorithm_picker=false")
	if n := len(kept()); n != before {
		t.Errorf("%d programs more are kept though that is off", n-before)
	}
}

// XLA gets the place of the assembler that belongs to the plugin, if it is there.
func TestCUDADirFlags(t *testing.T) {
	plugin, _ := gpuMachine(t)
	want := fmt.Sprintf(`[--xla_gpu_cuda_data_dir="%s"]`, filepath.Dir(plugin))
	if got := fmt.Sprint(cudaDirFlags(plugin)); got != want {
		t.Errorf("flags %s, expected %s", got, want)
	}
	if got := cudaDirFlags(filepath.Join(t.TempDir(), "elsewhere", "plugin.so")); got != nil {
		t.Errorf("without CUDA beside the plugin: %s", got)
	}
}

func TestConfigureGPU(t *testing.T) {
	saved := gpu
	t.Cleanup(func() { gpu = saved })
	gpu.GPUSettings, gpu.used = GPUSettings{}, false
	freshBackends(t)
	set := func(mode bool) bool { return ConfigureGPU(func(s *GPUSettings) { s.Deterministic = mode }) }
	for _, mode := range []bool{true, false, true} {
		if !set(mode) || gpu.Deterministic != mode {
			t.Errorf("before the first use the setting %v is not taken", mode)
		}
	}
	for name, use := range map[string]func(){
		"the backend has started":     func() { Swap(map[Platform]compute.Backend{GPU: nil}) },
		"the backend failed to start": func() { gpu.used = true },
	} {
		Swap(nil)
		gpu.used = false
		use()
		if !set(true) || set(false) || !gpu.Deterministic {
			t.Errorf("after %s the same setting is refused or another taken", name)
		}
	}
}

func TestWithTF32(t *testing.T) {
	for _, c := range []struct {
		options string
		allow   bool
		want    string
		tf32    bool
	}{
		{"", false, "tf32=false", false},
		{"", true, "tf32=true", true},
		{"preallocate=true", false, "preallocate=true,tf32=false", false},
		{"tf32=true", false, "tf32=true", true},
		{"preallocate,tf32", false, "preallocate,tf32", true},
		{"tf32=0", true, "tf32=0", false},
		{"notf32", true, "notf32", false},
	} {
		if got, tf32 := withTF32(c.options, c.allow); got != c.want || tf32 != c.tf32 {
			t.Errorf("withTF32(%q, %v) is %q, %v, expected %q, %v", c.options, c.allow, got, tf32, c.want, c.tf32)
		}
	}
}

// gpuMachine makes a machine with a driver, an empty cache and a plugin with XLA's options: the CPU's has the same.
func gpuMachine(t *testing.T) (plugin, cache string) {
	t.Helper()
	cpu := cpuPlugin(t)
	saved := driverVersion
	t.Cleanup(func() { driverVersion = saved })
	cache = t.TempDir()
	driverVersion = filepath.Join(cache, "version")
	put(t, driverVersion, []byte("580.159.04"))
	plugin = filepath.Join(t.TempDir(), "nvidia", "plugin.so")
	d2ltest.NoError(t, os.MkdirAll(filepath.Dir(plugin), 0o755))
	d2ltest.NoError(t, os.Symlink(cpu, plugin))
	t.Setenv("XDG_CACHE_HOME", cache)
	return plugin, cache
}

func TestGPUFlags(t *testing.T) {
	xlaPlugin, cache := gpuMachine(t)
	other := d2ltest.Must(os.Executable())(t)
	text := filepath.Join(t.TempDir(), "text.so")
	put(t, text, bytes.Join([][]byte{{}, []byte(autotuneFlag), {}}, []byte{0}))
	const dir, none = "--xla_gpu_per_fusion_autotune_cache_dir=", ""
	loops := strings.Join(GraphFlags, " ")
	for _, c := range []struct {
		name, plugin, user string
		deterministic      bool
		want               string
	}{
		{"tuned", xlaPlugin, "", false, dir},
		{"with flags of the user's", xlaPlugin, "--xla_gpu_autotune_level=2", false, dir},
		{"a folder of the user's", xlaPlugin, dir + "/mine", false, loops},
		{"deterministic", xlaPlugin, "", true, loops + " --xla_gpu_deterministic_ops=true"},
		{"deterministic by the user", xlaPlugin, "--xla_gpu_deterministic_ops", false, loops},
		{"deterministic by the user's other flag", xlaPlugin, "--xla_gpu_exclude_nondeterministic_ops=true", false, loops},
		{"another library", other, "", false, none},
		{"no library", text, "", false, none},
		{"no plugin", "/nowhere/plugin.so", "", false, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(d2ltest.Must(gpuFlags(c.plugin, c.user, "tf32=false", c.deterministic))(t), " ")
			if c.want != dir {
				if got != c.want {
					t.Errorf("flags %q, expected %q", got, c.want)
				}
				return
			}
			kept, found := strings.CutPrefix(got, loops+" "+c.want+`"`+filepath.Join(cache, "d2l-go", "autotune")+"/")
			if !found || len(kept) != 33 {
				t.Errorf("flags %q, expected a folder in the cache", got)
			}
		})
	}
	_, err := gpuFlags(other, "", "", true)
	d2ltest.WantError(t, err, other, "has no option xla_gpu_deterministic_ops", "UseDeterministicAlgorithms", "do without")
	if knows(xlaPlugin, "gpu_deterministic_ops") || knows(xlaPlugin, "xla_gpu_deterministic_op") {
		t.Error("a part of an option's name counts as an option")
	}
}

// XLA takes the options that are given to it.
func TestXLATakesGPUFlags(t *testing.T) {
	folder := pluginFolder(t)
	plugin, _ := gpuMachine(t)
	for _, deterministic := range []bool{true, false} {
		flags := strings.Join(d2ltest.Must(gpuFlags(plugin, "", "", deterministic))(t), " ")
		environment := []string{"XLA_FLAGS=" + flags, "PJRT_PLUGIN_LIBRARY_PATH=" + folder}
		if said := d2ltest.Said(t, d2ltest.Child("start", environment...)); said != "<nil>" {
			t.Errorf("with %s the plugin does not start: %s", flags, said)
		}
	}
}

// Whatever XLA does not tell apart has a folder of its own.
func TestAutotuneDir(t *testing.T) {
	plugin, _ := gpuMachine(t)
	t.Setenv("NVIDIA_TF32_OVERRIDE", "")
	t.Setenv("LD_LIBRARY_PATH", "")
	user, options := "", "tf32=false"
	seen := map[string]string{}
	dir := func() string { return d2ltest.Must(autotuneDir(plugin, user, options))(t) }
	first := dir()
	if again := dir(); again != first {
		t.Errorf("the folder is %s, then %s", first, again)
	}
	seen[first] = "at first"
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"another driver", func() { put(t, driverVersion, []byte("590.1")) }},
		{"another flag", func() { user = "--xla_gpu_autotune_level=2" }},
		{"TF32", func() { options = "tf32=true" }},
		{"TF32 by NVIDIA's variable", func() { t.Setenv("NVIDIA_TF32_OVERRIDE", "0") }},
		{"other libraries by name", func() { t.Setenv("LD_LIBRARY_PATH", "/opt/cuda/lib64") }},
		{"a library", func() { put(t, filepath.Join(filepath.Dir(plugin), "cublas", "lib", "libcublas.so.13"), nil) }},
		{"a new library", func() {
			put(t, filepath.Join(filepath.Dir(plugin), "cublas", "lib", "libcublas.so.13"), []byte("new"))
		}},
		{"another plugin", func() {
			d2ltest.NoError(t, os.Remove(plugin))
			put(t, plugin, []byte("new"))
		}},
		{"a plugin of another time", func() { d2ltest.NoError(t, os.Chtimes(plugin, time.Time{}, time.Unix(1e9, 0))) }},
	} {
		c.change()
		got := dir()
		if before, known := seen[got]; known {
			t.Errorf("%s: the folder is the one of %s", c.name, before)
		}
		seen[got] = c.name
		if info, err := os.Stat(got); err != nil || !info.IsDir() {
			t.Errorf("%s: no folder: %v", c.name, err)
		}
	}
}

// Without a folder a GPU computes as well; why is said once.
func TestAutotuneDirFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(t *testing.T, cache string)
		want  string
	}{
		{"no driver", func(t *testing.T, cache string) { driverVersion = "/nowhere/version" }, "/nowhere/version"},
		{"no cache", func(t *testing.T, cache string) {
			t.Setenv("XDG_CACHE_HOME", "")
			t.Setenv("HOME", "")
		}, "set HOME or XDG_CACHE_HOME"},
		{"a file in its place", func(t *testing.T, cache string) { put(t, filepath.Join(cache, "d2l-go"), nil) }, "d2l-go"},
		{"a quotation mark", func(t *testing.T, cache string) { t.Setenv("XDG_CACHE_HOME", cache+`/"a"`) }, `/"a"/`},
	} {
		t.Run(c.name, func(t *testing.T) {
			plugin, cache := gpuMachine(t)
			c.fault(t, cache)
			said := d2ltest.Captured(t, &os.Stderr, func() {
				for range 2 {
					if flags := d2ltest.Must(gpuFlags(plugin, "", "", false))(t); sets(strings.Join(flags, " "), autotuneFlag) {
						t.Errorf("flags %q, expected no folder", flags)
					}
				}
			})
			d2ltest.WantParts(t, said, "d2l: what XLA tunes and compiles for the GPU is not kept", c.want)
			if n := strings.Count(said, "\n"); n != 1 {
				t.Errorf("said %d times: %s", n, said)
			}
		})
	}
}
