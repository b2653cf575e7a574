package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The first layer of a net with the parameters of one of PyTorch's, which was trained on normalized images.
func ExampleNormalize() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Normalize{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}},
		d2l.Conv2D{Channels: 64, KernelSize: 7, Strides: 2, Padding: 3},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	for _, output := range d2l.Must(net.Outputs(d2l.Ones(1, 3, 224, 224))) {
		fmt.Println(output.Name, output.Shape())
	}
	// Output:
	// normalize0 (1, 3, 224, 224)
	// conv0 (1, 64, 112, 112)
}
