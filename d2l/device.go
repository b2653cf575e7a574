package d2l

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
)

// Device is where arrays live and computations run: cpu(0), gpu(0), gpu(1), …
// A Device can be made without hardware; if it is not available, Backend and the first
// computation there return an error.
//
// Options of XLA's compiler in the environment variable XLA_FLAGS take precedence over
// those that are chosen here, which stand in it while a device is started.
//
// What XLA compiles for the CPU is kept for other programs in the user's cache folder,
// 128 MB at most; the environment variable D2L_COMPILATION_CACHE holds the full path of
// another folder, or is off.
//
// What XLA tunes for a GPU is kept for other programs in the user's cache folder, 64 MB
// at most, unless UseDeterministicAlgorithms is on: then nothing is tuned.
//
// Book: none; it is what section "GPUs" calls a context and passes as ctx.
type Device struct {
	platform xla.Platform
	index    int
}

// CPU returns the i-th CPU device. There is one, cpu(0), unless the environment
// variable XLA_FLAGS has, for example, --xla_force_host_platform_device_count=4. This
// is for testing programs for several devices without a GPU.
//
// Book: npx.cpu, section "GPUs".
func CPU(i int) Device { return Device{xla.CPU, i} }

// GPU returns the i-th GPU, whether it exists or not; see TryGPU.
//
// Book: npx.gpu, section "GPUs".
func GPU(i int) Device { return Device{xla.GPU, i} }

// TryGPU returns the i-th GPU if there is one and the CPU otherwise. A GPU that is
// present but cannot be used is reported on standard error; scripts/setup --cuda installs
// what it needs.
//
// The environment variable GOMLX_BACKEND forces a device: xla:cpu the CPU, xla:cuda the
// GPU, and go GoMLX's own backend in pure Go, which is slower by two orders of
// magnitude and cannot train a net with BatchNorm.
//
// It panics if i is negative.
//
// Book: try_gpu, section "GPUs".
func TryGPU(i int) Device {
	if i < 0 {
		panic(fmt.Sprintf("d2l: TryGPU takes the number of a GPU, from 0, got %d", i))
	}
	if p, forced := xla.Forced(); forced {
		return Device{p, i}.orFirst()
	}
	n, err := xla.NumGPUs()
	if err != nil {
		report.WarnOnce(fmt.Sprintf("d2l: no GPU can be used, computing on cpu(0): %v", err))
	}
	if i < n {
		return GPU(i)
	}
	return CPU(0)
}

// TryAllGPUs returns all GPUs, or the first CPU device if there is no GPU.
// GOMLX_BACKEND forces a device as in TryGPU.
//
// Book: try_all_gpus, section "GPUs".
func TryAllGPUs() []Device {
	first := TryGPU(0)
	if first.platform != xla.GPU {
		return []Device{first}
	}
	n, _ := xla.NumGPUs()
	devices := []Device{first}
	for i := 1; i < n; i++ {
		devices = append(devices, GPU(i))
	}
	return devices
}

// AllowTF32 chooses whether GPUs may round the factors of products of float32 numbers, in
// matrix products and convolutions, to TF32, which has 10 bits of float32's 23 after
// the point; sums stay float32. Large nets are faster with it. It is not allowed at
// first. A CPU never does, and the choice has no effect there.
//
// The choice is for the process. Call it at the start of the program, before TryGPU or
// anything else that uses a GPU: it panics if a GPU has been used with the other
// choice. The environment variables take precedence: GOMLX_BACKEND=xla:cuda,tf32=true or
// false, and for convolutions NVIDIA_TF32_OVERRIDE, NVIDIA's own, which the first
// use of a GPU without TF32 sets to 0.
//
// Book: none; PyTorch has torch.backends.cuda.matmul.allow_tf32, off at first, and
// torch.backends.cudnn.allow_tf32, on at first.
func AllowTF32(allow bool) {
	configureGPU(fmt.Sprintf("AllowTF32(%v)", allow), func(s *xla.GPUSettings) { s.TF32 = allow })
}

// configureGPU changes the settings of GPUs for a call of the user's, and panics if it comes too late.
func configureGPU(call string, change func(*xla.GPUSettings)) {
	if !xla.ConfigureGPU(change) {
		panic(fmt.Sprintf("d2l: %s comes after the first use of a GPU, which it cannot change any more: call it at the "+
			"start of the program, before TryGPU", call))
	}
}

// String returns gpu(0), cpu(0) and so on, and names the backend where it is
// not XLA.
func (d Device) String() string {
	switch d.platform {
	case xla.GPU:
		return fmt.Sprintf("gpu(%d)", d.index)
	case xla.Go:
		return fmt.Sprintf("cpu(%d) in pure Go", d.index)
	default:
		return fmt.Sprintf("cpu(%d)", d.index)
	}
}

// Backend returns the GoMLX backend the device belongs to, started once for
// the process, and the device's number in it. The error says which plugin is
// missing or why it does not start, and what to do.
func (d Device) Backend() (compute.Backend, compute.DeviceNum, error) {
	b, err := d.platform.Start()
	if err != nil {
		return nil, 0, fmt.Errorf("cannot compute on %v: %w", d, err)
	}
	if d.index < 0 || d.index >= b.NumDevices() {
		remedy := ""
		if d.platform == xla.CPU && d.index > 0 {
			remedy = fmt.Sprintf("; to test a program for several, start it with %s=%d in the environment variable XLA_FLAGS",
				"--xla_force_host_platform_device_count", d.index+1)
		}
		return nil, 0, fmt.Errorf("there is no %v: this machine has %d such devices, numbered from 0%s", d, b.NumDevices(),
			remedy)
	}
	return b, compute.DeviceNum(d.index), nil
}

// orFirst returns d for a GPU, and otherwise the first device of its platform:
// TryGPU(3) is cpu(0) if GOMLX_BACKEND forces the CPU.
func (d Device) orFirst() Device {
	if d.platform != xla.GPU {
		d.index = 0
	}
	return d
}

// Devices are several devices that are used together.
//
// Book: none; it uses a list of contexts.
type Devices []Device

// String returns cpu(0) for one device, and [gpu(0), gpu(1)] for several, as the
// book prints them.
func (d Devices) String() string {
	if len(d) == 1 {
		return d[0].String()
	}
	var names []string
	for _, device := range d {
		names = append(names, device.String())
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// requireTogether panics unless devices, which were passed to function, are all
// different and of one kind.
func requireTogether(function string, devices []Device) {
	for i, device := range devices {
		if slices.Contains(devices[:i], device) {
			panic(fmt.Sprintf("d2l: %s takes each device once, got %v", function, Devices(devices)))
		}
		if device.platform != devices[0].platform {
			panic(fmt.Sprintf("d2l: %s takes devices of one kind, got %v", function, Devices(devices)))
		}
	}
}
