package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// PositionWiseFFN is a Layer of two fully connected layers, the first with ReLU, that computes the same function of each
// step alone: (batch, steps, n) becomes (batch, steps, NumOutputs). Its parameters are those of Dense in dense1 and dense2.
//
// Book: PositionWiseFFN, section "Transformer".
type PositionWiseFFN struct{ NumHiddens, NumOutputs int }

// Kind returns "ffn".
func (PositionWiseFFN) Kind() string { return "ffn" }

// Settings returns f: see Layer.
func (f PositionWiseFFN) Settings() any { return f }

// Forward adds the network to the graph of x.
func (f PositionWiseFFN) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	x = Dense{Units: f.NumHiddens, Activation: ReLU, LastAxis: true}.Forward(scope.In("dense1"), x)
	return Dense{Units: f.NumOutputs, LastAxis: true}.Forward(scope.In("dense2"), x)
}

// AddNorm is a Layer of the inputs X and Y, of one shape: the LayerNorm of X + Y, where elements of Y are dropped in training.
// Its parameters are those of LayerNorm in ln.
//
// Book: AddNorm, section "Transformer".
type AddNorm struct {
	Dropout float64 // Probability that an element of Y is dropped in training.
}

// Kind returns "addnorm".
func (AddNorm) Kind() string { return "addnorm" }

// Forward panics, as two inputs are needed: see ForwardN.
func (a AddNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

// ForwardN adds the sum and its normalization to the graph of X and Y.
func (a AddNorm) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if len(inputs) != 2 || !inputs[0].Shape().Equal(inputs[1].Shape()) {
		panic("d2l: AddNorm takes two inputs of one shape and type, and gets " + shapesText(shapesOf(inputs), true))
	}
	Y := Dropout{Rate: a.Dropout}.Forward(scope, inputs[1])
	return []*graph.Node{LayerNorm{}.Forward(scope.In("ln"), graph.Add(inputs[0], Y))}
}

// EncoderBlock is a Layer of the inputs X, (batch, steps, NumHiddens), and, unless all steps count, valid lengths as those of
// MaskedSoftmax: self-attention, and a network of two layers for each step, each followed by an AddNorm. Its outputs are of
// the shape of X, and the attention weights, (batch, NumHeads, steps, steps). The parameters are in attention, addnorm1, ffn
// and addnorm2. (PyTorch's nn.TransformerEncoderLayer computes the same, with Bias.)
//
// Book: EncoderBlock, section "Transformer".
type EncoderBlock struct {
	NumHiddens, FFNHiddens int // Sizes of a step, and of the hidden layer.
	NumHeads               int // Divides NumHiddens.
	Dropout                float64
	Bias                   bool // Whether the attention has biases: use_bias=True.
}

// Kind returns "block".
func (EncoderBlock) Kind() string { return "block" }

// Settings returns b: see Layer.
func (b EncoderBlock) Settings() any { return b }

// Forward adds the block to the graph of x, of which all steps count.
func (b EncoderBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return b.ForwardN(scope, x)[0]
}

// ForwardN adds the block to the graph of the inputs. It returns its output and the attention weights.
func (b EncoderBlock) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if len(inputs) > 2 {
		panic(fmt.Sprintf("d2l: EncoderBlock takes X and perhaps valid lengths, and gets %d inputs", len(inputs)))
	}
	X := inputs[0]
	if X.Rank() != 3 || X.Shape().Dim(2) != b.NumHiddens {
		panic(fmt.Sprintf("d2l: EncoderBlock takes X of shape (batch, steps, %d), as its NumHiddens, got %v", b.NumHiddens,
			Shape(X.Shape().Dimensions)))
	}
	attention := MultiHeadAttention{NumHiddens: b.NumHiddens, NumHeads: b.NumHeads, Dropout: b.Dropout, Bias: b.Bias}
	attended := attention.ForwardN(scope.In("attention"), append([]*graph.Node{X, X}, inputs...)...)
	addNorm := AddNorm{b.Dropout}
	X = addNorm.ForwardN(scope.In("addnorm1"), X, attended[0])[0]
	Y := PositionWiseFFN{b.FFNHiddens, b.NumHiddens}.Forward(scope.In("ffn"), X)
	return []*graph.Node{addNorm.ForwardN(scope.In("addnorm2"), X, Y)[0], attended[1]}
}

// TransformerEncoder is a Layer of the inputs tokens, int32 (batch, steps), and, unless all count, valid lengths. The vectors
// of an Embedding, times the root of NumHiddens, get a PositionalEncoding and go through NumLayers of EncoderBlock. Its
// outputs are (batch, steps, NumHiddens) and the attention weights, (batch, NumLayers, NumHeads, steps, steps). The
// parameters are in embedding, block0, block1 and so on.
//
// Book: TransformerEncoder, section "Transformer".
type TransformerEncoder struct {
	VocabSize              int
	NumHiddens, FFNHiddens int
	NumHeads, NumLayers    int
	Dropout                float64
	Bias                   bool // Whether the attentions have biases.
}

// Kind returns "encoder".
func (TransformerEncoder) Kind() string { return "encoder" }

// Settings returns e: see Layer.
func (e TransformerEncoder) Settings() any { return e }

// Forward adds the encoder to the graph of tokens that all count.
func (e TransformerEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

// ForwardN adds the encoder to the graph of the inputs. It returns its output and the attention weights.
func (e TransformerEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if e.NumLayers <= 0 {
		panic(fmt.Sprintf("d2l: TransformerEncoder needs positive NumLayers, got %d", e.NumLayers))
	}
	X := Embedding{VocabSize: e.VocabSize, EmbedSize: e.NumHiddens}.Forward(scope.In("embedding"), inputs[0])
	X = PositionalEncoding{e.Dropout}.Forward(scope, graph.MulScalar(X, math.Sqrt(float64(e.NumHiddens))))
	block := EncoderBlock{e.NumHiddens, e.FFNHiddens, e.NumHeads, e.Dropout, e.Bias}
	var weights []*graph.Node
	for i := range e.NumLayers {
		outputs := block.ForwardN(scope.In("block%d", i), append([]*graph.Node{X}, inputs[1:]...)...)
		X, weights = outputs[0], append(weights, outputs[1])
	}
	return []*graph.Node{X, graph.Stack(weights, 1)}
}
