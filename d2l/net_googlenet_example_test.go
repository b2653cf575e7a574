package d2l_test

import "github.com/d2l-go/book/d2l"

func convReLU(channels, size int) d2l.Layer {
	return d2l.Conv2D{Channels: channels, KernelSize: size, Padding: size / 2, Activation: d2l.ReLU}
}

// inception is the book's Inception block: four branches, whose channels are concatenated.
func inception(c1 int, c2, c3 [2]int, c4 int) d2l.Layer {
	return d2l.Branches{
		convReLU(c1, 1),
		d2l.Sequential{convReLU(c2[0], 1), convReLU(c2[1], 3)},
		d2l.Sequential{convReLU(c3[0], 1), convReLU(c3[1], 5)},
		d2l.Sequential{d2l.MaxPool2D{PoolSize: 3, Strides: 1, Padding: 1}, convReLU(c4, 1)},
	}
}

var halve = d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1}

// googLeNet is the book's net.
var googLeNet = d2l.Sequential{
	d2l.Sequential{d2l.Conv2D{Channels: 64, KernelSize: 7, Strides: 2, Padding: 3, Activation: d2l.ReLU}, halve},
	d2l.Sequential{convReLU(64, 1), convReLU(192, 3), halve},
	d2l.Sequential{
		inception(64, [2]int{96, 128}, [2]int{16, 32}, 32), inception(128, [2]int{128, 192}, [2]int{32, 96}, 64), halve,
	},
	d2l.Sequential{
		inception(192, [2]int{96, 208}, [2]int{16, 48}, 64), inception(160, [2]int{112, 224}, [2]int{24, 64}, 64),
		inception(128, [2]int{128, 256}, [2]int{24, 64}, 64), inception(112, [2]int{144, 288}, [2]int{32, 64}, 64),
		inception(256, [2]int{160, 320}, [2]int{32, 128}, 128), halve,
	},
	d2l.Sequential{
		inception(256, [2]int{160, 320}, [2]int{32, 128}, 128), inception(384, [2]int{192, 384}, [2]int{48, 128}, 128),
		d2l.GlobalAvgPool2D{}, d2l.Flatten{},
	},
	d2l.Dense{Units: 10},
}

// The book's section "Networks with Parallel Concatenations (GoogLeNet)", with the shapes that it prints. The training
// here is of its first stages and small images; the book's is of the whole net, with images of 96 × 96, a rate of 0.1
// and ten epochs.
func ExampleTrainCh6_googLeNet() {
	printShapes(d2l.NewNet(googLeNet), 1, 96, 96)
	block := inception(8, [2]int{8, 16}, [2]int{4, 8}, 8)
	trainFew(d2l.NewNet(d2l.Sequential{googLeNet[0], block, d2l.GlobalAvgPool2D{}, googLeNet[5]}), 0.1, 28)
}
