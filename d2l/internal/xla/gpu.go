package xla

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/d2l-go/book/d2l/internal/compiled"
	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/pjrt"
)

// GPUSettings are chosen before the first use of a GPU and stay for the process.
type GPUSettings struct {
	Deterministic bool // Programs give the same bits in every run.
	TF32          bool // The factors of float32 products may be rounded to TF32.
}

// gpu has the settings, and whether they have been used; backends.Mutex guards it.
var gpu struct {
	GPUSettings
	used bool
}

// ConfigureGPU changes the settings. It changes nothing and returns false if the GPU's backend has used others.
func ConfigureGPU(change func(*GPUSettings)) bool {
	backends.Lock()
	defer backends.Unlock()
	_, started := backends.started[GPU]
	wanted := gpu.GPUSettings
	change(&wanted)
	if (started || gpu.used) && wanted != gpu.GPUSettings {
		return false
	}
	gpu.GPUSettings = wanted
	return true
}

// hasNVIDIA is whether there is an NVIDIA GPU: by its devices or, where it has none as in WSL 2, by NVIDIA's tool.
// (go-xla's installer can tell too, and would bring net/http into each cell's program.)
var hasNVIDIA = sync.OnceValue(func() bool {
	devices, _ := filepath.Glob("/dev/nvidia*")
	if len(devices) > 0 {
		return true
	}
	list, err := exec.Command("nvidia-smi", "--list-gpus").Output()
	return err == nil && bytes.HasPrefix(list, []byte("GPU 0"))
})

func openGPU(options string) (compute.Backend, error) {
	const remedy = "run scripts/setup --cuda"
	if !hasNVIDIA() {
		return nil, errors.New("no NVIDIA GPU found (no /dev/nvidia*, no nvidia-smi); use TryGPU or CPU(0)")
	}
	plugin, err := findPlugin("cuda", remedy)
	if err != nil {
		return nil, err
	}
	user, err := userFlags()
	if err != nil {
		return nil, err
	}
	options, tf32 := withTF32(options, gpu.TF32)
	flags, err := gpuFlags(plugin, user, options, gpu.Deterministic)
	if err != nil {
		return nil, err
	}
	flags = append(flags, cudaDirFlags(plugin)...)
	if err := keepGPUPrograms(plugin, user, options, flags); err != nil {
		return nil, err
	}
	// The plugin reads flags and variables once, also if it then fails to start.
	gpu.used = true
	if _, set := os.LookupEnv(tf32Variable); !tf32 && !set {
		if err := os.Setenv(tf32Variable, "0"); err != nil {
			return nil, err
		}
	}
	return openPlugin(plugin, remedy, options, user, flags, nil)
}

// tf32Variable tells NVIDIA's libraries not to use TF32 if it is 0. It is needed besides go-xla's option tf32, which is
// for matrix products alone: for convolutions go-xla asks for no precision, and XLA then allows TF32.
const tf32Variable = "NVIDIA_TF32_OVERRIDE"

// withTF32 adds to go-xla's options whether TF32 is allowed, unless they say it, and returns which of the two applies.
func withTF32(options string, allow bool) (string, bool) {
	said := false
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "tf32":
			parsed, _ := strconv.ParseBool(value)
			said, allow = true, parsed || value == ""
		case "notf32":
			said, allow = true, false
		}
	}
	if !said {
		options = strings.TrimPrefix(options+",tf32="+strconv.FormatBool(allow), ",")
	}
	return options, allow
}

const (
	// Unlike xla_gpu_exclude_nondeterministic_ops, it also promises that no choice depends on measured times, in all
	// versions of XLA.
	deterministicFlag = "xla_gpu_deterministic_ops"
	autotuneFlag      = "xla_gpu_per_fusion_autotune_cache_dir"
)

// GraphFlags have XLA put loops into CUDA graphs, beside what it puts there by itself: a loop of steps then runs without
// the host, if all in it can be part of a graph; if not, or if the driver is too old, its rounds are started one by one.
// A loop counts as one operation, and by XLA's default a graph has 5 at least: some loops would be left out, and with
// them what is in them.
var GraphFlags = []string{"--xla_gpu_enable_command_buffer=+WHILE", "--xla_gpu_graph_min_graph_size=2"}

