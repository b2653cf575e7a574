package d2ltest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

const (
	deviceVariable  = "D2L_TEST_DEVICE"
	backendVariable = "GOMLX_BACKEND"
)

// Device returns the device that the tests of a package compute on: the one that the variable D2L_TEST_DEVICE names,
// such as cpu(0), cpu(1), gpu(0) or, for the first, cpu and gpu. If it is not set, that is cpu(0). The functions make a
// device of its number. TryGPU, and with it the Examples, takes a device of the same kind, unless GOMLX_BACKEND is set.
//
// Any other value ends the process. Call it in each test: go test then knows that its result depends on the variable.
func Device[D any](cpu, gpu func(int) D) D {
	value := os.Getenv(deviceVariable)
	if value == "" {
		value = "cpu(0)"
	}
	parts := regexp.MustCompile(`^([cg]pu)(?:\((\d{1,3})\))?$`).FindStringSubmatch(value)
	if parts == nil {
		fmt.Fprintf(os.Stderr, "%s=%q names no device: use cpu(0), gpu(0) and so on, or unset it\n", deviceVariable, value)
		os.Exit(2)
	}
	device, backend := cpu, "xla:cpu"
	if parts[1] == "gpu" {
		device, backend = gpu, "xla:cuda"
	}
	if os.Getenv(backendVariable) == "" {
		os.Setenv(backendVariable, backend)
	}
	index, _ := strconv.Atoi(parts[2]) // 0 if there is none.
	return device(index)
}

// HasSources reports whether the package's sources are here: a binary of its tests may run anywhere.
func HasSources() bool {
	files, _ := filepath.Glob("*_test.go")
	return len(files) > 0
}

// NeedsSources skips a test that reads sources where they are not.
func NeedsSources(t testing.TB) {
	t.Helper()
	if !HasSources() {
		t.Skip("the sources are not here")
	}
}
