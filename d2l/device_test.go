package d2l

import (
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/installer"
)

func TestDeviceString(t *testing.T) {
	for device, want := range map[Device]string{
		CPU(0): "cpu(0)", CPU(3): "cpu(3)", GPU(0): "gpu(0)", GPU(1): "gpu(1)", {xla.Go, 0}: "cpu(0) in pure Go",
	} {
		if got := device.String(); got != want {
			t.Errorf("prints as %s, expected %s", got, want)
		}
	}
}

// withoutGPU skips a test of what happens on a machine without a GPU.
func withoutGPU(t *testing.T) {
	t.Helper()
	if installer.HasNvidiaGPU() {
		t.Skip("this machine has a GPU")
	}
}

func TestTryGPU(t *testing.T) {
	for _, c := range []struct {
		variable string
		want     []string // TryGPU(0), TryGPU(1), and all of TryAllGPUs.
	}{
		{"", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"xla", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"xla:cpu", []string{"cpu(0)", "cpu(0)", "cpu(0)"}},
		{"go", []string{"cpu(0) in pure Go", "cpu(0) in pure Go", "cpu(0) in pure Go"}},
		{"xla:cuda", []string{"gpu(0)", "gpu(1)", "gpu(0)"}},
		{"xla:cuda,tf32=false", []string{"gpu(0)", "gpu(1)", "gpu(0)"}},
	} {
		t.Run(c.variable, func(t *testing.T) {
			withoutGPU(t)
			t.Setenv("GOMLX_BACKEND", c.variable)
			got := []string{TryGPU(0).String(), TryGPU(1).String()}
			for _, device := range TryAllGPUs() {
				got = append(got, device.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
}

func TestTryGPUMisuse(t *testing.T) {
	for _, variable := range []string{"", "xla:cpu", "go"} {
		t.Setenv("GOMLX_BACKEND", variable)
		wantPanic(t, func() { TryGPU(-1) }, "d2l: TryGPU takes the number of a GPU, from 0, got -1")
	}
}

// What is chosen for GPUs has no effect on the CPU, and cannot be changed once a GPU has been used.
func TestGPUSettings(t *testing.T) {
	for name, set := range map[string]func(bool){
		"AllowTF32": AllowTF32, "UseDeterministicAlgorithms": UseDeterministicAlgorithms,
	} {
		t.Run(name, func(t *testing.T) {
			withoutGPU(t)
			needsCPU(t)
			freshBackends(t)
			cpu, _, err := CPU(0).Backend()
			noError(t, err)
			set(true)
			set(false)
			xla.Swap(map[xla.Platform]compute.Backend{xla.CPU: cpu, xla.GPU: cpu})
			set(false)
			wantPanic(t, func() { set(true) }, "d2l: "+name+"(true) comes after the first use of a GPU", "at the start")
		})
	}
}

func TestBackend(t *testing.T) {
	for _, c := range []struct {
		variable string
		device   Device
		name     string
	}{
		{"", CPU(0), "xla"},
		{"xla:cpu", CPU(0), "xla"},
		{"go", CPU(0), "xla"}, // The variable is for TryGPU: CPU(0) is the CPU.
		{"go", Device{xla.Go, 0}, "Go Backend"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			if c.device.platform == xla.CPU {
				needsCPU(t)
			}
			t.Setenv("GOMLX_BACKEND", c.variable)
			b, number, err := c.device.Backend()
			noError(t, err)
			if b.Name() != c.name || number != 0 {
				t.Errorf("backend %s, device %d, expected %s, 0", b.Name(), number, c.name)
			}
		})
	}
}

func TestBackendErrors(t *testing.T) {
	for _, c := range []struct {
		name, variable string
		device         Device
		want           []string
	}{
		{"no GPU", "", GPU(0), []string{"cannot compute on gpu(0)", "no NVIDIA GPU", "use TryGPU or CPU(0)"}},
		{"told to use a GPU", "xla:cuda", GPU(0), []string{"no NVIDIA GPU"}},
		{"no such device", "", CPU(99), []string{"there is no cpu(99)", "numbered from 0",
			"with --xla_force_host_platform_device_count=100 in the environment variable XLA_FLAGS"}},
		{"a negative number", "", CPU(-1), []string{"there is no cpu(-1)"}},
		{"pure Go has one", "go", Device{xla.Go, 1}, []string{"there is no cpu(1) in pure Go"}},
		{"nonsense", "tpu", CPU(0), []string{`GOMLX_BACKEND="tpu"`, "xla:cpu, xla:cuda or go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch c.device.platform {
			case xla.GPU:
				withoutGPU(t)
			case xla.CPU:
				needsCPU(t)
			}
			freshBackends(t)
			t.Setenv("GOMLX_BACKEND", c.variable)
			_, _, err := c.device.Backend()
			wantError(t, err, c.want...)
			// Whatever needs the device says the same.
			wantError(t, smallNet().Initialize(c.device, Xavier), c.want...)
			wantError(t, smallNet().LoadParameters("no file", c.device), c.want...)
		})
	}
}
