package d2l_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// topics are what the sentences are made up of, in place of WikiText-2. A crane is a bird, or a machine.
var topics = [][]string{
	strings.Fields("crane bird flying wing feather nest egg sky"),
	strings.Fields("crane driver lifts steel cable tower load site"),
	strings.Fields("ship sails harbour wave sailor storm deck mast"),
	strings.Fields("bread flour oven dough baker salt crust loaf"),
}

func sentence(topic int, random *rand.Rand) (words []string) {
	for range 3 + random.IntN(3) {
		words = append(words, topics[topic][random.IntN(8)])
	}
	return words
}

// writeTopics makes a folder with a file in the layout of WikiText-2: paragraphs of five sentences about one topic.
func writeTopics() (dir string) {
	random, text := rand.New(rand.NewPCG(1, 0)), ""
	for i := range 256 {
		var sentences []string
		for range 5 {
			sentences = append(sentences, strings.Join(sentence(i%len(topics), random), " "))
		}
		text += strings.Join(sentences, " . ") + "\n"
	}
	dir = d2l.Must(os.MkdirTemp("", ""))
	d2l.Check(os.WriteFile(filepath.Join(dir, "wiki.train.tokens"), []byte(text), 0o600))
	return dir
}

func ExampleReadWiki() {
	dir := writeTopics() // The book's: d2l.DownloadExtract("wikitext-2", "wikitext-2")
	defer os.RemoveAll(dir)
	paragraphs := d2l.Must(d2l.ReadWiki(dir))
	fmt.Println(len(paragraphs), "paragraphs; sentences of the first:", len(paragraphs[0]))
	// Output: 256 paragraphs; sentences of the first: 5
}

// The book's section "The Dataset for Pretraining BERT".
func ExampleLoadDataWiki() {
	dir := writeTopics()
	defer os.RemoveAll(dir)
	trainIter, vocab, err := d2l.LoadDataWiki(64, 16, dir)
	d2l.Check(err)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		for _, array := range append(batch.Inputs, batch.Labels...) {
			fmt.Println(d2l.ShapeOf(array))
		}
	}
	fmt.Println(vocab.Len(), "words")
	// Output:
	// (64, 16)
	// (64, 16)
	// (64,)
	// (64, 2)
	// (64, 2)
	// (64, 2)
	// (64,)
	// 36 words
}

// A text of one's own, of two sentences: the second follows the first, or any of both does.
func ExampleLoadDataBERT() {
	trainIter, vocab, err := d2l.LoadDataBERT([][]string{{"the crane flies", "it rests"}}, 1, 9, 0)
	d2l.Check(err)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		tokens := vocab.ToTokens(d2l.Values[int32](batch.Inputs[0])...)
		fmt.Println(len(tokens), "tokens begin with", tokens[0])
	}
	// Output: 9 tokens begin with <cls>
}

// pretrainBERT trains a small BERT, and returns its net and the file of its parameters.
func pretrainBERT(numEpochs int) (bert d2l.BERTModel, net *d2l.Net, vocab *d2l.Vocab, path string) {
	d2l.Seed(1)
	dir := writeTopics()
	trainIter, vocab, err := d2l.LoadDataWiki(64, 16, dir)
	d2l.Check(err)
	bert = d2l.BERTModel{
		VocabSize: vocab.Len(), NumHiddens: 32, FFNHiddens: 64, NumHeads: 2, NumLayers: 2, MaxLen: 16, Dropout: 0.1,
	}
	net = d2l.NewNet(bert)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.003))).WithLoss(d2l.BERTLoss{})
	animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "loss", Legend: []string{"mlm + nsp"}})
	for epoch := range numEpochs {
		metric := d2l.NewAccumulator(2)
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		d2l.Check(animator.Add(float64(epoch+1), metric[0]/metric[1]))
	}
	mlm, nsp := lossesOf(net, trainIter)
	fmt.Fprintf(os.Stderr, "MLM loss %.3f, NSP loss %.3f\n", mlm, nsp)
	fmt.Println("MLM loss below 2.5:", mlm < 2.5, "NSP loss below 0.6:", nsp < 0.6)
	path = filepath.Join(dir, "bert.params")
	d2l.Check(net.SaveParameters(path))
	return bert, net, vocab, path
}

// The book's section "Pretraining BERT", of a net of 32 hidden units in place of 128, on sentences that are made up.
// A word has another vector in another sentence.
func ExampleBERTLoss() {
	_, net, vocab, path := pretrainBERT(10)
	defer os.RemoveAll(filepath.Dir(path))
	encode := func(sentenceA []string, sentenceB ...[]string) *d2l.Tensor {
		tokens, segments := d2l.GetTokensAndSegments(sentenceA, sentenceB...)
		return d2l.Must(net.Forward(d2l.NewTensor(vocab.Indices(tokens), 1, len(tokens)),
			d2l.NewTensor(segments, 1, len(tokens)), d2l.NewTensor([]int32{int32(len(tokens))})))
	}
	text := encode([]string{"crane", "flying"})
	pair := encode([]string{"crane", "driver"}, []string{"steel", "load"})
	fmt.Println(d2l.ShapeOf(text), d2l.ShapeOf(pair))
	crane := func(encoded *d2l.Tensor) []float32 { return encoded.Value().([][][]float32)[0][1] }
	fmt.Println("a crane and a crane are the same:", slices.Equal(crane(text), crane(pair)))
	// Output:
	// MLM loss below 2.5: true NSP loss below 0.6: true
	// (1, 4, 32) (1, 7, 32)
	// a crane and a crane are the same: false
}
