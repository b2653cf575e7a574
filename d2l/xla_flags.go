package d2l

import (
	"os"
	"strconv"
	"strings"
)

const xlaFlagsVariable = "XLA_FLAGS"

// cpuFlags are options of XLA's compiler for the CPU. Level 2 of LLVM's
// optimizations compiles twice as fast as level 3, XLA's own choice, to programs
// that run as fast; and where a processor has registers of 512 bits, evaluation
// gains from their use.
var cpuFlags = []string{"--xla_backend_optimization_level=2", "--xla_cpu_prefer_vector_width=512"}

// withFlags returns the value of XLA_FLAGS with flags added that it does not set. A
// value that is not flags is the name of a file with them, and stays as it is.
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

// setCPUFlags hands cpuFlags to a plugin that is opened afterwards: XLA reads the
// variable then.
func setCPUFlags() error {
	return os.Setenv(xlaFlagsVariable, withFlags(os.Getenv(xlaFlagsVariable), cpuFlags))
}

// cpuDevices returns how many devices the CPU is to be: one, or as many as
// XLA_FLAGS asks for by --xla_force_host_platform_device_count, as in JAX. The
// plugin's own choice is four, each with a thread: on two cores they take turns.
func cpuDevices() int64 {
	for _, flag := range strings.Fields(os.Getenv(xlaFlagsVariable)) {
		if value, ok := strings.CutPrefix(flag, "--xla_force_host_platform_device_count="); ok {
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
				return n
			}
		}
	}
	return 1
}
