package xla

import (
	"os"
	"strconv"
	"strings"
)

const flagsVariable = "XLA_FLAGS"

// cpuFlags are options of XLA's compiler for the CPU. Level 2 of LLVM's optimizations compiles twice as fast as level
// 3, XLA's default, to programs that run as fast. Registers of 512 bits make evaluation faster where there are any.
var cpuFlags = []string{"--xla_backend_optimization_level=2", "--xla_cpu_prefer_vector_width=512"}

// withFlags returns the value of XLA_FLAGS with those flags added that it does not set. A value that does not begin
// with a dash is the name of a file with flags, and stays as it is.
func withFlags(value string, flags []string) string {
	if trimmed := strings.TrimSpace(value); trimmed != "" && trimmed[0] != '-' {
		return value
	}
	for _, flag := range flags {
		if name, _, _ := strings.Cut(flag, "="); !strings.Contains(value, name+"=") {
			value = strings.TrimSpace(value + " " + flag)
		}
	}
	return value
}

// setCPUFlags adds cpuFlags to the process's XLA_FLAGS, which is the only way to give them to a plugin: XLA reads the
// variable when it is opened.
func setCPUFlags() error {
	return os.Setenv(flagsVariable, withFlags(os.Getenv(flagsVariable), cpuFlags))
}

// cpuDevices returns the number of devices that the CPU is split into: one, or the number that XLA_FLAGS gives by
// --xla_force_host_platform_device_count, as in JAX. The plugin's default is four, each with a thread, which compete
// for the cores.
func cpuDevices() int64 {
	for _, flag := range strings.Fields(os.Getenv(flagsVariable)) {
		if value, ok := strings.CutPrefix(flag, "--xla_force_host_platform_device_count="); ok {
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
				return n
			}
		}
	}
	return 1
}
