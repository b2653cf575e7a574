package d2ltest

import (
	"os"
	"os/exec"
	"testing"
)

// OptimizedVariable is set where package d2l's tests have XLA compile as for users, which takes longer.
const OptimizedVariable = "D2L_TEST_OPTIMIZED"

// Optimized reports whether it is set.
func Optimized() bool { return os.Getenv(OptimizedVariable) != "" }

// RunOptimized runs the tests that a pattern names in a process of their own, where it is set.
func RunOptimized(t *testing.T, pattern string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run="+pattern)
	child.Env = append(os.Environ(), OptimizedVariable+"=1")
	if output, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
