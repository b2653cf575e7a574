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
	"github.com/gomlx/gomlx/ml/model"
)

// tokensAndSegments returns the tokens of one or two sentences, and for each token to which of them it belongs.
func tokensAndSegments(sentences ...[]string) (tokens []string, segments []int32) {
	tokens, segments = []string{"<cls>"}, []int32{0}
	for i, sentence := range sentences {
		tokens = append(append(tokens, sentence...), "<sep>")
		segments = append(segments, slices.Repeat([]int32{int32(i)}, len(sentence)+1)...)
	}
	return tokens, segments
}

// BERTEncoder takes tokens and their segments, (batch, steps), and how many of the tokens are no padding, (batch). Its
// blocks are the Transformer's, but the vector of a position is learnt.
type BERTEncoder struct {
	VocabSize, NumHiddens, FFNHiddens, NumHeads, NumLayers, MaxLen int
	Dropout                                                        float64
}

func (BERTEncoder) Kind() string { return "bert" }

func (e BERTEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

func (e BERTEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	tokens, segments, validLens := inputs[0], inputs[1], inputs[2]
	embed := func(name string, size int, x *graph.Node) *graph.Node {
		embedding := d2l.WithInit(d2l.Embedding{VocabSize: size, EmbedSize: e.NumHiddens}, d2l.Normal(1))
		return embedding.Forward(scope.In("%s", name), x)
	}
	X := graph.Add(embed("token_embedding", e.VocabSize, tokens), embed("segment_embedding", 2, segments))
	X = graph.Add(X, embed("pos_embedding", e.MaxLen, graph.IotaLike(tokens, 1)))
	block := d2l.EncoderBlock{
		NumHiddens: e.NumHiddens, FFNHiddens: e.FFNHiddens, NumHeads: e.NumHeads, Dropout: e.Dropout, Bias: true,
	}
	for i := range e.NumLayers {
		X = block.ForwardN(scope.In("block%d", i), X, validLens)[0]
	}
	return []*graph.Node{X}
}

// BERTTasks predicts the masked words, from their positions and the encoder's output, and whether the second sentence
// is the next one. A loss gets one output, so the logits of both tasks stand side by side.
type BERTTasks struct{ VocabSize, NumHiddens int }

func (BERTTasks) Kind() string { return "berttasks" }

func (t BERTTasks) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return t.ForwardN(scope, x)[0]
}

func (t BERTTasks) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	positions, encoded := inputs[0], inputs[1]
	batch, steps := encoded.Shape().Dim(0), encoded.Shape().Dim(1)
	chosen := d2l.OneHot{VocabSize: steps}.Forward(scope, positions)
	mlm := d2l.Sequential{
		d2l.Dense{Units: t.NumHiddens, Activation: d2l.ReLU, LastAxis: true}, d2l.LayerNorm{},
		d2l.Dense{Units: t.VocabSize, LastAxis: true},
	}.Forward(scope.In("mlm"), graph.Einsum("bps,bsh->bph", chosen, encoded))
	nsp := d2l.Sequential{
		FirstToken{}, d2l.Dense{Units: t.NumHiddens, Activation: d2l.Tanh}, d2l.Dense{Units: 2},
	}.Forward(scope.In("nsp"), encoded)
	return []*graph.Node{graph.Concatenate([]*graph.Node{graph.Reshape(mlm, batch, -1), nsp}, 1)}
}

// FirstToken passes on the vector of <cls>.
type FirstToken struct{}

func (FirstToken) Kind() string { return "firsttoken" }

func (FirstToken) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.Slice(x, graph.AxisRange(), graph.AxisElem(0))
}

// bertModel is the book's BERTModel. Its inputs are tokens, positions of masked words, segments and valid lengths.
func bertModel(encoder BERTEncoder) *d2l.Net {
	return d2l.NewNet(d2l.EncoderDecoder{
		Encoder: encoder, Decoder: BERTTasks{VocabSize: encoder.VocabSize, NumHiddens: encoder.NumHiddens},
	})
}

