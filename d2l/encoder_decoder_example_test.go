package d2l_test

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Seq2SeqDecoder starts with the encoder's last state, which is also the context beside each of its tokens.
type Seq2SeqDecoder struct{ VocabSize, EmbedSize, NumHiddens, NumLayers int }

func (Seq2SeqDecoder) Kind() string { return "decoder" }

func (d Seq2SeqDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d Seq2SeqDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	x, state := inputs[0], inputs[2:] // inputs[1] are the encoder's outputs, for attention.
	context := graph.ExpandAxes(state[len(state)-1], 1)
	context = graph.BroadcastToDims(context, x.Shape().Dim(0), x.Shape().Dim(1), d.NumHiddens)
	x = d2l.Embedding{VocabSize: d.VocabSize, EmbedSize: d.EmbedSize}.Forward(scope.In("embedding"), x)
	x = graph.Concatenate([]*graph.Node{x, context}, -1)
	y, next := d2l.GRU{HiddenSize: d.NumHiddens, NumLayers: d.NumLayers}.ForwardFrom(scope.In("rnn"), x, state)
	y = d2l.Dense{Units: d.VocabSize, LastAxis: true}.Forward(scope.In("dense"), y)
	return append([]*graph.Node{y}, next...)
}

// buildArray turns sentences into tokens, an array (sentences, numSteps).
func buildArray(lines [][]string, vocab *d2l.Vocab, numSteps int) []int32 {
	var all []int32
	for _, line := range lines {
		tokens := append(vocab.Indices(line), vocab.Index("<eos>"))
		all = append(all, d2l.TruncatePad(tokens, numSteps, vocab.Index("<pad>"))...)
	}
	return all
}

// predictS2S translates a sentence, each token by the one that is the most likely after those before it.
func predictS2S(net *d2l.Net, sentence string, source, target *d2l.Vocab, numSteps int) string {
	encX := d2l.NewTensor(buildArray(d2l.Tokenize([]string{sentence}, "word"), source, numSteps), 1, numSteps)
	tokens := []int32{target.Index("<bos>")}
	for len(tokens) <= numSteps {
		decX := d2l.NewTensor(d2l.TruncatePad(tokens, numSteps, target.Index("<pad>")), 1, numSteps)
		next := d2l.Must(d2l.Predict(d2l.Must(net.Forward(encX, decX))))[len(tokens)-1]
		if int32(next) == target.Index("<eos>") {
			break
		}
		tokens = append(tokens, int32(next))
	}
	return strings.Join(target.ToTokens(tokens[1:]...), " ")
}

// Machine translation: the net of the book's section "Sequence to Sequence Learning", on a few sentences. The decoder's
// input is the translation itself, one step later (teacher forcing). <pad> fills up the labels and does not count.
func ExampleEncoderDecoder() {
	const pairs = `go .	va !
wait .	attends !
i lost .	j'ai perdu .
i won .	j'ai gagné .
i'm home .	je suis chez moi .
i'm calm .	je suis calme .
he's calm .	il est calme .
he's home .	il est chez lui .`
	const numSteps, numHiddens, numLayers = 6, 32, 1 // The book has 10, 32, 2.
	var sources, targets []string
	for _, line := range strings.Split(pairs, "\n") {
		source, target, _ := strings.Cut(line, "\t")
		sources, targets = append(sources, source), append(targets, target)
	}
	source, target := d2l.Tokenize(sources, "word"), d2l.Tokenize(targets, "word")
	srcVocab := d2l.NewVocab(source, 0, "<pad>", "<bos>", "<eos>")
	tgtVocab := d2l.NewVocab(target, 0, "<pad>", "<bos>", "<eos>")
	labels := buildArray(target, tgtVocab, numSteps)
	var shifted []int32
	for i := 0; i < len(labels); i += numSteps {
		shifted = append(append(shifted, tgtVocab.Index("<bos>")), labels[i:i+numSteps-1]...)
	}
	encX := d2l.NewTensor(buildArray(source, srcVocab, numSteps), len(source), numSteps)
	decX, y := d2l.NewTensor(shifted, len(source), numSteps), d2l.NewTensor(labels, len(source), numSteps)
	trainIter := d2l.LoadArrays([]*d2l.Tensor{encX, decX}, y, 8, true)

	d2l.Seed(1)
	net := d2l.NewNet(d2l.EncoderDecoder{
		Encoder: d2l.Sequential{
			d2l.Embedding{VocabSize: srcVocab.Len(), EmbedSize: 32},
			d2l.GRU{HiddenSize: numHiddens, NumLayers: numLayers},
		},
		Decoder: Seq2SeqDecoder{tgtVocab.Len(), 32, numHiddens, numLayers},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01).WithGradientClipping(1))).
		WithLoss(d2l.MaskedSoftmaxCELoss{Padding: tgtVocab.Index("<pad>")})
	for range 100 {
		for range trainer.Steps(trainIter, nil) {
		}
		d2l.Check(trainer.Err())
	}
	fmt.Println("loss below 0.05:", d2l.Must(trainer.EvaluateLoss(trainIter)) < 0.05)
	for _, sentence := range []string{"go .", "i lost .", "he's calm .", "i'm home ."} {
		fmt.Println(sentence, "=>", predictS2S(net, sentence, srcVocab, tgtVocab, numSteps))
	}
	// Output:
	// loss below 0.05: true
	// go . => va !
	// i lost . => j'ai perdu .
	// he's calm . => il est calme .
	// i'm home . => je suis chez moi .
}
