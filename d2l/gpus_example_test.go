package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The book's section "GPUs": devices, and a net on one of them. Without a GPU they are the CPU.
func Example_gpus() {
	fmt.Println(d2l.CPU(0), d2l.GPU(0), d2l.GPU(1))
	fmt.Println(len(d2l.TryAllGPUs()) > 0, d2l.TryGPU(0) == d2l.TryAllGPUs()[0], d2l.TryGPU(10) == d2l.CPU(0))

	net, X := d2l.NewNet(d2l.Dense{Units: 1}), d2l.NewTensor([][]float32{{1, 1, 1}, {1, 1, 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Constant(2)))
	fmt.Println(d2l.Must(net.Forward(X)).Value(), net.Device() == d2l.TryGPU(0)) // X is copied there.
	onCPU := d2l.Must(net.CopyTo(d2l.CPU(0)))
	fmt.Println(d2l.Must(onCPU.Forward(X)).Value(), onCPU.Device())

	// A function of arrays, on the device that is named.
	sum := d2l.Compile(addNodes, d2l.TryGPU(0))
	fmt.Println(d2l.Must(sum(X, X)).Value())
	// Output:
	// cpu(0) gpu(0) gpu(1)
	// true true true
	// [[6] [6]] true
	// [[6] [6]] cpu(0)
	// [[2 2 2] [2 2 2]]
}

// resNet18 is the net of the book's section "Concise Implementation for Multiple GPUs".
func resNet18(classes int) *d2l.Net {
	net := d2l.Sequential{d2l.Conv2D{Channels: 64, KernelSize: 3, Padding: 1}, d2l.BatchNorm{}, d2l.ReLU}
	for i, channels := range []int{64, 128, 256, 512} {
		net = append(net, d2l.Sequential{residual(channels, min(i+1, 2), i > 0), residual(channels, 1, false)})
	}
	return d2l.NewNet(append(net, d2l.GlobalAvgPool2D{}, d2l.Dense{Units: classes}))
}

// The book's sections on multiple GPUs: each batch is split over the devices, their gradients are summed, and the
// result is that of one device. Here a small net is trained for a few batches; the book trains this ResNet-18 for ten
// epochs.
func Example_multipleGPUs() {
	printShapes(resNet18(10), 1, 28, 28)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	for _, devices := range [][]d2l.Device{d2l.TryAllGPUs()[:1], d2l.TryAllGPUs()} {
		d2l.Seed(1)
		net := d2l.NewNet(d2l.Dense{Units: 10})
		d2l.Check(net.Initialize(devices[0], d2l.Normal(0.01)))
		trainer, timer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1), devices...)), d2l.NewTimer()
		animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "test acc", XLim: []float64{1, 2}})
		var testAcc float64
		for epoch := range 2 {
			for range trainer.Steps(d2l.FirstBatches(trainIter, 20), timer) {
			}
			d2l.Check(trainer.Err())
			testAcc = d2l.Must(d2l.EvaluateAccuracyGPU(net, d2l.FirstBatches(testIter, 8)))
			animator.Add(float64(epoch+1), testAcc)
		}
		fmt.Println("test acc above 0.6:", testAcc > 0.6)
	}
	// Output:
	// conv0 output shape: (1, 64, 28, 28)
	// batchnorm0 output shape: (1, 64, 28, 28)
	// relu0 output shape: (1, 64, 28, 28)
	// sequential0 output shape: (1, 64, 28, 28)
	// sequential1 output shape: (1, 128, 14, 14)
	// sequential2 output shape: (1, 256, 7, 7)
	// sequential3 output shape: (1, 512, 4, 4)
	// pool0 output shape: (1, 512, 1, 1)
	// dense0 output shape: (1, 10)
	// test acc above 0.6: true
	// test acc above 0.6: true
}
