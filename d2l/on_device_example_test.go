package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// In a loop of the reader's own, X is on the device from the start, and no step
// waits for it to be copied.
func ExampleOnDevice() {
	device := d2l.TryGPU(0)
	_, testIter := d2l.LoadDataFashionMnist(2048)
	for batch, err := range d2l.OnDevice(testIter, device).Iter() {
		d2l.Check(err)
		X := batch.Inputs[0]
		_, number, err := device.Backend()
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(X), "is on the device:", X.IsOnDevice(number))
	}
	// Output:
	// (2048, 1, 28, 28) is on the device: true
	// (2048, 1, 28, 28) is on the device: true
	// (2048, 1, 28, 28) is on the device: true
	// (2048, 1, 28, 28) is on the device: true
	// (1808, 1, 28, 28) is on the device: true
}
