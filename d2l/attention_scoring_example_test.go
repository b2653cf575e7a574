package d2l_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// maskedSoftmax is the softmax over the keys of X, (batch, queries, keys), of which the first validLens count: an array
// (batch) or (batch, queries), or nil for all keys.
func maskedSoftmax(X, validLens *graph.Node) *graph.Node {
	if validLens == nil {
		return graph.Softmax(X, -1)
	}
	lens := graph.Reshape(validLens, X.Shape().Dim(0), -1, 1)
	key := graph.Iota(X.Graph(), shapes.Make(lens.DType(), 1, 1, X.Shape().Dim(2)), 2)
	valid := graph.BroadcastToDims(graph.LessThan(key, lens), X.Shape().Dimensions...)
	return graph.Softmax(graph.Where(valid, X, graph.Scalar(X.Graph(), X.DType(), -1e6)), -1)
}

func Example_maskedSoftmax() {
	softmax := d2l.Compile(maskedSoftmax)
	X := d2l.Zeros(2, 2, 4)
	for _, validLens := range []any{[]int32{2, 3}, [][]int32{{1, 3}, {2, 4}}} {
		fmt.Printf("%.2f\n", d2l.Must(softmax(X, validLens)).Value())
	}
	// Output:
	// [[[0.50 0.50 0.00 0.00] [0.50 0.50 0.00 0.00]] [[0.33 0.33 0.33 0.00] [0.33 0.33 0.33 0.00]]]
	// [[[1.00 0.00 0.00 0.00] [0.33 0.33 0.33 0.00]] [[0.50 0.50 0.00 0.00] [0.25 0.25 0.25 0.25]]]
}

// attend returns the outputs of an attention with scores of (batch, queries, keys): the means of the values, and the
// weights. Behind the values there may be valid lengths.
func attend(scope *model.Scope, dropout float64, scores *graph.Node, values []*graph.Node) []*graph.Node {
	weights := maskedSoftmax(scores, append(values, nil)[1])
	return []*graph.Node{graph.MatMul(d2l.Dropout{Rate: dropout}.Forward(scope, weights), values[0]), weights}
}

// AdditiveAttention has the inputs queries, keys, values and, if not all keys count, valid lengths. Queries and keys may
// differ in size.
type AdditiveAttention struct {
	NumHiddens int
	Dropout    float64
}

func (AdditiveAttention) Kind() string { return "attention" }

func (a AdditiveAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

func (a AdditiveAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	hidden := d2l.Dense{Units: a.NumHiddens, LastAxis: true, NoBias: true}
	queries, keys := hidden.Forward(scope.In("W_q"), inputs[0]), hidden.Forward(scope.In("W_k"), inputs[1])
	features := graph.Tanh(graph.Add(graph.ExpandAxes(queries, 2), graph.ExpandAxes(keys, 1)))
	scores := d2l.Dense{Units: 1, LastAxis: true, NoBias: true}.Forward(scope.In("w_v"), features)
	return attend(scope, a.Dropout, graph.Squeeze(scores, -1), inputs[2:])
}

// DotProductAttention scales the products of queries and keys by the root of their size.
type DotProductAttention struct{ Dropout float64 }

func (DotProductAttention) Kind() string { return "attention" }

func (a DotProductAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

func (a DotProductAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	queries, keys := inputs[0], inputs[1]
	scores := graph.MatMul(queries, graph.Transpose(keys, 1, 2))
	scores = graph.DivScalar(scores, math.Sqrt(float64(queries.Shape().Dim(-1))))
	return attend(scope, a.Dropout, scores, inputs[2:])
}

// The attentions of the book's section "Attention Scoring Functions". All keys are the same, so that the weights are, too.
func Example_attentionScoring() {
	d2l.Seed(1)
	ones, numbers := slices.Repeat([]float32{1}, 2*10*2), make([]float32, 40)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	keys, values := d2l.NewTensor(ones, 2, 10, 2), d2l.NewTensor(append(numbers, numbers...), 2, 10, 4)
	for _, layer := range []struct {
		layerN
		querySize int
	}{{AdditiveAttention{8, 0.1}, 20}, {DotProductAttention{0.5}, 2}} {
		queries := d2l.Randn(2, 1, layer.querySize)
		net := d2l.NewNet(layer.layerN)
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		X := []*d2l.Tensor{queries, keys, values, d2l.NewTensor([]int32{2, 6})}
		outputs := d2l.Must(net.ForwardN(X...)) // With the weights.
		fmt.Printf("%.2f\n", outputs[0].Value())
		showHeatmaps(d2l.Reshape(outputs[1], 1, 1, 2, 10), nil)
	}
	// Output:
	// [[[2.00 3.00 4.00 5.00]] [[10.00 11.00 12.00 13.00]]]
	// [[[2.00 3.00 4.00 5.00]] [[10.00 11.00 12.00 13.00]]]
}
