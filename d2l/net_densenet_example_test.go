package d2l_test

import "github.com/d2l-go/book/d2l"

// denseBlock has convolutions that get all channels before them, and add some.
func denseBlock(numConvs, channels int) (block d2l.Sequential) {
	for range numConvs {
		block = append(block, d2l.Branches{
			d2l.Sequential{}, // The input itself.
			d2l.Sequential{d2l.BatchNorm{}, d2l.ReLU, d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1}},
		})
	}
	return block
}

func transitionBlock(channels int) d2l.Sequential {
	return d2l.Sequential{
		d2l.BatchNorm{}, d2l.ReLU, d2l.Conv2D{Channels: channels, KernelSize: 1}, d2l.AvgPool2D{PoolSize: 2},
	}
}

// denseNet is the book's net, for four dense blocks of four convolutions that add 32 channels each.
func denseNet(numBlocks, numConvs, growthRate int) *d2l.Net {
	channels := 2 * growthRate
	net := d2l.Sequential{
		d2l.Conv2D{Channels: channels, KernelSize: 7, Strides: 2, Padding: 3}, d2l.BatchNorm{}, d2l.ReLU,
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
	}
	for i := range numBlocks {
		net = append(net, denseBlock(numConvs, growthRate))
		channels += numConvs * growthRate
		if i < numBlocks-1 { // Between dense blocks the number of channels is halved.
			channels /= 2
			net = append(net, transitionBlock(channels))
		}
	}
	return d2l.NewNet(append(net, d2l.BatchNorm{}, d2l.ReLU, d2l.GlobalAvgPool2D{}, d2l.Dense{Units: 10}))
}

// The book's section "Densely Connected Networks (DenseNet)", with the shapes that it prints of its blocks.
// Its training is of the whole net, with images of 96 × 96, a rate of 0.1 and ten epochs.
func ExampleTrainCh6_denseNet() {
	printShapes(d2l.NewNet(d2l.Sequential{denseBlock(2, 10), transitionBlock(10)}), 3, 8, 8)
	printShapes(denseNet(4, 4, 32), 1, 96, 96)
	trainFew(denseNet(2, 2, 8), 0.1, 28)
}
