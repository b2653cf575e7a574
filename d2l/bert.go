package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// GetTokensAndSegments returns the tokens of one sentence or of two, as BERT takes them: <cls>, the first sentence,
// <sep>, and, of two, the second one and <sep>. The segments say of each token to which sentence it belongs, 0 or 1. It
// panics on more than two sentences.
//
// Book: get_tokens_and_segments, section "Bidirectional Encoder Representations from Transformers (BERT)".
func GetTokensAndSegments(tokensA []string, tokensB ...[]string) (tokens []string, segments []int32) {
	if len(tokensB) > 1 {
		panic(fmt.Sprintf("d2l: GetTokensAndSegments takes one sentence or two, got %d", 1+len(tokensB)))
	}
	tokens = slices.Concat([]string{"<cls>"}, tokensA, []string{"<sep>"})
	segments = make([]int32, len(tokens))
	for _, sentence := range tokensB {
		tokens = append(append(tokens, sentence...), "<sep>")
		segments = append(segments, slices.Repeat([]int32{1}, len(sentence)+1)...)
	}
	return tokens, segments
}

// BERTEncoder is a Layer of the inputs tokens and segments, int32 (batch, steps), and, unless all steps count, valid
// lengths as those of MaskedSoftmax. The vectors of a token, of its segment, 0 or 1, and of its position are added, and
// go through NumLayers of EncoderBlock, whose attentions have biases. The output is (batch, steps, NumHiddens).
//
// The vectors are drawn from a normal distribution with standard deviation 1, as in the book's PyTorch edition,
// whatever the net's Initializer. Those of positions are learnt, as in the book's text. (Its code in PyTorch leaves
// them as they are drawn.)
//
// The parameters are token_embedding.weight (VocabSize, NumHiddens), segment_embedding.weight (2, NumHiddens),
// pos_embedding (1, MaxLen, NumHiddens), and those of the blocks in blks.0, blks.1 and so on: the names and the shapes
// of the book's class in PyTorch.
//
// Book: BERTEncoder, section "Bidirectional Encoder Representations from Transformers (BERT)".
type BERTEncoder struct {
	VocabSize              int
	NumHiddens, FFNHiddens int // Sizes of a step, and of the hidden layers of the blocks.
	NumHeads, NumLayers    int // NumHeads divides NumHiddens.
	Dropout                float64
	MaxLen                 int // How many positions have a vector, and so the most steps. 0 stands for 1000.
}

// Kind returns "encoder".
func (BERTEncoder) Kind() string { return "encoder" }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (e BERTEncoder) Settings() any {
	e.Dropout, e.MaxLen = 0, e.maxLen()
	return e
}

func (e BERTEncoder) maxLen() int {
	if e.MaxLen == 0 {
		return 1000
	}
	return e.MaxLen
}

