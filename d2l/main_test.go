package d2l

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
)

// quickFlags are options with which XLA compiles for the CPU much faster. Tests compile many programs, and run each a
// few times. Without these options, as for users, are TestExample, what is compared with PyTorch, tests on a GPU, this
// package's tests with D2L_TEST_OPTIMIZED=1, and the tests of other packages.
const quickFlags = "--xla_backend_optimization_level=0 --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters" +
	" --xla_cpu_parallel_codegen_split_count=1"

// againstPyTorch names tests that are run by TestAgainstPyTorchOptimized, and else only by their names.
const againstPyTorch = "AgainstPyTorch$"

// Programs that are optimized round otherwise.
func TestAgainstPyTorchOptimized(t *testing.T) {
	if d2ltest.Optimized() {
		t.Skip("all tests are")
	}
	d2ltest.RunOptimized(t, againstPyTorch)
}

// What is for several devices is tested on several of the CPU's, which XLA makes
// only if it is told to.
func TestMain(m *testing.M) {
	flags := strings.TrimPrefix(os.Getenv("XLA_FLAGS"), quickFlags) // A child has got them.
	flags += " --xla_force_host_platform_device_count=4"
	if onGPU() { // testDevice sets the device of the Examples as well.
		os.Setenv(d2ltest.OptimizedVariable, "1")
	}
	if !d2ltest.Optimized() {
		flags = quickFlags + " " + flags // Of a flag that is given twice the last counts.
	}
	os.Setenv("XLA_FLAGS", flags)
	removeCache := d2ltest.OwnCompilationCache()
	UseDeterministicAlgorithms(true) // Tests compare bits.
	if dir := os.Getenv("D2L_TEST_REHEARSAL"); dir != "" {
		rehearse(dir)
	}
	d2ltest.RunAsChild(children)
	flag.Parse()
	run, skip := flag.Lookup("test.run").Value, flag.Lookup("test.skip").Value
	if !d2ltest.Optimized() && run.String()+skip.String() == "" {
		skip.Set(againstPyTorch)
	}
	code := m.Run()
	removeCache()
	os.Exit(code)
}

// rehearse lets XLA's CPU plugin in a folder stand for a GPU, and takes it away as the CPU's: a test that computes on the
// CPU by mistake fails.
func rehearse(dir string) {
	const variable = "PJRT_PLUGIN_LIBRARY_PATH"
	os.Setenv(variable, dir)
	backend, err := xla.CPU.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	xla.Swap(map[xla.Platform]compute.Backend{xla.GPU: backend})
	os.Setenv(variable, os.DevNull)
}
