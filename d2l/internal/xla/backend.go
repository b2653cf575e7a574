// Package xla starts GoMLX's backends and runs programs on their devices.
//
// A Platform is a backend that is started once for the process. A Program is a computation with the variables of a
// model.Store, compiled for each shape of its inputs, on one device or with each batch split over several.
package xla

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/d2l-go/book/d2l/internal/compiled"
	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	goxla "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	"golang.org/x/sys/cpu"
)

// A Platform is one backend of GoMLX: its devices share memory and programs.
type Platform int

const (
	CPU Platform = iota // XLA's CPU plugin: the default.
	GPU                 // XLA's CUDA plugin.
	Go                  // GoMLX in pure Go; only by GOMLX_BACKEND=go.
)

const (
	backendVariable = compute.ConfigEnvVar // GOMLX_BACKEND
	pluginVariable  = "PJRT_PLUGIN_LIBRARY_PATH"
)

// Forced returns the platform that GOMLX_BACKEND requires, if it requires one.
func Forced() (p Platform, forced bool) {
	name, _, _ := strings.Cut(os.Getenv(backendVariable), ",")
	switch name {
	case "go":
		return Go, true
	case "xla:cpu":
		return CPU, true
	case "xla:cuda":
		return GPU, true
	}
	return CPU, false
}

// checkBackendVariable refuses a GOMLX_BACKEND that would otherwise be ignored.
func checkBackendVariable() error {
	value := os.Getenv(backendVariable)
	if _, forced := Forced(); forced || value == "" || value == "xla" {
		return nil
	}
	return fmt.Errorf("%s=%q is not known here: use xla:cpu, xla:cuda or go, or unset it", backendVariable, value)
}

// backends are those that this process has started.
var backends struct {
	sync.Mutex
	started map[Platform]compute.Backend
}

// Start returns the platform's backend, starting it on the first call. After an error the next call tries again: the
// cause may be a missing file.
func (p Platform) Start() (compute.Backend, error) {
	backends.Lock()
	defer backends.Unlock()
	if b, ok := backends.started[p]; ok {
		return b, nil
	}
	b, err := p.open()
	if err != nil {
		return nil, err
	}
	if backends.started == nil {
		backends.started = map[Platform]compute.Backend{}
	}
	backends.started[p] = b
	return b, nil
}

// Swap replaces the started backends, so that a test can begin without any or with its own, and returns the old ones.
func Swap(started map[Platform]compute.Backend) map[Platform]compute.Backend {
	backends.Lock()
	defer backends.Unlock()
	old := backends.started
	backends.started = started
	return old
}

// IsCPU reports whether a backend is XLA's for the CPU.
func IsCPU(b compute.Backend) bool { return CPU.started(b) }

// IsGPU reports whether a backend is XLA's for GPUs.
func IsGPU(b compute.Backend) bool { return GPU.started(b) }

func (p Platform) started(b compute.Backend) bool {
	backends.Lock()
	defer backends.Unlock()
	return backends.started[p] == b
}

func (p Platform) open() (compute.Backend, error) {
	if err := checkBackendVariable(); err != nil {
		return nil, err
	}
	// Options such as tf32=false follow the name in GOMLX_BACKEND.
	options := ""
	if forced, ok := Forced(); ok && forced == p {
		_, options, _ = strings.Cut(os.Getenv(backendVariable), ",")
	}
	switch p {
	case Go:
		return gobackend.New(options)
	case GPU:
		return openGPU(options)
	default:
		return openCPU(options)
	}
}

