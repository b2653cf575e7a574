package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
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

// A bertExample is a row of the book's data set for pretraining.
type bertExample struct {
	tokens                     []string // Some of them masked.
	segments, positions, words []int32  // Positions and words are those of the tokens to predict.
	isNext                     int32
}

// nspData pairs each sentence of a paragraph with the next one, or with any other.
func nspData(paragraph [][]string, paragraphs [][][]string, maxLen int, random *rand.Rand) (examples []bertExample) {
	for i, next := range paragraph[1:] {
		isNext := int32(1)
		if random.Float64() >= 0.5 {
			other := paragraphs[random.IntN(len(paragraphs))]
			next, isNext = other[random.IntN(len(other))], 0
		}
		if tokens, segments := tokensAndSegments(paragraph[i], next); len(tokens) <= maxLen {
			examples = append(examples, bertExample{tokens: tokens, segments: segments, isNext: isNext})
		}
	}
	return examples
}

// mask chooses 15 % of the tokens for prediction. Of these, 80 % become <mask>, 10 % any other, and the others stay.
func (e *bertExample) mask(vocab *d2l.Vocab, random *rand.Rand) {
	var candidates []int32
	for i, token := range e.tokens {
		if token != "<cls>" && token != "<sep>" {
			candidates = append(candidates, int32(i))
		}
	}
	random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	e.positions = candidates[:numPreds(len(e.tokens))]
	slices.Sort(e.positions)
	for _, i := range e.positions {
		e.words = append(e.words, vocab.Index(e.tokens[i]))
		if random.Float64() < 0.8 {
			e.tokens[i] = "<mask>"
		} else if random.Float64() >= 0.5 {
			e.tokens[i] = vocab.ToTokens(int32(random.IntN(vocab.Len())))[0]
		}
	}
}

func numPreds(tokens int) int { return max(1, int(math.Round(0.15*float64(tokens)))) }

// loadTopics is the book's load_data_wiki, for paragraphs of five sentences about one topic.
func loadTopics(batchSize, maxLen int) (d2l.DataIter, *d2l.Vocab) {
	random := rand.New(rand.NewPCG(1, 0))
	var paragraphs [][][]string
	for i := range 256 {
		var paragraph [][]string
		for range 5 {
			paragraph = append(paragraph, sentence(i%len(topics), random))
		}
		paragraphs = append(paragraphs, paragraph)
	}
	vocab := d2l.NewVocab(slices.Concat(paragraphs...), 5, "<pad>", "<mask>", "<cls>", "<sep>")
	var tokens, positions, segments, validLens, words, weights, isNext []int32
	preds := numPreds(maxLen)
	for _, paragraph := range paragraphs {
		for _, e := range nspData(paragraph, paragraphs, maxLen, random) {
			e.mask(vocab, random)
			tokens = append(tokens, d2l.TruncatePad(vocab.Indices(e.tokens), maxLen, vocab.Index("<pad>"))...)
			positions = append(positions, d2l.TruncatePad(e.positions, preds, 0)...)
			segments = append(segments, d2l.TruncatePad(e.segments, maxLen, 0)...)
			validLens = append(validLens, int32(len(e.tokens)))
			words = append(words, d2l.TruncatePad(e.words, preds, 0)...)
			weights = append(weights, d2l.TruncatePad(slices.Repeat([]int32{1}, len(e.words)), preds, 0)...)
			isNext = append(isNext, e.isNext)
		}
	}
	n := len(isNext)
	inputs := []*d2l.Tensor{
		d2l.NewTensor(tokens, n, maxLen), d2l.NewTensor(positions, n, preds), d2l.NewTensor(segments, n, maxLen),
		d2l.NewTensor(validLens),
	}
	labels := []*d2l.Tensor{d2l.NewTensor(words, n, preds), d2l.NewTensor(weights, n, preds), d2l.NewTensor(isNext)}
	return d2l.LoadArrays(inputs, labels, batchSize, true), vocab
}

