package d2l_test

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// gBlock doubles height and width, with strides of 2 and a padding of 1.
func gBlock(channels, strides, padding int) d2l.Sequential {
	return d2l.Sequential{
		d2l.Conv2DTranspose{Channels: channels, KernelSize: 4, Strides: strides, Padding: padding, NoBias: true},
		d2l.BatchNorm{}, d2l.ReLU,
	}
}

// dBlock halves height and width.
func dBlock(channels int) d2l.Sequential {
	return d2l.Sequential{
		d2l.Conv2D{Channels: channels, KernelSize: 4, Strides: 2, Padding: 1, NoBias: true}, d2l.BatchNorm{}, d2l.LeakyReLU{Alpha: 0.2},
	}
}

// dcGenerator makes pictures of 8 × 8, times 2 for each doubling, with n channels before the last layer. The book has 64
// channels and 3 doublings, which gives 64 × 64, and pictures of 3 channels.
func dcGenerator(n, doublings, channels int) d2l.Sequential {
	net := d2l.Sequential{gBlock(n<<doublings, 1, 0)}
	for i := range doublings {
		net = append(net, gBlock(n<<(doublings-1-i), 2, 1))
	}
	return append(net, d2l.Conv2DTranspose{
		Channels: channels, KernelSize: 4, Strides: 2, Padding: 1, NoBias: true, Activation: d2l.Tanh,
	})
}

func dcDiscriminator(n, doublings int) (net d2l.Sequential) {
	for i := range doublings + 1 {
		net = append(net, dBlock(n<<i))
	}
	return append(net, d2l.Conv2D{Channels: 1, KernelSize: 4, NoBias: true})
}

// showPictures shows pictures with values from -1 to 1, in rows of 7.
func showPictures(pictures *d2l.Tensor, rows int) {
	toUnit := d2l.Compile(func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.MulScalar(x, 0.5), 0.5) })
	all := d2l.Must(d2l.Images(d2l.Must(toUnit(pictures))))
	d2l.Must(d2l.ShowImages(all[:7*rows], rows, 7, nil, 0.5))
}

// The book's section "Deep Convolutional Generative Adversarial Networks", with the shapes that it prints. It trains on
// pictures of Pokémon of 64 × 64, for 20 epochs; this trains smaller nets, for as many, on 256 pictures of clothes of
// 16 × 16.
func Example_dcgan() {
	printShapes(d2l.NewNet(gBlock(20, 2, 1)), 3, 16, 16)
	printShapes(d2l.NewNet(gBlock(20, 1, 0)), 3, 1, 1)
	printShapes(d2l.NewNet(dcGenerator(64, 3, 3)), 100, 1, 1)
	alphas, x := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}, []float32(nil)
	for i := range 30 {
		x = append(x, -2+0.1*float32(i))
	}
	var Y [][]float64
	var legend []string
	for _, alpha := range alphas {
		layer := d2l.Layer(d2l.ReLU)
		if alpha > 0 {
			layer = d2l.LeakyReLU{Alpha: alpha}
		}
		leaky := d2l.Compile(func(x *graph.Node) *graph.Node { return layer.Forward(nil, x) })
		Y, legend = append(Y, float64s(d2l.Must(leaky(x)))), append(legend, fmt.Sprint(alpha))
	}
	d2l.Must(d2l.Plot([][]float64{float64s(d2l.NewTensor(x))}, Y, d2l.PlotOptions{XLabel: "x", YLabel: "y", Legend: legend}))
	printShapes(d2l.NewNet(dBlock(20)), 3, 16, 16)
	printShapes(d2l.NewNet(dcDiscriminator(64, 3)), 3, 64, 64)

	d2l.Seed(1)
	var images *d2l.Tensor
	_, clothes := d2l.LoadDataFashionMnist(256, 16)
	for batch, err := range d2l.FirstBatches(clothes, 1).Iter() {
		d2l.Check(err)
		normalize := d2l.Compile(func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.MulScalar(x, 2), -1) })
		images = d2l.Must(normalize(batch.Inputs[0]))
	}
	showPictures(images, 3)
	const latentDim, lr = 20, 0.005
	noise := func(n int) *d2l.Tensor { return d2l.Randn(n, latentDim, 1, 1) }
	opt := d2l.Adam(lr, 0.5, 0.999)
	nets := newGAN(dcDiscriminator(8, 1), dcGenerator(8, 1, 1), images, noise, opt, opt)
	nets.train(d2l.LoadArray(images, d2l.Zeros(256), 64, true), 20)

	// What a step of each changes of the other: nothing, though D normalizes by the batch in a step of G.
	of := func(net *d2l.Net, name string) []float32 {
		return d2l.Values[float32](d2l.Must(net.Parameter(name)).MustValue())
	}
	weight, mean := of(nets.netD, "conv0.weight"), of(nets.netD, "sequential0.batchnorm0.running_mean")
	_, _, err := nets.trainerG.Step(noise(64), d2l.Zeros(64))
	d2l.Check(err)
	fmt.Println("a step of G trains D:", !slices.Equal(of(nets.netD, "conv0.weight"), weight))
	fmt.Println("or moves its running means:", !slices.Equal(of(nets.netD, "sequential0.batchnorm0.running_mean"), mean))
	fmt.Println("batches that G has learnt from:", of(nets.netG, "sequential0.batchnorm0.num_batches_tracked")[0])

	generated := d2l.Must(nets.netG.Forward(noise(21))) // By running statistics; the book's are the batch's.
	showPictures(generated, 3)
	fmt.Println(d2l.ShapeOf(generated))
	// Output:
	// convtranspose0 output shape: (1, 20, 32, 32)
	// batchnorm0 output shape: (1, 20, 32, 32)
	// relu0 output shape: (1, 20, 32, 32)
	// convtranspose0 output shape: (1, 20, 4, 4)
	// batchnorm0 output shape: (1, 20, 4, 4)
	// relu0 output shape: (1, 20, 4, 4)
	// sequential0 output shape: (1, 512, 4, 4)
	// sequential1 output shape: (1, 256, 8, 8)
	// sequential2 output shape: (1, 128, 16, 16)
	// sequential3 output shape: (1, 64, 32, 32)
	// convtranspose0 output shape: (1, 3, 64, 64)
	// conv0 output shape: (1, 20, 8, 8)
	// batchnorm0 output shape: (1, 20, 8, 8)
	// leakyrelu0 output shape: (1, 20, 8, 8)
	// sequential0 output shape: (1, 64, 32, 32)
	// sequential1 output shape: (1, 128, 16, 16)
	// sequential2 output shape: (1, 256, 8, 8)
	// sequential3 output shape: (1, 512, 4, 4)
	// conv0 output shape: (1, 1, 1, 1)
	// a step of G trains D: false
	// or moves its running means: false
	// batches that G has learnt from: 81
	// (21, 1, 16, 16)
}
