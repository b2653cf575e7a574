package xla

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// freshBackends makes platforms start their backends again during the test.
func freshBackends(t *testing.T) {
	saved := Swap(nil)
	t.Cleanup(func() { Swap(saved) })
}

func startError() error {
	_, err := CPU.Start()
	return err
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	d2ltest.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	d2ltest.NoError(t, os.WriteFile(path, content, 0o644))
}

func TestPluginMissing(t *testing.T) {
	freshBackends(t)
	empty, other := t.TempDir(), t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", empty+string(os.PathListSeparator)+other)
	_, err := CPU.Start()
	d2ltest.WantError(t, err, "no PJRT plugin pjrt_c_api_cpu_plugin.so", empty, other,
		"run scripts/setup", "PJRT_PLUGIN_LIBRARY_PATH")

	// Put right, it starts in the same process.
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", pluginFolder(t))
	d2ltest.NoError(t, startError())
}

// pluginFolder returns where cpuPlugin is.
func pluginFolder(t *testing.T) string {
	t.Helper()
	return filepath.Dir(cpuPlugin(t))
}

// cpuPlugin returns this machine's plugin for the CPU, and skips a test that is on a GPU without one.
func cpuPlugin(t *testing.T) string {
	t.Helper()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", machinePlugins)
	path, err := findPlugin("cpu", "run scripts/setup")
	if err != nil && here().platform == GPU {
		t.Skip(err)
	}
	d2ltest.NoError(t, err)
	return path
}

// machinePlugins is the variable as it was when the tests began.
var machinePlugins = os.Getenv("PJRT_PLUGIN_LIBRARY_PATH")

func TestPluginDamaged(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "text": "not a library"} {
		t.Run(name, func(t *testing.T) {
			freshBackends(t)
			dir := t.TempDir()
			path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
			put(t, path, []byte(content))
			t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
			d2ltest.WantError(t, startError(), path, "does not start", "run scripts/setup")
		})
	}
}

func TestPluginTakenForGPU(t *testing.T) {
	freshBackends(t)
	dir := filepath.Join(t.TempDir(), "cuda")
	put(t, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so"), nil)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	d2ltest.WantError(t, startError(), dir, `has "cuda" or "nvidia" in it`, "move it")
}

func TestPluginOrder(t *testing.T) {
	cache, home := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", home)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	want := []string{
		cache + "/d2l-go/pjrt/cpu", cache + "/d2l-go/pjrt/nvidia",
		home + "/.local/lib/go-xla", home + "/.local/lib/go-xla/nvidia",
		"/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia",
	}
	if got := pluginDirs(); !slices.Equal(got, want) {
		t.Errorf("looked for in %q, expected %q", got, want)
	}
	// The first folder that has one wins, and the newest version in it.
	later := filepath.Join(home, ".local", "lib", "go-xla", "pjrt_c_api_cpu_plugin.so")
	put(t, later, nil)
	find := func() string { return d2ltest.Must(findPlugin("cpu", ""))(t) }
	if got := find(); got != later {
		t.Errorf("found %s, expected %s", got, later)
	}
	for _, name := range []string{"pjrt_c_api_cpu_v0.83.3_plugin.so", "pjrt_c_api_cpu_v0.83.4_plugin.so"} {
		put(t, filepath.Join(cache, "d2l-go", "pjrt", "cpu", name), nil)
		if got := find(); filepath.Base(got) != name {
			t.Errorf("found %s, expected %s", got, name)
		}
	}
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(later))
	if got := find(); got != later {
		t.Errorf("found %s, expected %s", got, later)
	}
	_, err := findPlugin("cuda", "run scripts/setup --cuda")
	d2ltest.WantError(t, err, "pjrt_c_api_cuda_plugin.so", "run scripts/setup --cuda")
}

// A link is followed: a plugin finds its own libraries beside where it is.
func TestPluginLink(t *testing.T) {
	real, dir := filepath.Join(t.TempDir(), "real.so"), t.TempDir()
	put(t, real, nil)
	d2ltest.NoError(t, os.Symlink(real, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	if got := d2ltest.Must(findPlugin("cpu", ""))(t); !strings.HasSuffix(got, "real.so") {
		t.Errorf("found %s, expected %s", got, real)
	}
}
