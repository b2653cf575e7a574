package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func vggBlock(numConvs, channels int) (block d2l.Sequential) {
	for range numConvs {
		block = append(block, d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1, Activation: d2l.ReLU})
	}
	return append(block, d2l.MaxPool2D{PoolSize: 2})
}

// vgg is the book's VGG-11, with all widths divided by ratio.
func vgg(ratio int) *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		vggBlock(1, 64/ratio), vggBlock(1, 128/ratio), vggBlock(2, 256/ratio), vggBlock(2, 512/ratio), vggBlock(2, 512/ratio),
		d2l.Dense{Units: 4096 / ratio, Activation: d2l.ReLU}, d2l.Dropout{Rate: 0.5},
		d2l.Dense{Units: 4096 / ratio, Activation: d2l.ReLU}, d2l.Dropout{Rate: 0.5}, d2l.Dense{Units: 10},
	})
}

// The book's section "Networks Using Blocks (VGG)". The training here is of small images and a narrower net; the book's
// is of images of 224 × 224, with a ratio of 4, a rate of 0.05 and ten epochs.
//
// The shapes are followed by, for example,
//
//	loss 1.977, train acc 0.375, test acc 0.375
//	5.2 examples/sec on cpu(0)
func ExampleTrainCh6_vgg() {
	printShapes(vgg(1), 1, 224, 224)
	trainFew(vgg(8), 0.1, 32)
}

// printShapes prints the shapes of a net's layers as the book does.
func printShapes(net *d2l.Net, input ...int) {
	for _, layer := range d2l.Must(net.Shapes(input...)) {
		fmt.Println(layer.Name, "output shape:", layer.Shape)
	}
}

// trainFew lets a net begin to learn eight images of the given size by heart.
func trainFew(net *d2l.Net, lr float64, size int) {
	d2l.Seed(1)
	_, testIter := d2l.LoadDataFashionMnist(8, size)
	eight := d2l.FirstBatches(testIter, 1)
	d2l.Must(d2l.TrainCh6(net, eight, eight, 12, lr, d2l.TryGPU(0)))
}
