package d2l

import (
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// What is for several devices is tested on several of the CPU's, which XLA makes
// only if it is told to.
func TestMain(m *testing.M) {
	os.Setenv("XLA_FLAGS", os.Getenv("XLA_FLAGS")+" --xla_force_host_platform_device_count=4")
	testDevice()                     // Sets the device of the Examples as well.
	UseDeterministicAlgorithms(true) // Tests compare bits.
	d2ltest.RunAsChild(children)
	os.Exit(m.Run())
}