// Forward panics, as two inputs are needed: see ForwardN.
func (e BERTEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

// ForwardN adds the encoder to the graph of the inputs. It returns its output alone.
func (e BERTEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	e.require("BERTEncoder", inputs, 3)
	tokens, segments := inputs[0], inputs[1]
	scopeOf := func(name string) *model.Scope { return scope.In("%s", name).WithInitializer(Normal(1)(scope)) }
	X := graph.Add(
		Embedding{VocabSize: e.VocabSize, EmbedSize: e.NumHiddens}.Forward(scopeOf("token_embedding"), tokens),
		Embedding{VocabSize: 2, EmbedSize: e.NumHiddens}.Forward(scopeOf("segment_embedding"), segments))
	shape := shapes.Make(X.DType(), 1, e.maxLen(), e.NumHiddens)
	P := newVariable(scope.WithInitializer(Normal(1)(scope)), "pos_embedding", shape).NodeValue(X.Graph())
	P = graph.Slice(P, graph.AxisRange(), graph.AxisRange(0, tokens.Shape().Dim(1)))
	X = graph.Add(X, graph.BroadcastToShape(P, X.Shape()))
	block, blocks := EncoderBlock{e.NumHiddens, e.FFNHiddens, e.NumHeads, e.Dropout, true}, scope.In("blks")
	for i := range e.NumLayers {
		X = block.ForwardN(blocks.In("%d", i), append([]*graph.Node{X}, inputs[2:]...)...)[0]
	}
	return []*graph.Node{X}
}

// require panics unless there are 2 to most inputs, of which the first are tokens and segments.
func (e BERTEncoder) require(layer string, inputs []*graph.Node, most int) {
	if n := len(inputs); n < 2 || n > most {
		more := map[int]string{3: "perhaps valid lengths", 4: "perhaps valid lengths and positions to predict"}[most]
		panic(fmt.Sprintf("d2l: %s takes tokens, segments and %s, and gets %d %s", layer, more, n,
			plural("input", float64(n))))
	}
	if e.NumLayers <= 0 || e.NumHiddens <= 0 || e.MaxLen < 0 {
		panic(fmt.Sprintf("d2l: %s needs positive NumLayers and NumHiddens, and no negative MaxLen, got %d, %d and %d",
			layer, e.NumLayers, e.NumHiddens, e.MaxLen))
	}
	tokens, segments := inputs[0].Shape(), inputs[1].Shape()
	if tokens.Rank() != 2 || !slices.Equal(tokens.Dimensions, segments.Dimensions) {
		panic(fmt.Sprintf("d2l: %s takes tokens and segments of one shape, (batch, steps), got %v and %v", layer,
			Shape(tokens.Dimensions), Shape(segments.Dimensions)))
	}
	if steps := tokens.Dim(1); steps > e.maxLen() {
		panic(fmt.Sprintf("d2l: %s has vectors for %d positions, and gets %d steps: give a larger MaxLen, or shorter "+
			"sentences", layer, e.maxLen(), steps))
	}
}

// MaskLM is a Layer of the inputs X, (batch, steps, n), and the positions of steps to predict, int32 (batch, number),
// from 0. Its output has the logits of the tokens there, (batch, number, VocabSize), and without positions those of all
// steps. A position that X does not have is an error where a token is one for Embedding. The parameters are those of a
// Dense of NumHiddens with ReLU in mlp.0, of a LayerNorm in mlp.2, and of a Dense in mlp.3.
//
// Book: MaskLM, section "Bidirectional Encoder Representations from Transformers (BERT)".
type MaskLM struct{ VocabSize, NumHiddens int }

// Kind returns "mlm".
func (MaskLM) Kind() string { return "mlm" }

// Settings returns m: see Layer.
func (m MaskLM) Settings() any { return m }

// Forward adds the prediction of all steps to the graph of x.
func (m MaskLM) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return m.ForwardN(scope, x)[0]
}

// ForwardN adds the prediction to the graph of the inputs. It returns its output alone.
func (m MaskLM) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	X := inputs[0]
	if X.Rank() != 3 || len(inputs) > 2 {
		panic("d2l: MaskLM takes X of shape (batch, steps, size), and perhaps positions, and gets " +
			shapesText(shapesOf(inputs), true))
	}
	for _, positions := range inputs[1:] {
		X = stepsAt(X, positions)
	}
	mlp := scope.In("mlp")
	X = Dense{Units: m.NumHiddens, Activation: ReLU, LastAxis: true}.Forward(mlp.In("0"), X)
	X = LayerNorm{}.Forward(mlp.In("2"), X)
	return []*graph.Node{Dense{Units: m.VocabSize, LastAxis: true}.Forward(mlp.In("3"), X)}
}

