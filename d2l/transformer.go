package d2l

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
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
	b.require("EncoderBlock", X)
	attended := b.attention().ForwardN(scope.In("attention"), append([]*graph.Node{X, X}, inputs...)...)
	addNorm := AddNorm{b.Dropout}
	X = addNorm.ForwardN(scope.In("addnorm1"), X, attended[0])[0]
	Y := PositionWiseFFN{b.FFNHiddens, b.NumHiddens}.Forward(scope.In("ffn"), X)
	return []*graph.Node{addNorm.ForwardN(scope.In("addnorm2"), X, Y)[0], attended[1]}
}

func (b EncoderBlock) attention() MultiHeadAttention {
	return MultiHeadAttention{NumHiddens: b.NumHiddens, NumHeads: b.NumHeads, Dropout: b.Dropout, Bias: b.Bias}
}

// require panics unless X fits a block.
func (b EncoderBlock) require(layer string, X *graph.Node) {
	if X.Rank() != 3 || X.Shape().Dim(2) != b.NumHiddens {
		panic(fmt.Sprintf("d2l: %s takes X of shape (batch, steps, %d), as its NumHiddens, got %v", layer, b.NumHiddens,
			Shape(X.Shape().Dimensions)))
	}
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
	X := e.embed("TransformerEncoder", scope, inputs[0])
	var weights []*graph.Node
	for i := range e.NumLayers {
		outputs := e.block().ForwardN(scope.In("block%d", i), append([]*graph.Node{X}, inputs[1:]...)...)
		X, weights = outputs[0], append(weights, outputs[1])
	}
	return []*graph.Node{X, graph.Stack(weights, 1)}
}

func (e TransformerEncoder) block() EncoderBlock {
	return EncoderBlock{e.NumHiddens, e.FFNHiddens, e.NumHeads, e.Dropout, e.Bias}
}

// embed turns tokens into vectors with positions. These have values up to 1, for which the vectors are scaled.
func (e TransformerEncoder) embed(layer string, scope *model.Scope, X *graph.Node) *graph.Node {
	if e.NumLayers <= 0 {
		panic(fmt.Sprintf("d2l: %s needs positive NumLayers, got %d", layer, e.NumLayers))
	}
	X = Embedding{VocabSize: e.VocabSize, EmbedSize: e.NumHiddens}.Forward(scope.In("embedding"), X)
	return PositionalEncoding{e.Dropout}.Forward(scope, graph.MulScalar(X, math.Sqrt(float64(e.NumHiddens))))
}

// DecoderBlock is a Layer of the inputs X, (batch, steps, NumHiddens), the encoder's output, (batch, encoder's steps, n), and,
// unless all of these steps count, their valid lengths as those of MaskedSoftmax: self-attention, in which each step sees
// those up to itself, attention to the encoder, and a network of two layers for each step, each followed by an AddNorm. Its
// outputs are of the shape of X, and the weights of both attentions, (batch, NumHeads, steps, steps) and (batch, NumHeads,
// steps, encoder's steps). The parameters are in attention1, addnorm1, attention2, addnorm2, ffn and addnorm3. (PyTorch's
// nn.TransformerDecoderLayer computes the same, with Bias and a mask.)
//
// Book: DecoderBlock, section "Transformer".
type DecoderBlock EncoderBlock

// Kind returns "block".
func (DecoderBlock) Kind() string { return "block" }

// Settings returns b: see Layer.
func (b DecoderBlock) Settings() any { return b }

// Forward panics, as two inputs are needed: see ForwardN.
func (b DecoderBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return b.ForwardN(scope, x)[0]
}

// ForwardN adds the block to the graph of the inputs. It returns its output and the weights of both attentions.
func (b DecoderBlock) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if len(inputs) < 2 || len(inputs) > 3 {
		panic(fmt.Sprintf("d2l: DecoderBlock takes X, the encoder's output and perhaps its valid lengths, and gets %d inputs",
			len(inputs)))
	}
	X := inputs[0]
	b.block().require("DecoderBlock", X)
	batch, steps := X.Shape().Dim(0), X.Shape().Dim(1)
	upToItself := graph.AddScalar(graph.Iota(X.Graph(), shapes.Make(dtypes.Int32, batch, steps), 1), 1)
	attention, addNorm := b.block().attention(), AddNorm{b.Dropout}
	self := attention.forward(scope.In("attention1"), []*graph.Node{X, X, X, upToItself},
		func(*graph.Node, int) *graph.Node { return nil }) // These are no mask.
	X = addNorm.ForwardN(scope.In("addnorm1"), X, self[0])[0]
	toEncoder := attention.ForwardN(scope.In("attention2"), append([]*graph.Node{X, inputs[1]}, inputs[1:]...)...)
	X = addNorm.ForwardN(scope.In("addnorm2"), X, toEncoder[0])[0]
	Y := PositionWiseFFN{b.FFNHiddens, b.NumHiddens}.Forward(scope.In("ffn"), X)
	return []*graph.Node{addNorm.ForwardN(scope.In("addnorm3"), X, Y)[0], self[1], toEncoder[1]}
}

func (b DecoderBlock) block() EncoderBlock { return EncoderBlock(b) }

// TransformerDecoder is a Layer for the Decoder of an EncoderDecoder whose Encoder is a TransformerEncoder. Its inputs are
// tokens, int32 (batch, steps), the beginning of what is to be predicted; the encoder's output and attention weights; and,
// unless all of the encoder's steps count, their valid lengths. Vectors and positions are those of TransformerEncoder, and go
// through NumLayers of DecoderBlock. Its outputs are the logits of the next tokens, (batch, steps, VocabSize), and three
// arrays of attention weights: the encoder's, as they came, the decoder's own, (batch, NumLayers, NumHeads, steps, steps),
// and those to the encoder, (batch, NumLayers, NumHeads, steps, encoder's steps). The parameters are in embedding, block0,
// block1 and so on, and dense.
//
// Each prediction computes all steps again. (The book's keeps those before.)
//
// Book: TransformerDecoder, section "Transformer".
type TransformerDecoder TransformerEncoder

// Kind returns "decoder".
func (TransformerDecoder) Kind() string { return "decoder" }

// Settings returns d: see Layer.
func (d TransformerDecoder) Settings() any { return d }

// Forward panics, as several inputs are needed: see ForwardN.
func (d TransformerDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

// ForwardN adds the decoder to the graph of the inputs. It returns the logits and the attention weights.
func (d TransformerDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if len(inputs) < 3 || len(inputs) > 4 {
		panic(fmt.Sprintf("d2l: TransformerDecoder takes tokens, the encoder's output and attention weights, and perhaps valid "+
			"lengths, and gets %d inputs: it is for the Decoder of an EncoderDecoder whose Encoder is a TransformerEncoder", len(inputs)))
	}
	e := TransformerEncoder(d)
	X, encoded := e.embed("TransformerDecoder", scope, inputs[0]), append([]*graph.Node{inputs[1]}, inputs[3:]...)
	var self, toEncoder []*graph.Node
	for i := range d.NumLayers {
		outputs := DecoderBlock(e.block()).ForwardN(scope.In("block%d", i), append([]*graph.Node{X}, encoded...)...)
		X, self, toEncoder = outputs[0], append(self, outputs[1]), append(toEncoder, outputs[2])
	}
	logits := Dense{Units: d.VocabSize, LastAxis: true}.Forward(scope.In("dense"), X)
	return []*graph.Node{logits, inputs[2], graph.Stack(self, 1), graph.Stack(toEncoder, 1)}
}
