package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// subsample drops unknown words, and frequent ones at random: a word with the share f of the text is kept with the
// probability √(threshold/f), or 1 if that is greater. It also returns how often each word occurs.
func subsample(sentences [][]string, vocab *d2l.Vocab, threshold float64) (kept [][]string, counter map[string]int) {
	known := make([][]string, len(sentences))
	for i, line := range sentences {
		for _, token := range line {
			if vocab.Index(token) != vocab.Index(d2l.Unk) {
				known[i] = append(known[i], token)
			}
		}
	}
	counter, numTokens := map[string]int{}, 0
	for _, c := range d2l.CountCorpus(known) {
		counter[c.Token] = c.Freq
		numTokens += c.Freq
	}
	random := rand.New(rand.NewPCG(1, 0))
	for _, line := range known {
		kept = append(kept, slices.DeleteFunc(slices.Clone(line), func(token string) bool {
			return random.Float64() >= math.Sqrt(threshold/float64(counter[token])*float64(numTokens))
		}))
	}
	return kept, counter
}

// lengths counts the sentences of 0 to 4 words, of 5 to 9, and so on.
func lengths(sentences [][]string) []float64 {
	counts := make([]float64, 5)
	for _, line := range sentences {
		counts[len(line)/5]++
	}
	return counts
}

// centersAndContexts returns each word with those around it in its sentence, up to a distance drawn for each word.
func centersAndContexts(corpus [][]int32, maxWindowSize int) (centers []int32, contexts [][]int32) {
	random := rand.New(rand.NewPCG(2, 0))
	for _, line := range corpus {
		if len(line) < 2 {
			continue
		}
		centers = append(centers, line...)
		for i := range line {
			window := 1 + random.IntN(maxWindowSize)
			before, after := line[max(0, i-window):i], line[i+1:min(len(line), i+1+window)]
			contexts = append(contexts, slices.Concat(before, after))
		}
	}
	return centers, contexts
}

// negatives draws k noise words for each context word, none of which is one of the context words. The weight of a word
// in the draw is its frequency to the power of 0.75.
func negatives(contexts [][]int32, vocab *d2l.Vocab, counter map[string]int, k int) (all [][]int32) {
	random, sums := rand.New(rand.NewPCG(3, 0)), make([]float64, vocab.Len()) // Of the weights up to each word.
	for i := 1; i < len(sums); i++ {
		sums[i] = sums[i-1] + math.Pow(float64(counter[vocab.ToTokens(int32(i))[0]]), 0.75)
	}
	for _, context := range contexts {
		var noise []int32
		for len(noise) < k*len(context) {
			i, found := slices.BinarySearch(sums, random.Float64()*sums[len(sums)-1])
			if found {
				i++
			}
			if !slices.Contains(context, int32(i)) {
				noise = append(noise, int32(i))
			}
		}
		all = append(all, noise)
	}
	return all
}

// batchify pads context and noise words to the greatest number of both. The labels are (examples, 2, words): whether a
// word is one of the context, and whether it is no padding.
func batchify(centers []int32, contexts, noise [][]int32) (inputs []*d2l.Tensor, labels *d2l.Tensor) {
	maxLen := 0
	for i, context := range contexts {
		maxLen = max(maxLen, len(context)+len(noise[i]))
	}
	ones := slices.Repeat([]int32{1}, maxLen)
	var words, y []int32
	for i, context := range contexts {
		both := slices.Concat(context, noise[i])
		words = append(words, d2l.TruncatePad(both, maxLen, 0)...)
		for _, n := range []int{len(context), len(both)} {
			y = append(y, d2l.TruncatePad(ones[:n], maxLen, 0)...)
		}
	}
	inputs = []*d2l.Tensor{d2l.NewTensor(centers, len(centers), 1), d2l.NewTensor(words, len(centers), maxLen)}
	return inputs, d2l.NewTensor(y, len(centers), 2, maxLen)
}

