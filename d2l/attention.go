package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// DotProductAttention is a Layer of three or four inputs: queries (batch, queries, size), keys (batch, keys, size),
// values (batch, keys, n) and, unless all keys count, valid lengths as in MaskedSoftmax. The score of a query and a key
// is their dot product divided by √size, and the weights of the values are the softmax of the scores. Its outputs are
// the weighted means of the values, (batch, queries, n), and the weights, (batch, queries, keys), as they are before
// Dropout. It has no parameters. Inputs of other shapes are an error.
//
// Book: DotProductAttention, section "Attention Scoring Functions".
type DotProductAttention struct {
	Dropout float64 // Probability that a weight is dropped in training: from 0 to below 1.
}

// Kind returns "attention".
func (DotProductAttention) Kind() string { return "attention" }

// Forward panics, as several inputs are needed: see ForwardN.
func (a DotProductAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

// ForwardN adds the attention to the graph of the inputs. It returns its output and the weights.
func (a DotProductAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return a.forward(scope, inputs, MaskedSoftmax)
}

// forward is ForwardN with a masked softmax.
func (a DotProductAttention) forward(scope *model.Scope, inputs []*graph.Node, softmax softmaxOf) []*graph.Node {
	requireAttention("DotProductAttention", inputs)
	queries, keys := inputs[0], inputs[1]
	if size, other := queries.Shape().Dim(2), keys.Shape().Dim(2); size != other {
		panic(fmt.Sprintf("d2l: DotProductAttention takes queries and keys of one size, got %d and %d: AdditiveAttention "+
			"takes others, and so does MultiHeadAttention", size, other))
	}
	scores := graph.MatMul(queries, graph.Transpose(keys, 1, 2))
	scores = graph.DivScalar(scores, math.Sqrt(float64(queries.Shape().Dim(2))))
	return attend(scope, a.Dropout, scores, inputs[2:], softmax)
}

// AdditiveAttention is a Layer with the inputs and outputs of DotProductAttention, but queries and keys may differ in
// size. The score of a query and a key is the output of a perceptron: one hidden layer with tanh, and no biases. Its
// parameters are W_q.weight (size of a query, NumHiddens), W_k.weight (size of a key, NumHiddens) and w_v.weight
// (NumHiddens, 1).
//
// Book: AdditiveAttention, section "Attention Scoring Functions".
type AdditiveAttention struct {
	NumHiddens int     // Units of the hidden layer.
	Dropout    float64 // Probability that a weight is dropped in training.
}

// Kind returns "attention".
func (AdditiveAttention) Kind() string { return "attention" }

// Settings returns a: see Layer.
func (a AdditiveAttention) Settings() any { return a }

// Forward panics, as several inputs are needed: see ForwardN.
func (a AdditiveAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

// ForwardN adds the attention to the graph of the inputs. It returns its output and the weights.
func (a AdditiveAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	requireAttention("AdditiveAttention", inputs)
	hidden := Dense{Units: a.NumHiddens, LastAxis: true, NoBias: true}
	queries, keys := hidden.Forward(scope.In("W_q"), inputs[0]), hidden.Forward(scope.In("W_k"), inputs[1])
	features := graph.Tanh(graph.Add(graph.ExpandAxes(queries, 2), graph.ExpandAxes(keys, 1)))
	scores := Dense{Units: 1, LastAxis: true, NoBias: true}.Forward(scope.In("w_v"), features)
	return attend(scope, a.Dropout, graph.Squeeze(scores, -1), inputs[2:], MaskedSoftmax)
}

// MultiHeadAttention is a Layer with the inputs of DotProductAttention, whose sizes may differ. Each of NumHeads heads
// is a DotProductAttention of NumHiddens / NumHeads linear functions of the queries, of the keys and of the values. The
// first output, (batch, queries, NumHiddens), is a linear function of the outputs of all heads, side by side. The second
// is the weights of the heads, (batch, NumHeads, queries, keys), before Dropout. Its parameters are those of a Dense in
// each of the scopes W_q, W_k, W_v and W_o.
//
// For self-attention the same array is queries, keys and values.
//
// Book: MultiHeadAttention, section "Multi-Head Attention".
type MultiHeadAttention struct {
	NumHiddens int     // Size of the output for each query.
	NumHeads   int     // Divides NumHiddens.
	Dropout    float64 // Probability that a weight is dropped in training.
	Bias       bool    // Whether the linear functions have biases: use_bias=True.
}

// Kind returns "attention".
func (MultiHeadAttention) Kind() string { return "attention" }

// Settings returns m: see Layer.
func (m MultiHeadAttention) Settings() any { return m }

// Forward panics, as several inputs are needed: see ForwardN.
func (m MultiHeadAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return m.ForwardN(scope, x)[0]
}

// ForwardN adds the attention to the graph of the inputs. It returns its output and the weights of the heads.
func (m MultiHeadAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return m.forward(scope, inputs, demandLens)
}

// forward is ForwardN; isMask, of valid lengths and the number of keys, is demandLens or returns nil.
func (m MultiHeadAttention) forward(scope *model.Scope, inputs []*graph.Node,
	isMask func(lens *graph.Node, keys int) *graph.Node) []*graph.Node {
	requireAttention("MultiHeadAttention", inputs)
	if m.NumHeads <= 0 || m.NumHiddens <= 0 || m.NumHiddens%m.NumHeads != 0 {
		panic(fmt.Sprintf("d2l: MultiHeadAttention needs positive NumHiddens and NumHeads, of which the second divides the "+
			"first, got %d and %d", m.NumHiddens, m.NumHeads))
	}
	dense := Dense{Units: m.NumHiddens, LastAxis: true, NoBias: !m.Bias}
	var heads []*graph.Node // Of the batch: each example has NumHeads of them.
	for i, name := range []string{"W_q", "W_k", "W_v"} {
		X := dense.Forward(scope.In("%s", name), inputs[i])
		X = graph.Reshape(X, X.Shape().Dim(0), X.Shape().Dim(1), m.NumHeads, -1)
		X = graph.Transpose(X, 1, 2)
		heads = append(heads, graph.Reshape(X, -1, X.Shape().Dim(2), X.Shape().Dim(3)))
	}
	var mask *graph.Node
	for _, lens := range inputs[3:] {
		requireLens("MultiHeadAttention", inputs[0].Shape().Dim(0), inputs[0].Shape().Dim(1), lens)
		mask = isMask(lens, inputs[1].Shape().Dim(1))
		// The same for all heads of an example.
		dims := lens.Shape().Dimensions
		lens = graph.BroadcastToDims(graph.ExpandAxes(lens, 1), slices.Insert(slices.Clone(dims), 1, m.NumHeads)...)
		heads = append(heads, graph.Reshape(lens, append([]int{-1}, dims[1:]...)...))
	}
	softmax := func(X, lens *graph.Node) *graph.Node { return maskedSoftmax(X, lens, mask) }
	outputs := DotProductAttention{m.Dropout}.forward(scope.In("attention"), heads, softmax)
	y, weights := m.apart(outputs[0]), m.apart(outputs[1])
	y = graph.Transpose(y, 1, 2)
	y = graph.Reshape(y, y.Shape().Dim(0), y.Shape().Dim(1), -1)
	return []*graph.Node{dense.Forward(scope.In("W_o"), y), weights}
}

// apart turns (batch·heads, …) into (batch, heads, …).
func (m MultiHeadAttention) apart(x *graph.Node) *graph.Node {
	return graph.Reshape(x, append([]int{-1, m.NumHeads}, x.Shape().Dimensions[1:]...)...)
}

// A softmaxOf is MaskedSoftmax, or maskedSoftmax with what demandLens has found.
type softmaxOf func(X, validLens *graph.Node) *graph.Node

// attend returns the outputs of an attention with scores (batch, queries, keys). In values, valid lengths may follow the
// values.
func attend(scope *model.Scope, dropout float64, scores *graph.Node, values []*graph.Node,
	softmax softmaxOf) []*graph.Node {
	weights := softmax(scores, append(values, nil)[1])
	return []*graph.Node{graph.MatMul(Dropout{Rate: dropout}.Forward(scope, weights), values[0]), weights}
}

// requireAttention panics unless the inputs are those of an attention.
func requireAttention(layer string, inputs []*graph.Node) {
	if len(inputs) < 3 || len(inputs) > 4 {
		panic(fmt.Sprintf("d2l: %s takes queries, keys and values, and perhaps valid lengths, and gets %d inputs",
			layer, len(inputs)))
	}
	for _, x := range inputs[:3] {
		if x.Rank() != 3 || x.Shape().Dim(0) != inputs[0].Shape().Dim(0) || !x.DType().IsFloat() {
			panic(fmt.Sprintf("d2l: %s takes queries, keys and values of shape (batch, steps, size) of floating-point numbers, "+
				"got %s", layer, shapesText(shapesOf(inputs[:3]), true)))
		}
	}
	if keys, values := inputs[1].Shape().Dim(1), inputs[2].Shape().Dim(1); keys != values {
		panic(fmt.Sprintf("d2l: %s takes a value for each key, got %d and %d", layer, values, keys))
	}
}

// PositionalEncoding is a Layer that adds to step i of (batch, steps, n) numbers that tell its position:
// sin(i / 10000^(2j/n)) in column 2j, and the cosine of the same in column 2j + 1. So the frequency falls from one pair
// of columns to the next. The output has the shape of the input, and there are no parameters.
//
// Book: PositionalEncoding, section "Self-Attention and Positional Encoding".
type PositionalEncoding struct {
	Dropout float64 // Probability that an element of the sum is dropped in training.
}

// Kind returns "positions".
func (PositionalEncoding) Kind() string { return "positions" }

// Forward adds the encoding to the graph of x.
func (p PositionalEncoding) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() != 3 || !x.DType().IsFloat() {
		panic(fmt.Sprintf("d2l: PositionalEncoding takes (batch, steps, size) of floating-point numbers, got %v of %v",
			Shape(x.Shape().Dimensions), x.DType()))
	}
	positions := make([][]float32, x.Shape().Dim(1))
	for i := range positions {
		for j := range x.Shape().Dim(2) {
			angle := float64(i) / math.Pow(10000, float64(j-j%2)/float64(x.Shape().Dim(2)))
			positions[i] = append(positions[i], float32(math.Sin(angle+float64(j%2)*math.Pi/2)))
		}
	}
	P := graph.ConvertDType(graph.Const(x.Graph(), [][][]float32{positions}), x.DType())
	return Dropout{Rate: p.Dropout}.Forward(scope, graph.Add(x, P))
}
