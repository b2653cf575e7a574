package d2l_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// MultiHeadAttention has the weights of all heads as its second output, (batch·heads, queries, keys).
type MultiHeadAttention struct {
	NumHiddens, NumHeads int
	Dropout              float64
	Bias                 bool
}

func (MultiHeadAttention) Kind() string { return "attention" }

func (m MultiHeadAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return m.ForwardN(scope, x)[0]
}

func (m MultiHeadAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	dense := d2l.Dense{Units: m.NumHiddens, LastAxis: true, NoBias: !m.Bias}
	var heads []*graph.Node
	for i, name := range []string{"W_q", "W_k", "W_v"} {
		heads = append(heads, transposeQKV(dense.Forward(scope.In("%s", name), inputs[i]), m.NumHeads))
	}
	for _, lens := range inputs[3:] { // The same for all heads of an example.
		dims := lens.Shape().Dimensions
		lens = graph.BroadcastToDims(graph.ExpandAxes(lens, 1), slices.Insert(slices.Clone(dims), 1, m.NumHeads)...)
		heads = append(heads, graph.Reshape(lens, append([]int{-1}, dims[1:]...)...))
	}
	outputs := DotProductAttention{m.Dropout}.ForwardN(scope.In("attention"), heads...)
	outputs[0] = dense.Forward(scope.In("W_o"), transposeOutput(outputs[0], m.NumHeads))
	return outputs
}

// transposeQKV turns (batch, steps, hiddens) into (batch·heads, steps, hiddens/heads).
func transposeQKV(X *graph.Node, numHeads int) *graph.Node {
	batch, steps := X.Shape().Dim(0), X.Shape().Dim(1)
	X = graph.Transpose(graph.Reshape(X, batch, steps, numHeads, -1), 1, 2)
	return graph.Reshape(X, batch*numHeads, steps, -1)
}

// transposeOutput reverses transposeQKV.
func transposeOutput(X *graph.Node, numHeads int) *graph.Node {
	X = graph.Reshape(X, -1, numHeads, X.Shape().Dim(1), X.Shape().Dim(2))
	return graph.Reshape(graph.Transpose(X, 1, 2), X.Shape().Dim(0), X.Shape().Dim(2), -1)
}

// The book's section "Multi-Head Attention", and self-attention: its keys and values are the queries.
func Example_multiHeadAttention() {
	d2l.Seed(1)
	net := d2l.NewNet(MultiHeadAttention{NumHiddens: 100, NumHeads: 5, Dropout: 0.5})
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

// positions has sines of each position in its even columns, and cosines in its odd ones, of lower and lower frequencies.
func positions(numSteps, numHiddens int) [][]float32 {
	P := make([][]float32, numSteps)
	for i := range P {
		for j := range numHiddens {
			angle := float64(i) / math.Pow(10000, float64(j-j%2)/float64(numHiddens))
			P[i] = append(P[i], float32(math.Sin(angle+float64(j%2)*math.Pi/2)))
		}
	}
	return P
}

// PositionalEncoding adds the positions to its input, (batch, steps, hiddens).
type PositionalEncoding struct{ Dropout float64 }

func (PositionalEncoding) Kind() string { return "positions" }

func (p PositionalEncoding) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	P := graph.Const(x.Graph(), [][][]float32{positions(x.Shape().Dim(1), x.Shape().Dim(2))})
	return d2l.Dropout{Rate: p.Dropout}.Forward(scope, graph.Add(x, P))
}

// The pictures of the book's section "Self-Attention and Positional Encoding".
func Example_positionalEncoding() {
	net := d2l.NewNet(PositionalEncoding{})
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
	showHeatmaps(d2l.Reshape(P, 1, 1, 60, 32), nil)
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