// loadTimeMachineWords is the book's load_data_ptb, but of The Time Machine. This has a thirtieth of the words of the Penn
// Tree Bank, so words that occur 5 times are kept, in place of 10, and subsampling has ten times the threshold.
func loadTimeMachineWords(batchSize, maxWindowSize, numNoiseWords int) (d2l.DataIter, *d2l.Vocab) {
	sentences := d2l.Tokenize(d2l.ReadTimeMachine(), "word")
	vocab := d2l.NewVocab(sentences, 5)
	fmt.Println("sentences:", len(sentences), "vocab size:", vocab.Len())
	subsampled, counter := subsample(sentences, vocab, 1e-3)
	d2l.Must(d2l.Plot([][]float64{{0, 5, 10, 15, 20}}, [][]float64{lengths(sentences), lengths(subsampled)},
		d2l.PlotOptions{XLabel: "tokens per sentence", YLabel: "count", Legend: []string{"origin", "subsampled"}}))
	after := map[string]int{}
	for _, c := range d2l.CountCorpus(subsampled) {
		after[c.Token] = c.Freq
	}
	fmt.Println("the:", counter["the"], after["the"], "morlocks:", counter["morlocks"], after["morlocks"])
	var corpus [][]int32
	for _, line := range subsampled {
		corpus = append(corpus, vocab.Indices(line))
	}
	centers, contexts := centersAndContexts(corpus, maxWindowSize)
	inputs, labels := batchify(centers, contexts, negatives(contexts, vocab, counter, numNoiseWords))
	return d2l.LoadArrays(inputs, labels, batchSize, true), vocab
}

// The book's section "The Dataset for Pretraining Word Embeddings".
func Example_wordEmbeddingDataset() {
	centers, contexts := centersAndContexts([][]int32{upTo(7), {7, 8, 9}}, 2)
	for i, center := range centers {
		fmt.Println("center", center, "has contexts", contexts[i])
	}
	inputs, labels := batchify([]int32{1, 1}, [][]int32{{2, 2}, {2, 2, 2}}, [][]int32{{3, 3, 3, 3}, {3, 3}})
	fmt.Println(inputs[0].Value(), inputs[1].Value(), labels.Value())
	trainIter, _ := loadTimeMachineWords(512, 5, 5)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Inputs[1]), d2l.ShapeOf(batch.Labels[0]))
	}
	// Output:
	// center 0 has contexts [1 2]
	// center 1 has contexts [0 2]
	// center 2 has contexts [1 3]
	// center 3 has contexts [1 2 4 5]
	// center 4 has contexts [3 5]
	// center 5 has contexts [4 6]
	// center 6 has contexts [5]
	// center 7 has contexts [8]
	// center 8 has contexts [7 9]
	// center 9 has contexts [7 8]
	// [[1] [1]] [[2 2 3 3 3 3] [2 2 2 3 3 0]] [[[1 1 0 0 0 0] [1 1 1 1 1 1]] [[1 1 1 0 0 0] [1 1 1 1 1 0]]]
	// sentences: 3221 vocab size: 825
	// the: 2261 244 morlocks: 46 37
	// (512, 1) (512, 54) (512, 2, 54)
}

// SkipGram has a vector for each word as the center of a window, and another as a part of its context. Its output, (batch,
// 1, words), is the dot products of the center's vector and those of the other words.
type SkipGram struct{ VocabSize, EmbedSize int }

func (SkipGram) Kind() string { return "skipgram" }

func (s SkipGram) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return s.ForwardN(scope, x)[0]
}

func (s SkipGram) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	embedding := d2l.Embedding{VocabSize: s.VocabSize, EmbedSize: s.EmbedSize}
	v, u := embedding.Forward(scope.In("center"), inputs[0]), embedding.Forward(scope.In("context"), inputs[1])
	return []*graph.Node{graph.Einsum("bie,bje->bij", v, u)}
}

// maskedSigmoidBCE returns, for each example, the mean loss over the words that count.
func maskedSigmoidBCE(yHat, y *graph.Node) *graph.Node {
	rows := graph.Split(graph.ConvertDType(y, yHat.DType()), 1, 2)
	label, mask := graph.Squeeze(rows[0], 1), graph.Squeeze(rows[1], 1)
	// The loss is a mean for each example: with a word in each, it is that of the word.
	losses := d2l.SigmoidBinaryCrossEntropyLoss{}.Forward(graph.Reshape(yHat, -1), graph.Reshape(label, -1))
	losses = graph.Mul(graph.Reshape(losses, mask.Shape().Dimensions...), mask)
	return graph.Div(graph.ReduceSum(losses, 1), graph.ReduceSum(mask, 1))
}

