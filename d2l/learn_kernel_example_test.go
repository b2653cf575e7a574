package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// Learning a kernel, as in the book's section "Convolutions for Images": from an image with two vertical edges and the
// image of its edges, 1 from white to black and -1 back, the layer finds the detector [1, -1].
func ExampleTrainer_WithLoss_kernel() {
	d2l.Seed(1)
	X, Y := make([]float32, 6*8), make([]float32, 6*7)
	for row := range 6 {
		for column := range 8 {
			if column < 2 || column >= 6 {
				X[row*8+column] = 1
			}
		}
		Y[row*7+1], Y[row*7+5] = 1, -1
	}
	image := d2l.NewTensor(X, 1, 1, 6, 8)
	edges := d2l.NewTensor(Y, 1, 1, 6, 7)

	net := d2l.NewNet(d2l.Conv2D{Channels: 1, KernelHW: [2]int{1, 2}, NoBias: true})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	const lr = 0.03 * 6 * 7 // The book's loss is the sum over the pixels, this the mean.
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(lr))).WithLoss(d2l.MSELoss{})
	for range 40 {
		_, _, err := trainer.Step(image, edges)
		d2l.Check(err)
	}
	kernel := d2l.Must(d2l.Must(net.Parameter("weight")).Value())
	fmt.Printf("%.2f\n", d2l.Values[float32](kernel))
	// Output: [1.00 -1.00]
}