func openCPU(options string) (compute.Backend, error) {
	plugin, err := findPlugin("cpu", "run scripts/setup")
	if err != nil {
		return nil, err
	}
	// go-xla tells the kinds of plugin apart by their path.
	if pjrt.IsCUDAName(plugin) {
		return nil, fmt.Errorf(`the path of the CPU plugin, %s, has "cuda" or "nvidia" in it, which makes go-xla take `+
			`it for a GPU's: move it and set %s to its new folder`, plugin, pluginVariable)
	}
	user, err := userFlags()
	if err != nil {
		return nil, err
	}
	const asynchronous = "asynchronous"
	known := constantsAmong(plugin, asynchronous, oneDNNFlag, oneDNNConvolution)
	clientOptions := pjrt.NamedValuesMap{"cpu_device_count": cpuDevices(user)}
	if known[asynchronous] { // Otherwise XLA hands a program over to a thread of its own, and waits.
		clientOptions[asynchronous] = false
	}
	programs := cpuPrograms{user: user, hasOneDNN: cpu.X86.HasAVX2 && known[oneDNNFlag] && known[oneDNNConvolution]}
	keeps, err := compiled.Keep(compiled.Plugin{
		Path: plugin, Settings: programs.settings(clientOptions), Options: programs.options, Rewrite: kernels.Rewrite,
	})
	if err != nil {
		return nil, err
	}
	// If it is not kept, programs do not go through kernels.Rewrite.
	if (!keeps || !kernels.Register(plugin)) && kernels.ForThisProcessor() {
		report.WarnOnce("d2l: the PJRT plugin " + plugin + " does not take d2l's functions for convolutions and dense layers: " +
			"XLA's own, which are several times as slow, are used")
	}
	flags := cpuFlags
	if !keeps && programs.hasOneDNN {
		flags = append(slices.Clone(flags), "--"+oneDNNFlag+"=true") // For all programs.
	}
	return openPlugin(plugin, "run scripts/setup", options, user, flags, clientOptions)
}

// openPlugin starts a client of a PJRT plugin, with flags of XLA besides the user's.
func openPlugin(
	plugin, remedy, options, user string, flags []string, clientOptions pjrt.NamedValuesMap,
) (compute.Backend, error) {
	config := plugin
	if options != "" {
		config += "," + options
	}
	restore, err := setFlags(user, flags)
	if err != nil {
		return nil, err
	}
	defer restore()
	b, err := goxla.NewWithOptions(config, clientOptions)
	if err != nil {
		return nil, fmt.Errorf("the PJRT plugin %s does not start (%w): %s again, or set %s to the folder of another",
			plugin, err, remedy, pluginVariable)
	}
	return b, nil
}

// findPlugin returns the path of pjrt_c_api_<name>_plugin.so. Given its path, go-xla opens this plugin alone; given its
// name, every plugin that it finds.
func findPlugin(name, remedy string) (string, error) {
	dirs := pluginDirs()
	for _, dir := range dirs {
		// Versions may follow the name: pjrt_c_api_cpu_v0.83.4_plugin.so.
		found, _ := filepath.Glob(filepath.Join(dir, "pjrt_c_api_"+name+"*_plugin.so"))
		if len(found) > 0 {
			// The plugin looks for its own libraries next to the real file.
			return filepath.EvalSymlinks(found[len(found)-1])
		}
	}
	return "", fmt.Errorf("no PJRT plugin pjrt_c_api_%s_plugin.so in %s: %s, or set %s to the folder that holds one",
		name, strings.Join(dirs, ", "), remedy, pluginVariable)
}

// pluginDirs returns where to look for plugins: in the folders named by PJRT_PLUGIN_LIBRARY_PATH, otherwise where
// scripts/setup puts them, then where go-xla's own installer does.
func pluginDirs() []string {
	if list := os.Getenv(pluginVariable); list != "" {
		return filepath.SplitList(list)
	}
	var dirs []string
	if cache, err := files.CacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "pjrt", "cpu"), filepath.Join(cache, "pjrt", "nvidia"))
	}
	roots := []string{"/usr/local/lib/go-xla"}
	lib := ".local/lib"
	if runtime.GOOS == "darwin" {
		lib = "Library/Application Support"
	}
	if home, err := os.UserHomeDir(); err == nil {
		roots = append([]string{filepath.Join(home, lib, "go-xla")}, roots...)
	}
	for _, root := range roots {
		dirs = append(dirs, root, filepath.Join(root, "nvidia"))
	}
	return dirs
}

// NumGPUs returns how many GPUs can be used; an error means that there is a GPU but it cannot be used.
func NumGPUs() (int, error) {
	if !hasNVIDIA() {
		return 0, nil
	}
	b, err := GPU.Start()
	if err != nil {
		return 0, err
	}
	return b.NumDevices(), nil
}