// stepsAt returns the steps of X, (batch, steps, size), at positions, (batch, number).
func stepsAt(X, positions *graph.Node) *graph.Node {
	steps := X.Shape().Dim(1)
	if positions.Rank() != 2 || positions.Shape().Dim(0) != X.Shape().Dim(0) || !positions.DType().IsInt() {
		panic(fmt.Sprintf("d2l: MaskLM takes positions as integers of shape (%d, number), got %s", X.Shape().Dim(0),
			shapesText(shapesOf([]*graph.Node{positions}), true)))
	}
	demand{x: positions, unmet: func(name string, x *tensors.Tensor) (cause, remedy string, err error) {
		all, err := wholeNumbers(x)
		i := slices.IndexFunc(all, func(at int64) bool { return at < 0 || at >= int64(steps) })
		if err != nil || i < 0 {
			return "", "", err
		}
		if name == "" {
			name = "a position to predict"
		}
		return fmt.Sprintf("%s is %d at %v, and the sentences have the steps 0 to %d", name, all[i], indexOf(i, ShapeOf(x)),
			steps-1), "give positions of tokens", nil
	}}.note()
	chosen := graph.Einsum("bps,bsh->bph", oneHot(positions, steps, X.DType()), X)
	known := graph.BroadcastToShape(graph.ExpandAxes(within(positions, steps), -1), chosen.Shape())
	return graph.Where(known, chosen, graph.MulScalar(graph.OnesLike(chosen), math.NaN()))
}

// NextSentencePred is a Layer of (batch, n), which of BERT is the hidden vector of <cls>: two logits, (batch, 2), of
// which the second is for a sentence that is the next one. Its parameters are those of a Dense in output.
//
// Book: NextSentencePred, section "Bidirectional Encoder Representations from Transformers (BERT)".
type NextSentencePred struct{}

// Kind returns "nsp".
func (NextSentencePred) Kind() string { return "nsp" }

// Forward adds the prediction to the graph of x.
func (NextSentencePred) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return Dense{Units: 2}.Forward(scope.In("output"), x)
}

// BERTModel is a Layer of the inputs of BERTEncoder and, after the valid lengths, positions to predict as those of
// MaskLM. Its outputs are the encoder's, (batch, steps, NumHiddens), the logits of MaskLM, and those of
// NextSentencePred, (batch, 2). The latter sees the encoder's output for <cls>, the first step, through a Dense of
// NumHiddens with tanh.
//
//	net := d2l.NewNet(d2l.BERTModel{VocabSize: vocab.Len(), NumHiddens: 128, FFNHiddens: 256, NumHeads: 2, NumLayers: 2,
//		Dropout: 0.2})
//	outputs, err := net.ForwardN(tokens, segments, validLens, positions) // For BERTLoss.
//	encoded, err := net.Forward(tokens, segments, validLens)             // For other tasks.
//
// The parameters are in encoder, hidden.0, mlm and nsp, as in the book's PyTorch edition. A net for another task that
// has a BERTEncoder in the scope encoder gets the parameters of a pretrained one by Net.LoadMatchingParameters:
// ExampleNet_LoadMatchingParameters_bert is one.
//
// Book: BERTModel, section "Bidirectional Encoder Representations from Transformers (BERT)".
type BERTModel BERTEncoder

// Kind returns "bert".
func (BERTModel) Kind() string { return "bert" }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (b BERTModel) Settings() any { return BERTEncoder(b).Settings() }

// Forward panics, as two inputs are needed: see ForwardN.
func (b BERTModel) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return b.ForwardN(scope, x)[0]
}

// ForwardN adds the model to the graph of the inputs. It returns the encoder's output and the logits of both tasks.
func (b BERTModel) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	e := BERTEncoder(b)
	e.require("BERTModel", inputs, 4)
	encoded := e.ForwardN(scope.In("encoder"), inputs[:min(len(inputs), 3)]...)[0]
	first := graph.Slice(encoded, graph.AxisRange(), graph.AxisElem(0))
	hidden := Dense{Units: b.NumHiddens, Activation: Tanh}.Forward(scope.In("hidden").In("0"), first)
	toPredict := append([]*graph.Node{encoded}, inputs[min(len(inputs), 3):]...)
	mlm := MaskLM{b.VocabSize, b.NumHiddens}.ForwardN(scope.In("mlm"), toPredict...)[0]
	return []*graph.Node{encoded, mlm, NextSentencePred{}.Forward(scope.In("nsp"), hidden)}
}
