package d2l

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/installer"
)

func TestDeviceString(t *testing.T) {
	for device, want := range map[Device]string{
		CPU(0): "cpu(0)", CPU(3): "cpu(3)", GPU(0): "gpu(0)", GPU(1): "gpu(1)", {platformGo, 0}: "cpu(0) in pure Go",
	} {
		if got := device.String(); got != want {
			t.Errorf("prints as %s, expected %s", got, want)
		}
	}
}

// withoutGPU skips a test of what happens on a machine without a GPU.
func withoutGPU(t *testing.T) {
	t.Helper()
	if installer.HasNvidiaGPU() {
		t.Skip("this machine has a GPU")
	}
}

func TestTryGPU(t *testing.T) {
	for _, c := range []struct {
		variable string
		want     []string // TryGPU(0), TryGPU(1), and all of TryAllGPUs.
	}{
		{"", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"xla", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"xla:cpu", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"go", []string{"cpu(0) in pure Go", "cpu(0) in pure Go", "cpu(0) in pure Go"}},
		{"xla:cuda", []string{"gpu(0)", "gpu(1)", "gpu(0)"}},
		{"xla:cuda,tf32=false", []string{"gpu(0)", "gpu(1)", "gpu(0)"}},
	} {
		t.Run(c.variable, func(t *testing.T) {
			withoutGPU(t)
			t.Setenv("GOMLX_BACKEND", c.variable)
			got := []string{TryGPU(0).String(), TryGPU(1).String()}
			for _, device := range TryAllGPUs() {
				got = append(got, device.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
}

func TestTryGPUMisuse(t *testing.T) {
	for _, variable := range []string{"", "xla:cpu", "go"} {
		t.Setenv("GOMLX_BACKEND", variable)
		wantPanic(t, func() { TryGPU(-1) }, "d2l: TryGPU takes the number of a GPU, from 0, got -1")
	}
}

func TestBackend(t *testing.T) {
	for _, c := range []struct {
		variable string
		device   Device
		name     string
	}{
		{"", CPU(0), "xla"},
		{"xla:cpu", CPU(0), "xla"},
		{"go", CPU(0), "xla"}, // The variable is for TryGPU: who asks for CPU(0) gets it.
		{"go", Device{platformGo, 0}, "Go Backend"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			t.Setenv("GOMLX_BACKEND", c.variable)
			b, number, err := c.device.Backend()
			noError(t, err)
			if b.Name() != c.name || number != 0 {
				t.Errorf("backend %s, device %d, expected %s, 0", b.Name(), number, c.name)
			}
		})
	}
}

func TestBackendErrors(t *testing.T) {
	for _, c := range []struct {
		name, variable string
		device         Device
		want           []string
	}{
		{"no GPU", "", GPU(0), []string{"cannot compute on gpu(0)", "no NVIDIA GPU", "use TryGPU or CPU(0)"}},
		{"told to use a GPU", "xla:cuda", GPU(0), []string{"no NVIDIA GPU"}},
		{"no such device", "", CPU(99), []string{"there is no cpu(99)", "numbered from 0"}},
		{"a negative number", "", CPU(-1), []string{"there is no cpu(-1)"}},
		{"pure Go has one", "go", Device{platformGo, 1}, []string{"there is no cpu(1) in pure Go"}},
		{"nonsense", "tpu", CPU(0), []string{`GOMLX_BACKEND="tpu"`, "xla:cpu, xla:cuda or go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.device.platform == platformGPU {
				withoutGPU(t)
			}
			freshBackends(t)
			t.Setenv("GOMLX_BACKEND", c.variable)
			_, _, err := c.device.Backend()
			wantError(t, err, c.want...)
			// Whatever needs the device says the same.
			wantError(t, smallNet().Initialize(c.device, Xavier), c.want...)
			wantError(t, smallNet().LoadParameters("no file", c.device), c.want...)
		})
	}
}

func TestPluginMissing(t *testing.T) {
	freshBackends(t)
	empty, other := t.TempDir(), t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", empty+string(os.PathListSeparator)+other)
	_, _, err := CPU(0).Backend()
	wantError(t, err, "cannot compute on cpu(0)", "no PJRT plugin pjrt_c_api_cpu_plugin.so", empty, other, "run scripts/setup", "PJRT_PLUGIN_LIBRARY_PATH")

	// Put right, it starts in the same process.
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", pluginFolder(t))
	noError(t, backendError(CPU(0)))
}

func backendError(device Device) error {
	_, _, err := device.Backend()
	return err
}

// pluginFolder returns where this machine's plugin is.
func pluginFolder(t *testing.T) string {
	t.Helper()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", machinePlugins)
	return filepath.Dir(must(findPlugin("cpu", "run scripts/setup"))(t))
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
			wantError(t, backendError(CPU(0)), path, "does not start", "run scripts/setup")
		})
	}
}

func TestPluginTakenForGPU(t *testing.T) {
	freshBackends(t)
	dir := filepath.Join(t.TempDir(), "cuda")
	put(t, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so"), nil)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	wantError(t, backendError(CPU(0)), dir, `has "cuda" or "nvidia" in it`, "move it")
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
	find := func() string { return must(findPlugin("cpu", ""))(t) }
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
	wantError(t, err, "pjrt_c_api_cuda_plugin.so", "run scripts/setup --cuda")
}

// A link is followed: a plugin finds its own libraries beside where it is.
func TestPluginLink(t *testing.T) {
	real, dir := filepath.Join(t.TempDir(), "real.so"), t.TempDir()
	put(t, real, nil)
	noError(t, os.Symlink(real, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	if got := must(findPlugin("cpu", ""))(t); !strings.HasSuffix(got, "real.so") {
		t.Errorf("found %s, expected %s", got, real)
	}
}