// similarTokens returns the k words whose vectors have the smallest angles to that of a word.
func similarTokens(token string, k int, W *d2l.Tensor, vocab *d2l.Vocab) []string {
	top := d2l.CompileN(func(W, i *graph.Node) []*graph.Node {
		x := graph.Gather(W, graph.Reshape(i, 1, 1)) // (1, EmbedSize).
		squares := graph.Mul(graph.ReduceSum(graph.Square(W), 1), graph.ReduceAllSum(graph.Square(x)))
		norms := graph.Sqrt(graph.AddScalar(squares, 1e-9))
		values, indices := graph.TopK(graph.Div(graph.ReduceSum(graph.Mul(W, x), 1), norms), k+1, 0)
		return []*graph.Node{values, indices}
	})
	results := d2l.Must(top(W, vocab.Index(token)))
	tokens := vocab.ToTokens(d2l.Values[int32](results[1])...)
	fmt.Fprintf(os.Stderr, "cosine sim: %.3f %v\n", d2l.Values[float32](results[0]), tokens)
	return tokens[1:] // The first is the word itself.
}

// The book's section "Pretraining word2vec", with its example of the loss. The vectors have 32 numbers here, in place of
// 100, and are trained for ten epochs at five times the rate, in place of five. The text is short all the same: another
// seed finds other similar words. The loss that is minimized is the mean over a batch, where the book has the sum, which
// for Adam is nearly the same.
func ExampleEmbedding_word2vec() {
	d2l.Seed(1)
	pred := d2l.NewTensor([][]float32{{1.1, -2.2, 3.3, -4.4}, {1.1, -2.2, 3.3, -4.4}})
	y := d2l.NewTensor([][][]int32{{{1, 0, 0, 0}, {1, 1, 1, 1}}, {{0, 1, 0, 0}, {1, 1, 0, 0}}})
	fmt.Printf("%.4f\n", d2l.Must(d2l.Compile(maskedSigmoidBCE)(pred, y)).Value())
	sigmd := func(x float64) float64 { return math.Log(1 + math.Exp(-x)) }
	fmt.Printf("[%.4f %.4f]\n", (sigmd(1.1)+sigmd(2.2)+sigmd(-3.3)+sigmd(4.4))/4, (sigmd(-1.1)+sigmd(-2.2))/2)

	trainIter, vocab := loadTimeMachineWords(512, 5, 5)
	net := d2l.NewNet(SkipGram{VocabSize: vocab.Len(), EmbedSize: 32})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01))).WithLoss(d2l.LossFunc(maskedSigmoidBCE))
	const numEpochs = 10
	animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "loss", XLim: []float64{1, numEpochs}})
	metric, timer := d2l.NewAccumulator(2), d2l.NewTimer() // Sum of losses, examples.
	for epoch := range numEpochs {
		metric.Reset()
		for _, step := range trainer.Steps(trainIter, timer) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		d2l.Check(animator.Add(float64(epoch+1), metric[0]/metric[1]))
	}
	fmt.Fprintf(os.Stderr, "%.1f examples/sec on %v\n", numEpochs*metric[1]/timer.Sum(), net.Device())
	fmt.Println("loss below 0.4:", metric[0]/metric[1] < 0.4)
	similarTokens("morlocks", 3, d2l.Must(d2l.Must(net.Parameter("center.weight")).Value()), vocab)
	W := d2l.NewTensor([][]float32{{0, 1}, {1, 0}, {-1, 0}, {9, 2}}) // Of <unk>, a, b and c.
	fmt.Println("similar to a:", similarTokens("a", 2, W, d2l.NewVocab([][]string{{"a", "b", "c"}}, 0)))
	// Output:
	// [0.9352 1.8462]
	// [0.9352 1.8462]
	// sentences: 3221 vocab size: 825
	// the: 2261 244 morlocks: 46 37
	// loss below 0.4: true
	// similar to a: [c <unk>]
}
