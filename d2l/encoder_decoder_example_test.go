package d2l_test

import (
	"fmt"
	"math"
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

// nmt is what a net that translates needs beside its parameters.
type nmt struct {
	source, target *d2l.Vocab
	numSteps       int
	lens           bool // Whether the net has a third input, the lengths of the sentences with <eos>.
}

// loadDataNMT returns a few sentences and their translations, in batches.
func loadDataNMT(numSteps int, lens bool) (*nmt, d2l.DataIter) {
	const pairs = `go .	va !
wait .	attends !
i lost .	j'ai perdu .
i won .	j'ai gagné .
i'm home .	je suis chez moi .
i'm calm .	je suis calme .
he's calm .	il est calme .
he's home .	il est chez lui .`
	var sources, targets []string
	for _, line := range strings.Split(pairs, "\n") {
		source, target, _ := strings.Cut(line, "\t")
		sources, targets = append(sources, source), append(targets, target)
	}
	source, target := d2l.Tokenize(sources, "word"), d2l.Tokenize(targets, "word")
	n := &nmt{
		source:   d2l.NewVocab(source, 0, "<pad>", "<bos>", "<eos>"),
		target:   d2l.NewVocab(target, 0, "<pad>", "<bos>", "<eos>"),
		numSteps: numSteps, lens: lens,
	}
	labels := buildArray(target, n.target, numSteps)
	var shifted []int32
	for i := 0; i < len(labels); i += numSteps {
		shifted = append(append(shifted, n.target.Index("<bos>")), labels[i:i+numSteps-1]...)
	}
	return n, d2l.LoadArrays(n.inputs(source, shifted), d2l.NewTensor(labels, len(source), numSteps), 8, true)
}

// inputs returns the inputs of a net: sentences, and the beginnings of their translations.
func (n *nmt) inputs(source [][]string, decX []int32) []*d2l.Tensor {
	X := buildArray(source, n.source, n.numSteps)
	inputs := []*d2l.Tensor{d2l.NewTensor(X, len(source), n.numSteps), d2l.NewTensor(decX, len(source), n.numSteps)}
	if !n.lens {
		return inputs
	}
	var lens []int32
	for _, line := range source {
		lens = append(lens, int32(min(len(line)+1, n.numSteps)))
	}
	return append(inputs, d2l.NewTensor(lens))
}

// train trains a net and prints whether its loss is small after that.
func (n *nmt) train(net *d2l.Net, trainIter d2l.DataIter, lr float64, numEpochs int) {
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(lr).WithGradientClipping(1))).
		WithLoss(d2l.MaskedSoftmaxCELoss{Padding: n.target.Index("<pad>")})
	for range numEpochs {
		for range trainer.Steps(trainIter, nil) {
		}
		d2l.Check(trainer.Err())
	}
	fmt.Println("loss below 0.05:", d2l.Must(trainer.EvaluateLoss(trainIter)) < 0.05)
}

// predict translates a sentence, each token by the one that is the most likely after those before it. It also returns
// the inputs of the last step.
func (n *nmt) predict(net *d2l.Net, sentence string) (translation string, inputs []*d2l.Tensor) {
	tokens := []int32{n.target.Index("<bos>")}
	for len(tokens) <= n.numSteps {
		decX := d2l.TruncatePad(tokens, n.numSteps, n.target.Index("<pad>"))
		inputs = n.inputs(d2l.Tokenize([]string{sentence}, "word"), decX)
		next := d2l.Must(d2l.Predict(d2l.Must(net.Forward(inputs...))))[len(tokens)-1]
		if int32(next) == n.target.Index("<eos>") {
			break
		}
		tokens = append(tokens, int32(next))
	}
	return strings.Join(n.target.ToTokens(tokens[1:]...), " "), inputs
}

// bleu is the product of a penalty for short predictions and of the precision of each length n of n-grams, up to k, to the
// power of 1/2ⁿ.
func bleu(prediction, label string, k int) float64 {
	predicted, expected := strings.Fields(prediction), strings.Fields(label)
	score := math.Exp(min(0, 1-float64(len(expected))/float64(len(predicted))))
	for n := 1; n <= k; n++ {
		grams, matches := map[string]int{}, 0.0
		for i := range len(expected) - n + 1 {
			grams[strings.Join(expected[i:i+n], " ")]++
		}
		for i := range len(predicted) - n + 1 {
			if gram := strings.Join(predicted[i:i+n], " "); grams[gram] > 0 {
				grams[gram]--
				matches++
			}
		}
		score *= math.Pow(matches/float64(len(predicted)-n+1), math.Pow(0.5, float64(n)))
	}
	return score
}

// predictAll prints the book's sentences with their translations, and returns the last one with the inputs of its last
// step.
func (n *nmt) predictAll(net *d2l.Net) (translation string, inputs []*d2l.Tensor) {
	for _, pair := range [][2]string{{"go .", "va !"}, {"i lost .", "j'ai perdu ."}, {"he's calm .", "il est calme ."},
		{"i'm home .", "je suis chez moi ."}} {
		translation, inputs = n.predict(net, pair[0])
		fmt.Printf("%s => %s, bleu %.3f\n", pair[0], translation, bleu(translation, pair[1], 2))
	}
	return translation, inputs
}

// Machine translation: the net of the book's section "Sequence to Sequence Learning", on a few sentences. The decoder's
// input is the translation itself, one step later (teacher forcing). <pad> fills up the labels and does not count.
func ExampleEncoderDecoder() {
	d2l.Seed(1)
	const numHiddens, numLayers = 32, 1      // The book has 2 layers.
	data, trainIter := loadDataNMT(6, false) // The book has 10 steps.
	net := d2l.NewNet(d2l.EncoderDecoder{
		Encoder: d2l.Sequential{
			d2l.Embedding{VocabSize: data.source.Len(), EmbedSize: 32},
			d2l.GRU{HiddenSize: numHiddens, NumLayers: numLayers},
		},
		Decoder: Seq2SeqDecoder{data.target.Len(), 32, numHiddens, numLayers},
	})
	data.train(net, trainIter, 0.01, 100)
	data.predictAll(net)
	// Output:
	// loss below 0.05: true
	// go . => va !, bleu 1.000
	// i lost . => j'ai perdu ., bleu 1.000
	// he's calm . => il est calme ., bleu 1.000
	// i'm home . => je suis chez moi ., bleu 1.000
}
