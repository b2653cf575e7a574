package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleDevice() {
	fmt.Println(d2l.CPU(0), d2l.GPU(0), d2l.GPU(1))
	// Output: cpu(0) gpu(0) gpu(1)
}

func ExampleDevice_Backend() {
	backend, number, err := d2l.TryGPU(0).Backend()
	d2l.Check(err)
	fmt.Println(backend.Name(), number)
	// Output: xla 0
}

func ExampleDevices() {
	fmt.Println(d2l.Devices{d2l.GPU(0)}, d2l.Devices{d2l.GPU(0), d2l.GPU(1)})
	// Output: gpu(0) [gpu(0), gpu(1)]
}

// Without a GPU this is cpu(0).
func ExampleTryGPU() {
	fmt.Println(d2l.TryGPU(0) == d2l.TryAllGPUs()[0])
	// Output: true
}

func ExampleTryAllGPUs() {
	for i, device := range d2l.TryAllGPUs() {
		fmt.Println(device == d2l.TryGPU(i))
		break
	}
	// Output: true
}

func ExampleCPU() {
	fmt.Println(d2l.CPU(0), d2l.CPU(0) == d2l.CPU(1))
	// Output: cpu(0) false
}

// Making a Device needs no hardware.
func ExampleGPU() {
	fmt.Println(d2l.GPU(3))
	// Output: gpu(3)
}

// At the start of a program for a large net, which a GPU then trains faster.
func ExampleAllowTF32() {
	d2l.AllowTF32(true)
	fmt.Println("on", d2l.TryGPU(0))
}
