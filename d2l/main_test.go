package d2l

import (
	"fmt"
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
)

// What is for several devices is tested on several of the CPU's, which XLA makes
// only if it is told to.
func TestMain(m *testing.M) {
	os.Setenv("XLA_FLAGS", os.Getenv("XLA_FLAGS")+" --xla_force_host_platform_device_count=4")
	testDevice()                     // Sets the device of the Examples as well.
	UseDeterministicAlgorithms(true) // Tests compare bits.
	if dir := os.Getenv("D2L_TEST_REHEARSAL"); dir != "" {
		rehearse(dir)
	}
	d2ltest.RunAsChild(children)
	os.Exit(m.Run())
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