// bertLosses returns the losses of the two tasks. A row of y has the masked words, their weights, which are 0 for
// padding, and whether the second sentence is the next one.
func bertLosses(yHat, y *graph.Node) []*graph.Node {
	batch, preds := y.Shape().Dim(0), y.Shape().Dim(1)/2
	logits := func(from, to int) *graph.Node { return graph.Slice(yHat, graph.AxisRange(), graph.AxisRange(from, to)) }
	labels := func(from, to int) *graph.Node { return graph.Slice(y, graph.AxisRange(), graph.AxisRange(from, to)) }
	loss, width := d2l.SoftmaxCrossEntropyLoss{}, yHat.Shape().Dim(1)-2
	mlm := loss.Forward(graph.Reshape(logits(0, width), batch, preds, -1), labels(0, preds))
	weights := graph.ConvertDType(labels(preds, 2*preds), mlm.DType())
	mlm = graph.Div(graph.ReduceAllSum(graph.Mul(mlm, weights)), graph.AddScalar(graph.ReduceAllSum(weights), 1e-8))
	nsp := loss.Forward(logits(width, width+2), graph.Reshape(labels(2*preds, 2*preds+1), -1))
	return []*graph.Node{mlm, graph.ReduceAllMean(nsp)}
}

// The shapes of the book's section "Bidirectional Encoder Representations from Transformers (BERT)", with a tenth of
// its words and 96 hidden units in place of 768.
func ExampleEncoderDecoder_bert() {
	encoder := BERTEncoder{
		VocabSize: 1000, NumHiddens: 96, FFNHiddens: 128, NumHeads: 4, NumLayers: 2, MaxLen: 1000, Dropout: 0.2,
	}
	tokens := d2l.NewTensor(append(upTo(8), upTo(8)...), 2, 8)
	segments := d2l.NewTensor([][]int32{{0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}})
	validLens := d2l.NewTensor([]int32{8, 8})
	net := d2l.NewNet(encoder)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	fmt.Println("encoded:", d2l.ShapeOf(d2l.Must(net.Forward(tokens, segments, validLens))))
	net = bertModel(encoder)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	positions := d2l.NewTensor([][]int32{{1, 5, 2}, {6, 1, 5}})
	logits := d2l.Must(net.Forward(tokens, positions, segments, validLens))
	fmt.Println("logits:", d2l.ShapeOf(logits), "= 3 · 1000 + 2")
	// Two masked words of a vocabulary of two, of which the second does not count, and a next sentence.
	yHat, y := d2l.NewTensor([][]float32{{2, 0, 0, 5, 0, 3}}), d2l.NewTensor([][]int32{{0, 0, 1, 0, 1}})
	for _, loss := range d2l.Must(d2l.CompileN(bertLosses)(yHat, y)) {
		fmt.Printf("loss: %.4f\n", loss.Value())
	}
	// Output:
	// encoded: (2, 8, 96)
	// logits: (2, 3002) = 3 · 1000 + 2
	// loss: 0.1269
	// loss: 0.0486
}

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
	var tokens, positions, segments, validLens, labels []int32
	n := 0
	for _, paragraph := range paragraphs {
		for _, e := range nspData(paragraph, paragraphs, maxLen, random) {
			e.mask(vocab, random)
			n++
			tokens = append(tokens, d2l.TruncatePad(vocab.Indices(e.tokens), maxLen, vocab.Index("<pad>"))...)
			positions = append(positions, d2l.TruncatePad(e.positions, numPreds(maxLen), 0)...)
			segments = append(segments, d2l.TruncatePad(e.segments, maxLen, 0)...)
			validLens = append(validLens, int32(len(e.tokens)))
			weights := slices.Repeat([]int32{1}, len(e.words))
			labels = append(labels, d2l.TruncatePad(e.words, numPreds(maxLen), 0)...)
			labels = append(append(labels, d2l.TruncatePad(weights, numPreds(maxLen), 0)...), e.isNext)
		}
	}
	inputs := []*d2l.Tensor{
		d2l.NewTensor(tokens, n, maxLen), d2l.NewTensor(positions, n, numPreds(maxLen)),
		d2l.NewTensor(segments, n, maxLen), d2l.NewTensor(validLens),
	}
	return d2l.LoadArrays(inputs, d2l.NewTensor(labels, n, 2*numPreds(maxLen)+1), batchSize, true), vocab
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
	// (64, 5)
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
		WithLoss(d2l.LossFunc(func(yHat, y *graph.Node) *graph.Node {
			losses := bertLosses(yHat, y)
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
	metric, losses := d2l.NewAccumulator(3), d2l.CompileN(bertLosses)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		results := d2l.Must(losses(d2l.Must(net.Forward(batch.Inputs...)), batch.Labels[0]))
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
