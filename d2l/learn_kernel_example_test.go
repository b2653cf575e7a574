package d2l_test

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// windows returns the windows of X of h × w numbers, as (h·w, rows, columns): first the upper left number of every
// window, and so on. The book loops over the windows. A loop that builds a graph adds nodes to it in each turn, so this
// one is over the numbers of a window, which are few.
func windows(X *graph.Node, h, w int) *graph.Node {
	rows, columns := X.Shape().Dim(0)-h+1, X.Shape().Dim(1)-w+1
	var numbers []*graph.Node
	for a := range h {
		for b := range w {
			numbers = append(numbers, graph.Slice(X, graph.AxisRange(a, a+rows), graph.AxisRange(b, b+columns)))
		}
	}
	return graph.Stack(numbers, 0)
}

// corr2d is the cross-correlation of the book's section "Convolutions for Images" from scratch: each window times the
// kernel, summed.
func corr2d(X, K *graph.Node) *graph.Node {
	products := graph.Mul(windows(X, K.Shape().Dim(0), K.Shape().Dim(1)), graph.Reshape(K, -1, 1, 1))
	return graph.ReduceSum(products, 0)
}

// MyConv2D is a layer with one kernel and a bias, for a batch of one image with one channel.
type MyConv2D struct{ Height, Width int }

func (MyConv2D) Kind() string { return "myconv2d" }

func (c MyConv2D) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	weight := scope.VariableWithShape("weight", shapes.Make(X.DType(), c.Height, c.Width))
	bias := scope.VariableWithValue("bias", float32(0))
	Y := corr2d(graph.Squeeze(X, 0, 1), weight.NodeValue(X.Graph()))
	return graph.ExpandLeftToRank(graph.Add(Y, bias.NodeValue(X.Graph())), 4)
}

// The kernel [1, -1] finds the vertical edges of an image, 1 from white to black and -1 back, and none in the
// transposed image. A layer learns it from the image and its edges: the one from scratch, and d2l's.
func ExampleTrainer_WithLoss_kernel() {
	d2l.Seed(1)
	corr := d2l.Compile(corr2d)
	fmt.Println(d2l.Must(corr([][]float32{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}, [][]float32{{0, 1}, {2, 3}})).Value())

	X, K := slices.Repeat([][]float32{{1, 1, 0, 0, 0, 0, 1, 1}}, 6), [][]float32{{1, -1}}
	Y := d2l.Must(corr(X, K))
	fmt.Println(Y.Value())
	transposed := d2l.Compile(func(X, K *graph.Node) *graph.Node { return corr2d(graph.Transpose(X, 0, 1), K) })
	fmt.Println(d2l.Must(transposed(X, K)).Value())

	image, edges := d2l.NewTensor(slices.Concat(X...), 1, 1, 6, 8), d2l.Reshape(Y, 1, 1, 6, 7)
	for _, layer := range []d2l.Layer{MyConv2D{1, 2}, d2l.Conv2D{Channels: 1, KernelHW: [2]int{1, 2}, NoBias: true}} {
		net := d2l.NewNet(layer)
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		// The book's 0.03, for the sum over 42 pixels, is 1.26 for their mean: too much for a layer with a bias.
		trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.4))).WithLoss(d2l.MSELoss{})
		for range 100 {
			_, _, err := trainer.Step(image, edges)
			d2l.Check(err)
		}
		kernel := d2l.Must(d2l.Must(net.Parameter("weight")).Value())
		fmt.Printf("%.2f\n", d2l.Values[float32](kernel))
	}
	// Output:
	// [[19 25] [37 43]]
	// [[0 1 0 0 0 -1 0] [0 1 0 0 0 -1 0] [0 1 0 0 0 -1 0] [0 1 0 0 0 -1 0] [0 1 0 0 0 -1 0] [0 1 0 0 0 -1 0]]
	// [[0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0] [0 0 0 0 0]]
	// [1.00 -1.00]
	// [1.00 -1.00]
}