// The book's section "The Dataset for Pretraining BERT".
func Example_bertDataset() {
	trainIter, vocab := loadTopics(64, 16)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		for _, array := range append(batch.Inputs, batch.Labels...) {
			fmt.Println(d2l.ShapeOf(array))
		}
	}
	fmt.Println(vocab.Len(), "words")
	// Output:
	// (64, 16)
	// (64, 2)
	// (64, 16)
	// (64,)
	// (64, 2)
	// (64, 2)
	// (64,)
	// 36 words
}

// pretrainBERT trains a small BERT, and returns the file of its parameters.
func pretrainBERT(numEpochs int) (encoder BERTEncoder, vocab *d2l.Vocab, path string) {
	d2l.Seed(1)
	trainIter, vocab := loadTopics(64, 16)
	encoder = BERTEncoder{
		VocabSize: vocab.Len(), NumHiddens: 32, FFNHiddens: 64, NumHeads: 2, NumLayers: 2, MaxLen: 16, Dropout: 0.1,
	}
	net := bertModel(encoder)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.003))).
		WithLoss(d2l.LossFuncN(func(yHats, ys []*graph.Node) *graph.Node {
			losses := bertLosses(yHats, ys)
			return graph.Add(losses[0], losses[1])
		}))
	animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "loss", Legend: []string{"mlm + nsp"}})
	for epoch := range numEpochs {
		metric := d2l.NewAccumulator(2)
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		d2l.Check(animator.Add(float64(epoch+1), metric[0]/metric[1]))
	}
	metric := d2l.NewAccumulator(3)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		outputs, labels := d2l.Must(net.ForwardN(batch.Inputs...)), batch.Labels
		results := d2l.Must(bertLossesOf(outputs[0], outputs[1], labels[0], labels[1], labels[2]))
		metric.Add(float64s(results[0])[0], float64s(results[1])[0], 1)
	}
	fmt.Fprintf(os.Stderr, "MLM loss %.3f, NSP loss %.3f\n", metric[0]/metric[2], metric[1]/metric[2])
	fmt.Println("MLM loss below 2.5:", metric[0]/metric[2] < 2.5, "NSP loss below 0.6:", metric[1]/metric[2] < 0.6)
	path = filepath.Join(d2l.Must(os.MkdirTemp("", "")), "bert.params")
	d2l.Check(net.SaveParameters(path))
	return encoder, vocab, path
}

// encoderName returns the name of a parameter of the encoder in a net that begins with it, and "" for any other.
func encoderName(name string) string {
	if name, found := strings.CutPrefix(name, "encoder."); found {
		return "bert0." + name
	}
	return ""
}

// The book's section "Pretraining BERT", of a net of 32 hidden units in place of 128, on sentences that are made up. As in
// the book's text, positions are learnt, and padding among the masked words does not count; its code in PyTorch does
// neither. A word has another vector in another sentence.
func ExampleTrainer_WithLoss_bert() {
	encoder, vocab, path := pretrainBERT(10)
	defer os.RemoveAll(filepath.Dir(path))
	net := d2l.NewNet(d2l.Sequential{encoder})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	encode := func(sentences ...[]string) *d2l.Tensor {
		tokens, segments := tokensAndSegments(sentences...)
		return d2l.Must(net.Forward(d2l.NewTensor(vocab.Indices(tokens), 1, len(tokens)),
			d2l.NewTensor(segments, 1, len(tokens)), d2l.NewTensor([]int32{int32(len(tokens))})))
	}
	encode(nil) // Draws the parameters.
	fmt.Println(d2l.Must(net.LoadMatchingParameters(path, encoderName)))
	text := encode([]string{"crane", "flying"})
	pair := encode([]string{"crane", "driver"}, []string{"steel", "load"})
	fmt.Println(d2l.ShapeOf(text), d2l.ShapeOf(pair))
	crane := func(encoded *d2l.Tensor) []float32 { return encoded.Value().([][][]float32)[0][1] }
	fmt.Println("a crane and a crane are the same:", slices.Equal(crane(text), crane(pair)))
	// Output:
	// MLM loss below 2.5: true NSP loss below 0.6: true
	// 35 of the net's 35 tensors loaded
	// (1, 4, 32) (1, 7, 32)
	// a crane and a crane are the same: false
}
