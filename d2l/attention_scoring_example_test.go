package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleMaskedSoftmax() {
	softmax := d2l.Compile(d2l.MaskedSoftmax)
	X := d2l.Zeros(2, 2, 4)
	for _, validLens := range []any{[]int32{2, 3}, [][]int32{{1, 3}, {2, 4}}} {
		fmt.Printf("%.2f\n", d2l.Must(softmax(X, validLens)).Value())
	}
	// Output:
	// [[[0.50 0.50 0.00 0.00] [0.50 0.50 0.00 0.00]] [[0.33 0.33 0.33 0.00] [0.33 0.33 0.33 0.00]]]
	// [[[1.00 0.00 0.00 0.00] [0.33 0.33 0.33 0.00]] [[0.50 0.50 0.00 0.00] [0.25 0.25 0.25 0.25]]]
}

// The attentions of the book's section "Attention Scoring Functions". As all keys are equal, so are the weights of those
// that count.
func ExampleAdditiveAttention() {
	d2l.Seed(1)
	numbers := make([]float32, 40)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	keys, values := d2l.Ones(2, 10, 2), d2l.NewTensor(append(numbers, numbers...), 2, 10, 4)
	for _, layer := range []struct {
		d2l.Layer
		querySize int
	}{{d2l.AdditiveAttention{NumHiddens: 8, Dropout: 0.1}, 20}, {d2l.DotProductAttention{Dropout: 0.5}, 2}} {
		queries := d2l.Randn(2, 1, layer.querySize)
		net := d2l.NewNet(layer.Layer)
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		X := []*d2l.Tensor{queries, keys, values, d2l.NewTensor([]int32{2, 6})}
		outputs := d2l.Must(net.ForwardN(X...)) // With the weights.
		fmt.Printf("%.2f\n", outputs[0].Value())
		d2l.Must(d2l.ShowHeatmaps(d2l.Reshape(outputs[1], 1, 1, 2, 10), d2l.PlotOptions{XLabel: "Keys", YLabel: "Queries"}))
	}
	// Output:
	// [[[2.00 3.00 4.00 5.00]] [[10.00 11.00 12.00 13.00]]]
	// [[[2.00 3.00 4.00 5.00]] [[10.00 11.00 12.00 13.00]]]
}

// A query that is far from both keys gives them equal weights, and one that points along a key gives that key almost all.
func ExampleDotProductAttention() {
	net := d2l.NewNet(d2l.DotProductAttention{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	queries := d2l.NewTensor([][][]float32{{{0, 0}, {9, 0}}})
	keys, values := d2l.NewTensor([][][]float32{{{1, 0}, {0, 1}}}), d2l.NewTensor([][][]float32{{{10}, {20}}})
	outputs := d2l.Must(net.ForwardN(queries, keys, values))
	fmt.Printf("%.1f %.2f\n", outputs[0].Value(), outputs[1].Value())
	// Output: [[[15.0] [10.0]]] [[[0.50 0.50] [1.00 0.00]]]
}
