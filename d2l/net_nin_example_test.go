package d2l_test

import "github.com/d2l-go/book/d2l"

func ninBlock(channels, size, strides, padding int) d2l.Layer {
	return d2l.Sequential{
		d2l.Conv2D{Channels: channels, KernelSize: size, Strides: strides, Padding: padding, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: channels, KernelSize: 1, Activation: d2l.ReLU},
		d2l.Conv2D{Channels: channels, KernelSize: 1, Activation: d2l.ReLU},
	}
}

// nin is the book's net, with all widths divided by ratio.
func nin(ratio int) *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		ninBlock(96/ratio, 11, 4, 0), d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		ninBlock(256/ratio, 5, 1, 2), d2l.MaxPool2D{PoolSize: 3, Strides: 2},
		ninBlock(384/ratio, 3, 1, 1), d2l.MaxPool2D{PoolSize: 3, Strides: 2}, d2l.Dropout{Rate: 0.5},
		ninBlock(10, 3, 1, 1), d2l.GlobalAvgPool2D{}, d2l.Flatten{}, // There are ten classes.
	})
}

// The book's section "Network in Network (NiN)", with the shapes that it prints.
// Its training is of images of 224 × 224, with the whole net, a rate of 0.1 and ten epochs.
func ExampleTrainCh6_nin() {
	printShapes(nin(1), 1, 224, 224)
	trainFew(nin(4), 0.2, 96)
}
