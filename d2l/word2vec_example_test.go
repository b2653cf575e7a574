package d2l_test

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// lengths counts the sentences of 0 to 4 words, of 5 to 9, and so on.
func lengths(sentences [][]string) []float64 {
	counts := make([]float64, 5)
	for _, line := range sentences {
		counts[len(line)/5]++
	}
	return counts
}

// loadTimeMachineWords is the book's load_data_ptb, but of The Time Machine. This has a thirtieth of the words of the
// Penn Tree Bank, so words that occur 5 times are kept, in place of 10, and subsampling has ten times the threshold.
func loadTimeMachineWords(batchSize, maxWindowSize, numNoiseWords int) (d2l.DataIter, *d2l.Vocab) {
	sentences := d2l.Tokenize(d2l.ReadTimeMachine(), "word")
	vocab := d2l.NewVocab(sentences, 5)
	fmt.Println("sentences:", len(sentences), "vocab size:", vocab.Len())
	subsampled, counter := d2l.Subsample(sentences, vocab, 1e-3)
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
	centers, contexts := d2l.GetCentersAndContexts(corpus, maxWindowSize)
	negatives := d2l.Must(d2l.GetNegatives(contexts, vocab, counter, numNoiseWords))
	words, both, masks, labels := d2l.Batchify(centers, contexts, negatives)
	return d2l.LoadArrays([]*d2l.Tensor{words, both}, []*d2l.Tensor{labels, masks}, batchSize, true), vocab
}

// As if the book's data set were The Time Machine, in which few words occur ten times.
func ExampleLoadDataPTB() {
	d2l.Seed(1)
	defer withoutCache()()
	defer published("ptb", "ptb/ptb.train.txt", strings.Join(d2l.ReadTimeMachine(), "\n"))()
	fmt.Println("sentences:", len(d2l.Must(d2l.ReadPTB())))
	dataIter, vocab, err := d2l.LoadDataPTB(512, 5, 5)
	d2l.Check(err)
	fmt.Println("vocab size:", vocab.Len())
	for batch, err := range d2l.FirstBatches(dataIter, 1).Iter() {
		d2l.Check(err)
		words, both, labels, masks := batch.Inputs[0], batch.Inputs[1], batch.Labels[0], batch.Labels[1]
		fmt.Println(d2l.ShapeOf(words), d2l.ShapeOf(both), d2l.ShapeOf(labels), d2l.ShapeOf(masks))
	}
	// Output:
	// sentences: 3221
	// vocab size: 400
	// (512, 1) (512, 36) (512, 36) (512, 36)
}

// The numbers 1, 2 and 3 have the probabilities 2/9, 3/9 and 4/9.
func ExampleRandomGenerator() {
	d2l.Seed(1)
	generator := d2l.NewRandomGenerator([]float64{2, 3, 4})
	for range 10 {
		fmt.Print(generator.Draw(), " ")
	}
	// Output:
	// 2 3 1 2 3 3 2 1 3 3
}

// The book's section "The Dataset for Pretraining Word Embeddings", on The Time Machine.
func ExampleBatchify() {
	d2l.Seed(1)
	centers, contexts := d2l.GetCentersAndContexts([][]int32{upTo(7), {7, 8, 9}}, 2)
	for i, center := range centers {
		fmt.Println("center", center, "has contexts", contexts[i])
	}
	words, both, masks, labels := d2l.Batchify(
		[]int32{1, 1}, [][]int32{{2, 2}, {2, 2, 2}}, [][]int32{{3, 3, 3, 3}, {3, 3}})
	fmt.Println(words.Value(), both.Value(), masks.Value(), labels.Value())
	trainIter, _ := loadTimeMachineWords(512, 5, 5)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Inputs[1]), d2l.ShapeOf(batch.Labels[0]))
	}
	// Output:
	// center 0 has contexts [1]
	// center 1 has contexts [0 2]
	// center 2 has contexts [1 3]
	// center 3 has contexts [2 4]
	// center 4 has contexts [3 5]
	// center 5 has contexts [3 4 6]
	// center 6 has contexts [5]
	// center 7 has contexts [8]
	// center 8 has contexts [7 9]
	// center 9 has contexts [7 8]
	// [[1] [1]] [[2 2 3 3 3 3] [2 2 2 3 3 0]] [[1 1 1 1 1 1] [1 1 1 1 1 0]] [[1 1 0 0 0 0] [1 1 1 0 0 0]]
	// sentences: 3221 vocab size: 825
	// the: 2261 258 morlocks: 46 39
	// (512, 1) (512, 60) (512, 60)
}

// SkipGram has a vector for each word as the center of a window, and another as a part of its context. Its output,
// (batch, 1, words), is the dot products of the center's vector and those of the other words.
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
func maskedSigmoidBCE(yHats, ys []*graph.Node) *graph.Node {
	yHat, label := yHats[0], graph.Reshape(ys[0], -1)
	mask := graph.ConvertDType(ys[1], yHat.DType())
	// The loss is a mean for each example: with a word in each, it is that of the word.
	losses := d2l.SigmoidBinaryCrossEntropyLoss{}.Forward(graph.Reshape(yHat, -1), label)
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

// The book's section "Pretraining word2vec", with its example of the loss. The vectors have 32 numbers here, in place
// of 100, and are trained for ten epochs at five times the rate, in place of five. The text is short all the same:
// another seed finds other similar words. The loss that is minimized is the mean over a batch, where the book has the
// sum, which for Adam is nearly the same.
func ExampleEmbedding_word2vec() {
	d2l.Seed(1)
	pred := d2l.NewTensor([][]float32{{1.1, -2.2, 3.3, -4.4}, {1.1, -2.2, 3.3, -4.4}})
	loss := d2l.Compile(func(pred, label, mask *graph.Node) *graph.Node {
		return maskedSigmoidBCE([]*graph.Node{pred}, []*graph.Node{label, mask})
	})
	label, mask := [][]int32{{1, 0, 0, 0}, {0, 1, 0, 0}}, [][]int32{{1, 1, 1, 1}, {1, 1, 0, 0}}
	fmt.Printf("%.4f\n", d2l.Must(loss(pred, label, mask)).Value())
	sigmd := func(x float64) float64 { return math.Log(1 + math.Exp(-x)) }
	fmt.Printf("[%.4f %.4f]\n", (sigmd(1.1)+sigmd(2.2)+sigmd(-3.3)+sigmd(4.4))/4, (sigmd(-1.1)+sigmd(-2.2))/2)

	trainIter, vocab := loadTimeMachineWords(512, 5, 5)
	net := d2l.NewNet(SkipGram{VocabSize: vocab.Len(), EmbedSize: 32})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01))).WithLoss(d2l.LossFuncN(maskedSigmoidBCE))
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
	// the: 2261 254 morlocks: 46 35
	// loss below 0.4: true
	// similar to a: [c <unk>]
}
