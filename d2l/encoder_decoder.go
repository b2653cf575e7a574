package d2l

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// EncoderDecoder is a Layer of two inputs or more: those of the encoder, X of a sequence to translate, and of the
// decoder, the beginning of its translation; and, for both, others such as valid lengths. Both have the method ForwardN
// (see Layer), where they need it:
//
//	encoded := encoder.ForwardN(scope, encX, args...)
//	outputs := decoder.ForwardN(scope, decX, encoded..., args...)
//
// So an encoder without args can be a Sequential of Embedding and GRU, which returns the outputs of all steps, (batch,
// steps, HiddenSize), and then the last state of each layer, (batch, HiddenSize); Seq2SeqEncoder is one that takes
// valid lengths, too. A decoder is a type of your own, as in the book, or a TransformerDecoder. The net's output is the
// first of outputs.
//
// The parameters are in the scopes encoder and decoder.
//
// Book: EncoderDecoder, section "Encoder-Decoder Architecture".
type EncoderDecoder struct{ Encoder, Decoder Layer }

// Kind returns "encoderdecoder".
func (EncoderDecoder) Kind() string { return "encoderdecoder" }

// Forward panics, as two inputs are needed: the net calls ForwardN.
func (e EncoderDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

// ForwardN adds the encoder and the decoder to the graph of the inputs. It returns the decoder's outputs.
func (e EncoderDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) (outputs []*graph.Node) {
	if len(inputs) < 2 {
		panic(fmt.Sprintf("d2l: EncoderDecoder takes the encoder's input and the decoder's, 2 or more with lengths and the "+
			"like, and gets %d: give both, as in net.Forward(encX, decX)", len(inputs)))
	}
	args := inputs[2:]
	for name, layer := range e.parts() {
		of := append([]*graph.Node{inputs[0]}, args...)
		if name == "decoder" {
			of = append(append([]*graph.Node{inputs[1]}, outputs...), args...)
		}
		outputs = forwardStep(name, layer, scope.In("%s", name), of, true)
	}
	return outputs
}

// parts iterates over Encoder and Decoder. It panics without one of them.
func (e EncoderDecoder) parts() iter.Seq2[string, Layer] {
	return func(yield func(string, Layer) bool) {
		for i, layer := range []Layer{e.Encoder, e.Decoder} {
			if nothing := absent(layer); nothing != "" {
				name := []string{"Encoder", "Decoder"}[i]
				panic(fmt.Sprintf("d2l: the %s of an EncoderDecoder is %s: give a layer", name, nothing))
			}
		}
		if yield("encoder", e.Encoder) {
			yield("decoder", e.Decoder)
		}
	}
}

// Seq2SeqEncoder is a Layer for the Encoder of an EncoderDecoder: an Embedding and a GRU of NumLayers. Its inputs are
// tokens, int32 (batch, steps), and perhaps their valid lengths, which it ignores, as the book's does: the decoder
// gets them, too. So the last state is that after <pad>. Its outputs are those of the last layer at all steps,
// (batch, steps, NumHiddens), and the last state of each layer, (batch, NumHiddens): a decoder has them from its
// second input on.
//
// The parameters are in embedding and rnn, as in the book's PyTorch edition.
//
// Book: Seq2SeqEncoder, section "Sequence to Sequence Learning".
type Seq2SeqEncoder struct {
	VocabSize, EmbedSize  int
	NumHiddens, NumLayers int
	Dropout               float64 // The rate between layers of the GRU, in training.
}

// Kind returns "encoder".
func (Seq2SeqEncoder) Kind() string { return "encoder" }

// Settings returns what decides what the layer computes outside of training: see Layer.
func (e Seq2SeqEncoder) Settings() any {
	e.Dropout = 0
	return e
}

// Forward adds the encoder to the graph of x, and returns the outputs of all steps.
func (e Seq2SeqEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

// ForwardN adds the encoder to the graph of the inputs. It returns the outputs of all steps and the last states.
func (e Seq2SeqEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	if len(inputs) > 2 {
		panic(fmt.Sprintf("d2l: Seq2SeqEncoder takes tokens and perhaps their valid lengths, and gets %d inputs",
			len(inputs)))
	}
	x := Embedding{VocabSize: e.VocabSize, EmbedSize: e.EmbedSize}.Forward(scope.In("embedding"), inputs[0])
	return GRU{HiddenSize: e.NumHiddens, NumLayers: e.NumLayers, Dropout: e.Dropout}.ForwardN(scope.In("rnn"), x)
}
