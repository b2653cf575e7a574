package xla

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const flagsVariable = "XLA_FLAGS"

// cpuFlags are options of XLA's compiler for the CPU. Level 2 of LLVM's optimizations compiles twice as fast as level
// 3, XLA's default, to programs that run as fast. Registers of 512 bits make evaluation faster where there are any.
var cpuFlags = []string{"--xla_backend_optimization_level=2", "--xla_cpu_prefer_vector_width=512"}

// userFlags returns the flags in XLA_FLAGS. As for XLA, a value that does not begin with a dash names a file of them.
func userFlags() (string, error) {
	value := strings.TrimSpace(os.Getenv(flagsVariable))
	if value == "" || value[0] == '-' {
		return value, nil
	}
	content, err := os.ReadFile(value)
	if err != nil {
		return "", fmt.Errorf("%s is neither flags, which begin with --, nor a file of them (%w): correct or unset it",
			flagsVariable, err)
	}
	return strings.TrimSpace(string(content)), nil
}

// sets reports whether flags give a flag a value.
func sets(flags, name string) bool { return strings.Contains(flags, name+"=") }

// withFlags returns the user's flags with those added that they do not set.
func withFlags(user string, flags []string) string {
	for _, flag := range flags {
		if name, _, _ := strings.Cut(flag, "="); !sets(user, name) {
			user = strings.TrimSpace(user + " " + flag)
		}
	}
	return user
}

// setFlags adds flags to the user's in XLA_FLAGS, which is the only way to give them to a plugin: XLA reads the
// variable while the plugin's client is made. The function that it returns takes them out again: another plugin, or a
// program that this one starts, may not know them. What go-xla adds meanwhile stays: the place of CUDA's tools, for a GPU's
// plugin of which nothing is kept.
func setFlags(user string, flags []string) (restore func(), err error) {
	all := withFlags(user, flags)
	restore = func() {
		added := strings.TrimPrefix(os.Getenv(flagsVariable), all)
		os.Setenv(flagsVariable, strings.TrimSpace(user+added))
	}
	return restore, os.Setenv(flagsVariable, all)
}

// cpuDevices returns the number of devices that the CPU is split into: one, or the number that the user's flags give
// by --xla_force_host_platform_device_count, as in JAX. The plugin's default is four, each with a thread, which
// compete for the cores.
func cpuDevices(user string) int64 {
	for _, flag := range strings.Fields(user) {
		if value, ok := strings.CutPrefix(flag, "--xla_force_host_platform_device_count="); ok {
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
				return n
			}
		}
	}
	return 1
}
