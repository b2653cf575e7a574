package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
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

// corr2dMultiIn is the cross-correlation of the book's section "Multiple Input and Multiple Output Channels" from
// scratch: the sum over the input channels.
func corr2dMultiIn(X, K *graph.Node) *graph.Node {
	Y := corr2d(at(X, 0), at(K, 0))
	for channel := 1; channel < X.Shape().Dim(0); channel++ {
		Y = graph.Add(Y, corr2d(at(X, channel), at(K, channel)))
	}
	return Y
}

// corr2dMultiInOut is corr2dMultiIn with the kernel of each output channel, stacked.
func corr2dMultiInOut(X, K *graph.Node) *graph.Node {
	var Y []*graph.Node
	for channel := range K.Shape().Dim(0) {
		Y = append(Y, corr2dMultiIn(X, at(K, channel)))
	}
	return graph.Stack(Y, 0)
}

// at is the book's X[i].
func at(X *graph.Node, i int) *graph.Node { return graph.Squeeze(graph.Slice(X, graph.AxisElem(i)), 0) }

// corr2dMultiInOut1x1 is a product of matrices, for kernels of 1 × 1.
func corr2dMultiInOut1x1(X, K *graph.Node) *graph.Node {
	Y := graph.MatMul(graph.Squeeze(K, 2, 3), graph.Reshape(X, X.Shape().Dim(0), -1))
	return graph.Reshape(Y, K.Shape().Dim(0), X.Shape().Dim(1), X.Shape().Dim(2))
}

// forward returns what a net makes of X.
func forward(net *d2l.Net, X ...*d2l.Tensor) *d2l.Tensor {
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	return d2l.Must(net.Forward(X...))
}

// conv2d returns what d2l.Conv2D makes of X with the kernels K. The book's K is (out, in, height, width), the layer's
// weight (height, width, in, out).
func conv2d(X, K *d2l.Tensor) *d2l.Tensor {
	net := d2l.NewNet(d2l.Conv2D{Channels: d2l.ShapeOf(K)[0], KernelSize: d2l.ShapeOf(K)[2], NoBias: true})
	forward(net, X)
	transpose := d2l.Compile(func(K *graph.Node) *graph.Node { return graph.TransposeAllAxes(K, 2, 3, 1, 0) })
	d2l.Check(net.SetParameter("weight", d2l.Must(transpose(K))))
	return d2l.Must(net.Forward(X))
}

// From scratch, and with d2l.Conv2D.
func Example_channels() {
	x := []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	X, K := d2l.NewTensor(x, 2, 3, 3), d2l.NewTensor([]float32{0, 1, 2, 3, 1, 2, 3, 4}, 2, 2, 2)
	fmt.Println(d2l.Must(d2l.Compile(corr2dMultiIn)(X, K)).Value())
	stack := d2l.Compile(func(K *graph.Node) *graph.Node {
		return graph.Stack([]*graph.Node{K, graph.AddScalar(K, 1), graph.AddScalar(K, 2)}, 0)
	})
	K = d2l.Must(stack(K)) // Of three output channels.
	multiInOut := d2l.Compile(corr2dMultiInOut)
	fmt.Println(d2l.ShapeOf(K), d2l.Must(multiInOut(X, K)).Value())
	fmt.Println(conv2d(d2l.NewTensor(x, 1, 2, 3, 3), K).Value())

	K = d2l.NewTensor([]float32{1, 2, 3, 4}, 2, 2, 1, 1)
	fmt.Println(d2l.Must(d2l.Compile(corr2dMultiInOut1x1)(X, K)).Value())
	fmt.Println(d2l.Must(multiInOut(X, K)).Value())
	// Output:
	// [[56 72] [104 120]]
	// (3, 2, 2, 2) [[[56 72] [104 120]] [[76 100] [148 172]] [[96 128] [192 224]]]
	// [[[[56 72] [104 120]] [[76 100] [148 172]] [[96 128] [192 224]]]]
	// [[[2 5 8] [11 14 17] [20 23 26]] [[4 11 18] [25 32 39] [46 53 60]]]
	// [[[2 5 8] [11 14 17] [20 23 26]] [[4 11 18] [25 32 39] [46 53 60]]]
}

// pool2d is the pooling of the book's section "Pooling" from scratch.
func pool2d(X *graph.Node, height, width int, mode string) *graph.Node {
	if mode == "avg" {
		return graph.ReduceMean(windows(X, height, width), 0)
	}
	return graph.ReduceMax(windows(X, height, width), 0)
}

// From scratch, and with d2l's layers, also with padding, strides and two channels.
func Example_pooling() {
	for _, mode := range []string{"max", "avg"} {
		pool := d2l.Compile(func(X *graph.Node) *graph.Node { return pool2d(X, 2, 2, mode) })
		fmt.Println(d2l.Must(pool([][]float32{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}})).Value())
	}
	X := d2l.NewTensor([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8}, 1, 1, 3, 3)
	fmt.Println(forward(d2l.NewNet(d2l.MaxPool2D{PoolSize: 2, Strides: 1}), X).Value())
	fmt.Println(forward(d2l.NewNet(d2l.AvgPool2D{PoolSize: 2, Strides: 1}), X).Value())
	var x []float32
	for i := range 32 { // The second channel is the first plus one.
		x = append(x, float32(i%16+i/16))
	}
	strided := d2l.MaxPool2D{PoolSize: 3, Padding: 1, Strides: 2}
	for _, layer := range []d2l.Layer{
		d2l.MaxPool2D{PoolSize: 3}, strided,
		d2l.MaxPool2D{PoolHW: [2]int{2, 3}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{2, 3}},
	} {
		fmt.Println(forward(d2l.NewNet(layer), d2l.NewTensor(x[:16], 1, 1, 4, 4)).Value())
	}
	fmt.Println(forward(d2l.NewNet(strided), d2l.NewTensor(x, 1, 2, 4, 4)).Value())
	// Output:
	// [[4 5] [7 8]]
	// [[2 3] [5 6]]
	// [[[[4 5] [7 8]]]]
	// [[[[2 3] [5 6]]]]
	// [[[[10]]]]
	// [[[[5 7] [13 15]]]]
	// [[[[5 7] [13 15]]]]
	// [[[[5 7] [13 15]] [[6 8] [14 16]]]]
}
