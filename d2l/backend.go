package d2l

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"
)

// A platform is one backend of GoMLX: its devices share memory and programs.
type platform int

const (
	platformCPU platform = iota // XLA's CPU plugin: the default.
	platformGPU                 // XLA's CUDA plugin.
	platformGo                  // GoMLX in pure Go; only by GOMLX_BACKEND=go.
)

const (
	backendVariable = compute.ConfigEnvVar // GOMLX_BACKEND
	pluginVariable  = "PJRT_PLUGIN_LIBRARY_PATH"
)

// forcedPlatform returns the platform that GOMLX_BACKEND asks for.
func forcedPlatform() (p platform, forced bool) {
	name, _, _ := strings.Cut(os.Getenv(backendVariable), ",")
	switch name {
	case "go":
		return platformGo, true
	case "xla:cpu":
		return platformCPU, true
	case "xla:cuda":
		return platformGPU, true
	}
	return platformCPU, false
}

// checkBackendVariable refuses a GOMLX_BACKEND that would otherwise be ignored.
func checkBackendVariable() error {
	value := os.Getenv(backendVariable)
	if _, forced := forcedPlatform(); forced || value == "" || value == "xla" {
		return nil
	}
	return fmt.Errorf("%s=%q is not known here: use xla:cpu, xla:cuda or go, or unset it", backendVariable, value)
}

var backends struct {
	sync.Mutex
	started map[platform]compute.Backend
}

// start returns the platform's backend, starting it on the first call. A failed
// start is tried again by the next call, since it may be a file that was missing.
func (p platform) start() (compute.Backend, error) {
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
		backends.started = map[platform]compute.Backend{}
	}
	backends.started[p] = b
	return b, nil
}

// isCPU reports whether a backend is XLA's for the CPU.
func isCPU(b compute.Backend) bool {
	backends.Lock()
	defer backends.Unlock()
	return backends.started[platformCPU] == b
}

func (p platform) open() (compute.Backend, error) {
	if err := checkBackendVariable(); err != nil {
		return nil, err
	}
	// Options such as tf32=false follow the name in GOMLX_BACKEND.
	options := ""
	if forced, ok := forcedPlatform(); ok && forced == p {
		_, options, _ = strings.Cut(os.Getenv(backendVariable), ",")
	}
	switch p {
	case platformGo:
		return gobackend.New(options)
	case platformGPU:
		if !installer.HasNvidiaGPU() {
			return nil, errors.New("no NVIDIA GPU is to be seen (no /dev/nvidia*, no nvidia-smi); use TryGPU or CPU(0)")
		}
		return openXLA("cuda", "run scripts/setup --cuda", options, nil)
	default:
		if err := setCPUFlags(); err != nil {
			return nil, err
		}
		return openXLA("cpu", "run scripts/setup", options, pjrt.NamedValuesMap{"cpu_device_count": cpuDevices()})
	}
}

// openXLA starts a client of the named PJRT plugin.
func openXLA(name, remedy, options string, clientOptions pjrt.NamedValuesMap) (compute.Backend, error) {
	path, err := findPlugin(name, remedy)
	if err != nil {
		return nil, err
	}
	// go-xla tells the kinds of plugin apart by their path.
	if name == "cpu" && pjrt.IsCUDAName(path) {
		return nil, fmt.Errorf(`the path of the CPU plugin, %s, has "cuda" or "nvidia" in it, which makes go-xla take it for a GPU's: move it and set %s to its new folder`, path, pluginVariable)
	}
	config := path
	if options != "" {
		config += "," + options
	}
	b, err := xla.NewWithOptions(config, clientOptions)
	if err != nil {
		return nil, fmt.Errorf("the PJRT plugin %s does not start (%w): %s again, or set %s to the folder of another", path, err, remedy, pluginVariable)
	}
	return b, nil
}

// findPlugin returns the path of pjrt_c_api_<name>_plugin.so. Given by its path,
// a plugin is opened once; by its name, go-xla opens every plugin it finds.
func findPlugin(name, remedy string) (string, error) {
	dirs := pluginDirs()
	for _, dir := range dirs {
		// Versions may follow the name: pjrt_c_api_cpu_v0.83.4_plugin.so.
		found, _ := filepath.Glob(filepath.Join(dir, "pjrt_c_api_"+name+"*_plugin.so"))
		if len(found) > 0 {
			// The plugin finds its own libraries beside where it really is.
			return filepath.EvalSymlinks(found[len(found)-1])
		}
	}
	return "", fmt.Errorf("no PJRT plugin pjrt_c_api_%s_plugin.so in %s: %s, or set %s to the folder that holds one",
		name, strings.Join(dirs, ", "), remedy, pluginVariable)
}

// pluginDirs returns where plugins are looked for: in the folders named by
// PJRT_PLUGIN_LIBRARY_PATH, otherwise where scripts/setup puts them, then where
// go-xla's own installer does.
func pluginDirs() []string {
	if list := os.Getenv(pluginVariable); list != "" {
		return filepath.SplitList(list)
	}
	var dirs []string
	if cache, err := files.CacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "pjrt", "cpu"), filepath.Join(cache, "pjrt", "nvidia"))
	}
	roots := []string{"/usr/local/lib/go-xla"}
	if home, err := os.UserHomeDir(); err == nil {
		roots = append([]string{filepath.Join(home, ".local", "lib", "go-xla")}, roots...)
	}
	for _, root := range roots {
		dirs = append(dirs, root, filepath.Join(root, "nvidia"))
	}
	return dirs
}

// numGPUs returns how many GPUs can be used; an error means that there is a GPU
// but it cannot be.
func numGPUs() (int, error) {
	if !installer.HasNvidiaGPU() {
		return 0, nil
	}
	b, err := platformGPU.start()
	if err != nil {
		return 0, err
	}
	return b.NumDevices(), nil
}
