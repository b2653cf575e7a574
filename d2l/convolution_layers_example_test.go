package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Padding and Stride": the heights and widths of outputs.
func Example_paddingAndStride() {
	for _, conv := range []d2l.Conv2D{
		{KernelSize: 3, Padding: 1}, {KernelHW: [2]int{5, 3}, PaddingHW: [2]int{2, 1}},
		{KernelSize: 3, Padding: 1, Strides: 2},
		{KernelHW: [2]int{3, 5}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{3, 4}},
	} {
		conv.Channels = 1
		fmt.Println(d2l.Must(d2l.NewNet(conv).Shapes(1, 8, 8))[0].Shape[2:])
	}
	// Output:
	// (8, 8)
	// (8, 8)
	// (4, 4)
	// (2, 2)
}

// output returns what a layer makes of X, with the kernel K, if there is one, of (output channels, input channels,
// height, width) as in the book.
func output(layer d2l.Layer, X *d2l.Tensor, K ...*d2l.Tensor) *d2l.Tensor {
	net := d2l.NewNet(layer)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(X))
	if len(K) == 0 {
		return y
	}
	sizes, values := d2l.ShapeOf(K[0]), d2l.Values[float32](K[0])
	weight := make([]float32, len(values)) // Of (height, width, input channels, output channels).
	for i, v := range values {
		h, w, in, out := i/sizes[3]%sizes[2], i%sizes[3], i/sizes[3]/sizes[2]%sizes[1], i/sizes[3]/sizes[2]/sizes[1]
		weight[((h*sizes[3]+w)*sizes[1]+in)*sizes[0]+out] = v
	}
	d2l.Check(net.SetParameter("weight", d2l.NewTensor(weight, sizes[2], sizes[3], sizes[1], sizes[0])))
	return d2l.Must(net.Forward(X))
}

// The book's section "Multiple Input and Multiple Output Channels".
func Example_channels() {
	X := d2l.NewTensor([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 2, 3, 3)
	var K []float32
	for added := range 3 { // K, K + 1 and K + 2 are for three output channels.
		for _, k := range []float32{0, 1, 2, 3, 1, 2, 3, 4} {
			K = append(K, k+float32(added))
		}
	}
	conv := func(channels, size int) d2l.Layer {
		return d2l.Conv2D{Channels: channels, KernelSize: size, NoBias: true}
	}
	fmt.Println(output(conv(1, 2), X, d2l.NewTensor(K[:8], 1, 2, 2, 2)).Value())
	fmt.Println(output(conv(3, 2), X, d2l.NewTensor(K, 3, 2, 2, 2)).Value())

	// A convolution of 1 × 1 is a product of matrices, of K and the pixels of the channels.
	fmt.Println(output(conv(2, 1), X, d2l.NewTensor([]float32{1, 2, 3, 4}, 2, 2, 1, 1)).Value())
	x := d2l.Values[float32](X)
	for i := range 9 {
		fmt.Print(1*x[i]+2*x[9+i], " ", 3*x[i]+4*x[9+i], ", ")
	}
	fmt.Println()
	// Output:
	// [[[[56 72] [104 120]]]]
	// [[[[56 72] [104 120]] [[76 100] [148 172]] [[96 128] [192 224]]]]
	// [[[[2 5 8] [11 14 17] [20 23 26]] [[4 11 18] [25 32 39] [46 53 60]]]]
	// 2 4, 5 11, 8 18, 11 25, 14 32, 17 39, 20 46, 23 53, 26 60,
}

// The book's section "Pooling".
func Example_pooling() {
	X := d2l.NewTensor([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8}, 1, 1, 3, 3)
	fmt.Println(output(d2l.MaxPool2D{PoolSize: 2, Strides: 1}, X).Value())
	fmt.Println(output(d2l.AvgPool2D{PoolSize: 2, Strides: 1}, X).Value())
	var x []float32
	for i := range 32 { // The second channel is the first plus one.
		x = append(x, float32(i%16+i/16))
	}
	X = d2l.NewTensor(x[:16], 1, 1, 4, 4)
	fmt.Println(output(d2l.MaxPool2D{PoolSize: 3}, X).Value())
	fmt.Println(output(d2l.MaxPool2D{PoolSize: 3, Padding: 1, Strides: 2}, X).Value())
	fmt.Println(output(d2l.MaxPool2D{PoolHW: [2]int{2, 3}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{2, 3}}, X).Value())
	fmt.Println(output(d2l.MaxPool2D{PoolSize: 3, Padding: 1, Strides: 2}, d2l.NewTensor(x, 1, 2, 4, 4)).Value())
	// Output:
	// [[[[4 5] [7 8]]]]
	// [[[[2 3] [5 6]]]]
	// [[[[10]]]]
	// [[[[5 7] [13 15]]]]
	// [[[[5 7] [13 15]]]]
	// [[[[5 7] [13 15]] [[6 8] [14 16]]]]
}