// gpuFlags returns options of XLA's compiler for a GPU.
func gpuFlags(plugin, user, options string, deterministic bool) (flags []string, err error) {
	// The third is one that came after plugins that do not take +WHILE: those of JAX 0.4.35 and before.
	if knows(plugin, append(slices.Clone(GraphFlags), "xla_gpu_enable_scatter_determinism_expander")...) {
		flags = append(flags, GraphFlags...)
	}
	if deterministic {
		if !knows(plugin, deterministicFlag) {
			return nil, fmt.Errorf("the PJRT plugin %s has no option %s, which UseDeterministicAlgorithms needs: do without, "+
				"or set %s to the folder of another", plugin, deterministicFlag, pluginVariable)
		}
		return append(flags, "--"+deterministicFlag+"=true"), nil
	}
	// Deterministic programs must not use what was tuned for others, and XLA tunes nothing for them. The check is for
	// both flags that ask for such programs.
	if strings.Contains(user, "deterministic_ops") || sets(user, autotuneFlag) || !knows(plugin, autotuneFlag) {
		return flags, nil
	}
	dir, err := autotuneDir(plugin, user, options)
	if err != nil {
		report.WarnOnce(notKept(err))
		return flags, nil
	}
	return append(flags, fmt.Sprintf(`--%s="%s"`, autotuneFlag, dir)), nil
}

// notKept says why nothing is kept for the next process, of what is tuned and what is compiled.
func notKept(err error) string {
	return fmt.Sprintf("d2l: what XLA tunes and compiles for the GPU is not kept for other programs: %v", err)
}

// cudaDirFlags returns XLA's option for the folder with CUDA's assembler beside a plugin, if it is there: the one that the
// plugin is for, not that of another CUDA on PATH. go-xla sets it as well, but not for plugins that compiled.Keep gives it.
func cudaDirFlags(plugin string) []string {
	dir := filepath.Join(filepath.Dir(filepath.Dir(plugin)), "nvidia")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || strings.ContainsAny(dir, `"\`) {
		return nil
	}
	return []string{fmt.Sprintf(`--xla_gpu_cuda_data_dir="%s"`, dir)}
}

// keepGPUPrograms has what is compiled kept for the next process, with the flags that the plugin is started with.
func keepGPUPrograms(plugin, user, options string, flags []string) error {
	if compiled.Off() {
		return nil
	}
	key, err := autotuneKey(plugin, user, options)
	if err != nil {
		report.WarnOnce(notKept(err))
		return nil
	}
	// What is tuned changes how programs are computed, but not what: those that are there are as good.
	settings := slices.DeleteFunc(slices.Clone(flags), func(flag string) bool { return sets(flag, autotuneFlag) })
	_, err = compiled.Keep(compiled.Plugin{
		Path: plugin, Settings: fmt.Sprintf("%s %q", key, settings),
		// A program that is loaded is made into graphs anew, without the options in go-xla's variable.
		Options: func([]byte) (options []byte, keep bool) {
			return nil, !asksForDump(user) && os.Getenv(pjrt.EnvXlaDebugOptions) == ""
		},
		Rewrite: func(code []byte) []byte { return code },
	})
	return err
}

// knows reports whether a plugin has all of some flags, with or without dashes and values: whether the name of each is one
// of the plugin's constants. XLA ends the process if it is given a flag that it does not know.
func knows(plugin string, flags ...string) bool {
	var names []string
	for _, flag := range flags {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		names = append(names, name)
	}
	constants := constantsAmong(plugin, names...)
	return !slices.ContainsFunc(names, func(name string) bool { return !constants[name] })
}

// constantsAmong returns which texts are constants of a plugin, with a zero before and after each; none if it is not a
// plugin for Linux, or cannot be read.
func constantsAmong(plugin string, texts ...string) map[string]bool {
	file, err := os.Open(plugin)
	if err != nil {
		return nil
	}
	defer file.Close()
	f, err := elf.NewFile(file)
	if err != nil {
		return nil
	}
	section := f.Section(".rodata")
	info, err := file.Stat()
	if section == nil || err != nil || int64(section.Offset+section.FileSize) > info.Size() {
		return nil
	}
	// Many megabytes, which a cell's program need not copy: the system has them in memory.
	mapped, err := syscall.Mmap(int(file.Fd()), 0, int(section.Offset+section.FileSize), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	defer syscall.Munmap(mapped)
	found := map[string]bool{}
	for _, text := range texts {
		found[text] = hasConstant(mapped[section.Offset:], text)
	}
	return found
}

// hasConstant looks for the text first, as zeros are everywhere.
func hasConstant(data []byte, text string) bool {
	for {
		i := bytes.Index(data, []byte(text))
		if i < 0 {
			return false
		}
		end := i + len(text)
		if i > 0 && data[i-1] == 0 && end < len(data) && data[end] == 0 {
			return true
		}
		data = data[end:]
	}
}
