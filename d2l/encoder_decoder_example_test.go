package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// The shapes of the book's section "Sequence to Sequence Learning": the outputs of all steps, and the last state of both
// layers.
func ExampleSeq2SeqEncoder() {
	net := d2l.NewNet(d2l.Seq2SeqEncoder{VocabSize: 10, EmbedSize: 8, NumHiddens: 16, NumLayers: 2})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	for _, output := range d2l.Must(net.ForwardN(d2l.NewTensor(make([]int32, 4*7), 4, 7))) {
		fmt.Println(d2l.ShapeOf(output))
	}
	// Output:
	// (4, 7, 16)
	// (4, 16)
	// (4, 16)
}

// Seq2SeqDecoder starts with the encoder's last state, which is also the context beside each of its tokens. The
// encoder's outputs, inputs[1], and valid lengths, the last of its inputs, are for attention.
type Seq2SeqDecoder struct{ VocabSize, EmbedSize, NumHiddens, NumLayers int }

func (Seq2SeqDecoder) Kind() string { return "decoder" }

func (d Seq2SeqDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d Seq2SeqDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	x, state := inputs[0], inputs[2:2+d.NumLayers]
	context := graph.ExpandAxes(state[len(state)-1], 1)
	context = graph.BroadcastToDims(context, x.Shape().Dim(0), x.Shape().Dim(1), d.NumHiddens)
	x = d2l.Embedding{VocabSize: d.VocabSize, EmbedSize: d.EmbedSize}.Forward(scope.In("embedding"), x)
	x = graph.Concatenate([]*graph.Node{x, context}, -1)
	y, next := d2l.GRU{HiddenSize: d.NumHiddens, NumLayers: d.NumLayers}.ForwardFrom(scope.In("rnn"), x, state)
	y = d2l.Dense{Units: d.VocabSize, LastAxis: true}.Forward(scope.In("dense"), y)
	return append([]*graph.Node{y}, next...)
}

// A few sentences with their translations, where the book has 600. It has 10 steps.
const pairs, numSteps = `go .	va !
wait .	attends !
i lost .	j'ai perdu .
i won .	j'ai gagné .
i'm home .	je suis chez moi .
i'm calm .	je suis calme .
he's calm .	il est calme .
he's home .	il est chez lui .`, 6

// translateAll prints the book's sentences with their translations, which are of the words above, and returns the
// last one with the net's outputs at its last step.
func translateAll(net *d2l.Net, srcVocab, tgtVocab *d2l.Vocab) (translation string, outputs []*d2l.Tensor) {
	for _, pair := range [][2]string{{"go .", "va !"}, {"i lost .", "j'ai perdu ."}, {"he's calm .", "il est calme ."},
		{"i'm home .", "je suis chez moi ."}} {
		var err error
		translation, outputs, err = d2l.PredictSeq2Seq(net, pair[0], srcVocab, tgtVocab, numSteps)
		d2l.Check(err)
		fmt.Printf("%s => %s, bleu %.3f\n", pair[0], translation, d2l.Bleu(translation, pair[1], 2))
	}
	return translation, outputs
}

// Machine translation: the net of the book's section "Sequence to Sequence Learning", on a few sentences. The decoder's
// input is the translation itself, one step later (teacher forcing). <pad> fills up the labels and does not count.
//
// It prints the loss and the speed, and then sentences: go . => va !, bleu 1.000
func ExampleTrainSeq2Seq() {
	d2l.Seed(1)
	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(pairs, 8, numSteps, 0, 0)
	d2l.Check(err)
	const embedSize, numHiddens, numLayers = 32, 32, 1 // The book has 2 layers.
	net := d2l.NewNet(d2l.EncoderDecoder{
		Encoder: d2l.Seq2SeqEncoder{
			VocabSize: srcVocab.Len(), EmbedSize: embedSize, NumHiddens: numHiddens, NumLayers: numLayers,
		},
		Decoder: Seq2SeqDecoder{tgtVocab.Len(), embedSize, numHiddens, numLayers},
	})
	d2l.Must(d2l.TrainSeq2Seq(net, trainIter, 0.01, 100, tgtVocab, d2l.TryGPU(0)))
	translateAll(net, srcVocab, tgtVocab)
}
