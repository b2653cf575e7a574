package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Seq2SeqAttentionDecoder computes a context anew for each step: the state so far is the query, and the encoder's
// outputs are keys and values. Its outputs are the logits, the attention weights (batch, steps, keys), and the last
// states.
type Seq2SeqAttentionDecoder d2l.Seq2SeqEncoder

func (Seq2SeqAttentionDecoder) Kind() string { return "decoder" }

func (d Seq2SeqAttentionDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d Seq2SeqAttentionDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	last := len(inputs) - 1
	x, encOutputs, state, validLens := inputs[0], inputs[1], inputs[2:last], inputs[last]
	// Shared by all steps.
	additive := d2l.Share(d2l.AdditiveAttention{NumHiddens: d.NumHiddens, Dropout: d.Dropout})
	rnn := d2l.Share(d2l.GRU{HiddenSize: d.NumHiddens, NumLayers: d.NumLayers, Dropout: d.Dropout})
	attentionScope, rnnScope := scope.In("attention"), scope.In("rnn")
	var outputs, weights []*graph.Node
	x = d2l.Embedding{VocabSize: d.VocabSize, EmbedSize: d.EmbedSize}.Forward(scope.In("embedding"), x)
	for _, x := range graph.Split(x, 1, x.Shape().Dim(1)) {
		query := graph.ExpandAxes(state[len(state)-1], 1)
		context := d2l.ForwardN(additive, attentionScope, query, encOutputs, encOutputs, validLens)
		x = graph.Concatenate([]*graph.Node{context[0], x}, -1)
		out := d2l.ForwardN(rnn, rnnScope, append([]*graph.Node{x}, state...)...)
		outputs, weights, state = append(outputs, out[0]), append(weights, context[1]), out[1:]
	}
	y := d2l.Dense{Units: d.VocabSize, LastAxis: true}.Forward(scope.In("dense"), graph.Concatenate(outputs, 1))
	return append([]*graph.Node{y, graph.Concatenate(weights, 1)}, state...)
}

// bahdanau returns a net that translates, of sizes for a few sentences.
func bahdanau(srcVocabSize, tgtVocabSize, embedSize, numHiddens int) *d2l.Net {
	encoder := d2l.Seq2SeqEncoder{
		VocabSize: srcVocabSize, EmbedSize: embedSize, NumHiddens: numHiddens, NumLayers: 2, Dropout: 0.1,
	}
	decoder := Seq2SeqAttentionDecoder(encoder)
	decoder.VocabSize = tgtVocabSize
	return d2l.NewNet(d2l.EncoderDecoder{Encoder: encoder, Decoder: decoder})
}

// The shapes of the book's section "Bahdanau Attention": logits, attention weights, and the last state of both layers.
func ExampleNet_ForwardN() {
	net := bahdanau(10, 10, 8, 16)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X, lens := d2l.NewTensor(make([]int32, 4*7), 4, 7), d2l.NewTensor([]int32{7, 7, 7, 7})
	for _, output := range d2l.Must(net.ForwardN(X, X, lens)) {
		fmt.Println(d2l.ShapeOf(output))
	}
	// Output:
	// (4, 7, 10)
	// (4, 7, 7)
	// (4, 16)
	// (4, 16)
}

// The net translates a few sentences. The book has more sentences, of 10 tokens, and trains for 250 epochs at half the
// rate.
//
// It prints the loss and the speed, and then sentences: go . => va !, bleu 1.000
func ExamplePredictSeq2Seq() {
	d2l.Seed(1)
	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(pairs, 8, numSteps, 0, 0)
	d2l.Check(err)
	net := bahdanau(srcVocab.Len(), tgtVocab.Len(), 32, 32)
	d2l.Must(d2l.TrainSeq2Seq(net, trainIter, 0.01, 100, tgtVocab, d2l.TryGPU(0)))
	translation, outputs := translateAll(net, srcVocab, tgtVocab)
	weights := outputs[1]
	d2l.Must(d2l.ShowHeatmaps(d2l.Reshape(weights, 1, 1, numSteps, numSteps), d2l.PlotOptions{
		XLabel: "Key positions", YLabel: "Query positions", Titles: []string{translation},
	}))
	// Of each query, the weights of the tokens in "i'm home . <eos>" sum to 1.
	for _, row := range weights.Value().([][][]float32)[0] {
		fmt.Printf("%.3f ", row[0]+row[1]+row[2]+row[3])
	}
	fmt.Println()
}
