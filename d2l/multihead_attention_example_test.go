package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Multi-Head Attention", and self-attention, where one array is queries, keys and values.
func ExampleMultiHeadAttention() {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.MultiHeadAttention{NumHiddens: 100, NumHeads: 5, Dropout: 0.5})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X, validLens := d2l.Randn(2, 4, 100), d2l.NewTensor([]int32{3, 2})
	values := d2l.Values[float32](d2l.Randn(12, 100))
	Y := d2l.NewTensor(values, 2, 6, 100)
	output := d2l.Must(net.Forward(X, Y, Y, validLens))
	fmt.Println(d2l.ShapeOf(output))
	fmt.Println(d2l.ShapeOf(d2l.Must(net.Forward(X, X, X, validLens))))
	clear(values[3*100 : 6*100]) // Keys that do not count.
	clear(values[(6+2)*100:])
	Y = d2l.NewTensor(values, 2, 6, 100)
	fmt.Println("masked:", output.InDelta(d2l.Must(net.Forward(X, Y, Y, validLens)), 1e-6))
	for _, p := range net.Parameters() {
		fmt.Println(p.Path(), p.Shape().Dimensions)
	}
	// Output:
	// (2, 4, 100)
	// (2, 4, 100)
	// masked: true
	// /net/W_q/weights [100 100]
	// /net/W_k/weights [100 100]
	// /net/W_v/weights [100 100]
	// /net/W_o/weights [100 100]
}

// The pictures of the book's section "Self-Attention and Positional Encoding".
func ExamplePositionalEncoding() {
	net := d2l.NewNet(d2l.PositionalEncoding{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	P := d2l.Must(net.Forward(d2l.Zeros(1, 60, 32)))
	var Y [][]float64
	var legend []string
	for column := 6; column < 10; column++ {
		var y []float64
		for _, row := range P.Value().([][][]float32)[0] {
			y = append(y, float64(row[column]))
		}
		Y, legend = append(Y, y), append(legend, fmt.Sprint("Col ", column))
	}
	d2l.Must(d2l.Plot(nil, Y, d2l.PlotOptions{XLabel: "Row (position)", Figsize: [2]float64{6, 2.5}, Legend: legend}))
	for i := range 8 {
		fmt.Printf("%d in binary is %03b\n", i, i)
	}
	d2l.Must(d2l.ShowHeatmaps(d2l.Reshape(P, 1, 1, 60, 32), d2l.PlotOptions{XLabel: "Column (encoding dimension)",
		YLabel: "Row (position)", Figsize: [2]float64{3.5, 4}}))
	fmt.Printf("%.3f\n", []float64{Y[0][10], Y[1][10], Y[2][10], Y[3][10]})
	// Output:
	// 0 in binary is 000
	// 1 in binary is 001
	// 2 in binary is 010
	// 3 in binary is 011
	// 4 in binary is 100
	// 5 in binary is 101
	// 6 in binary is 110
	// 7 in binary is 111
	// [0.979 -0.206 0.841 0.540]
}
