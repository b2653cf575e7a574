package d2l_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

var snliLabels = []string{"entailment", "contradiction", "neutral"}

// madeUpSNLI has n lines in the layout of SNLI's files, whose columns begin with a label and the two sentences in
// brackets. The hypothesis has the adjective of the premise, its opposite, or another one.
func madeUpSNLI(n int, seed uint64) string {
	random, text := rand.New(rand.NewPCG(seed, 0)), "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\n"
	adjectives := strings.Fields("good bad tall short old young happy sad rich poor hot cold fast slow loud quiet")
	for i := range n {
		word, who := random.IntN(len(adjectives)), strings.Fields("he she it")[random.IntN(3)]
		other := []int{word, word ^ 1, (word + 2 + random.IntN(len(adjectives)-3)) % len(adjectives)}[i%3]
		if other == word^1 && i%3 == 2 {
			other = (word + 4) % len(adjectives)
		}
		text += fmt.Sprintf("%s\t( %s ( ( is %s ) . ) )\t( %s ( ( is %s ) . ) )\n",
			snliLabels[i%3], who, adjectives[word], who, adjectives[other])
	}
	return text
}

// readSNLI reads the lines of such a file, without those whose label is -.
func readSNLI(text string) (premises, hypotheses []string, labels []int32) {
	extract := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer("(", "", ")", "").Replace(s)), " ")
	}
	for _, row := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
		columns := strings.Split(row, "\t")
		if label := slices.Index(snliLabels, columns[0]); label >= 0 {
			premises, hypotheses = append(premises, extract(columns[1])), append(hypotheses, extract(columns[2]))
			labels = append(labels, int32(label))
		}
	}
	return premises, hypotheses, labels
}

// padded returns the indices of the tokens of each line, cut or padded to numSteps: (lines, numSteps).
func padded(lines [][]string, vocab *d2l.Vocab, numSteps int) *d2l.Tensor {
	var all []int32
	for _, line := range lines {
		all = append(all, d2l.TruncatePad(vocab.Indices(line), numSteps, vocab.Index("<pad>"))...)
	}
	return d2l.NewTensor(all, len(lines), numSteps)
}

// snliDataset is the book's SNLIDataset: pairs of sentences, cut and padded, with their labels. Without a vocabulary it
// makes one.
func snliDataset(text string, batchSize, numSteps int, vocab *d2l.Vocab) (d2l.DataIter, *d2l.Vocab) {
	premises, hypotheses, labels := readSNLI(text)
	P, H, isTrain := d2l.Tokenize(premises, "word"), d2l.Tokenize(hypotheses, "word"), vocab == nil
	if isTrain {
		vocab = d2l.NewVocab(slices.Concat(P, H), 5, "<pad>")
	}
	X := []*d2l.Tensor{padded(P, vocab, numSteps), padded(H, vocab, numSteps)}
	return d2l.LoadArrays(X, d2l.NewTensor(labels), batchSize, isTrain), vocab
}

// The book's section "Natural Language Inference and the Dataset".
func Example_snliDataset() {
	for i, text := range []string{madeUpSNLI(1500, 1), madeUpSNLI(300, 2)} {
		premises, hypotheses, labels := readSNLI(text)
		var counts [3]int
		for _, label := range labels {
			counts[label]++
		}
		fmt.Println(premises[i], "|", hypotheses[i], "|", snliLabels[labels[i]], counts)
	}
	trainIter, vocab := snliDataset(madeUpSNLI(1500, 1), 128, 50, nil)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Inputs[1]), d2l.ShapeOf(batch.Labels[0]), vocab.Len())
	}
	// Output:
	// he is short . | he is short . | entailment [500 500 500]
	// he is quiet . | he is loud . | contradiction [100 100 100]
	// (128, 50) (128, 50) (128,) 23
}

// nliMLP has two hidden layers, and is shared: both sentences go through the same one.
func nliMLP(units int) d2l.Layer {
	dense := d2l.Dense{Units: units, Activation: d2l.ReLU, LastAxis: true}
	return d2l.Share(d2l.Sequential{d2l.Dropout{Rate: 0.2}, dense, d2l.Dropout{Rate: 0.2}, dense})
}

// DecomposableAttention attends to each word of one sentence from each word of the other, compares them, and
// aggregates the comparisons.
type DecomposableAttention struct{ VocabSize, EmbedSize, NumHiddens int }

func (DecomposableAttention) Kind() string { return "decomposableattention" }

func (d DecomposableAttention) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d DecomposableAttention) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	embedding := d2l.Share(d2l.Embedding{VocabSize: d.VocabSize, EmbedSize: d.EmbedSize})
	both := func(name string, layer d2l.Layer, x, y *graph.Node) (*graph.Node, *graph.Node) {
		scope := scope.In("%s", name)
		return layer.Forward(scope, x), layer.Forward(scope, y)
	}
	beside := func(x, y *graph.Node) *graph.Node { return graph.Concatenate([]*graph.Node{x, y}, -1) }
	A, B := both("embedding", embedding, inputs[0], inputs[1])
	fA, fB := both("attend", nliMLP(d.NumHiddens), A, B)
	e := graph.Einsum("bih,bjh->bij", fA, fB)
	beta := graph.Einsum("bij,bjh->bih", graph.Softmax(e, 2), B)  // What of B belongs to each word of A.
	alpha := graph.Einsum("bij,bih->bjh", graph.Softmax(e, 1), A) // What of A belongs to each word of B.
	vA, vB := both("compare", nliMLP(d.NumHiddens), beside(A, beta), beside(B, alpha))
	sums := beside(graph.ReduceSum(vA, 1), graph.ReduceSum(vB, 1))
	y := nliMLP(d.NumHiddens).Forward(scope.In("aggregate"), sums)
	return []*graph.Node{d2l.Dense{Units: 3}.Forward(scope.In("linear"), y)}
}

func predictSNLI(net *d2l.Net, vocab *d2l.Vocab, premise, hypothesis string) string {
	pair, _ := snliDataset("gold_label\nneutral\t"+premise+"\t"+hypothesis, 1, 8, vocab)
	for output, err := range net.ForwardEach(pair) {
		d2l.Check(err)
		return snliLabels[d2l.Must(d2l.Predict(output.YHat))[0]]
	}
	return ""
}

// The book's section "Natural Language Inference: Using Attention", with 32 hidden units in place of 200, on made-up
// sentences and without pretrained vectors.
func ExampleShare_decomposableAttention() {
	d2l.Seed(1)
	trainIter, vocab := snliDataset(madeUpSNLI(3000, 1), 128, 8, nil)
	testIter, _ := snliDataset(madeUpSNLI(300, 2), 128, 8, vocab)
	net := d2l.NewNet(DecomposableAttention{VocabSize: vocab.Len(), EmbedSize: 20, NumHiddens: 32})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	result := trainCh13(net, trainIter, testIter, d2l.Adam(0.005), 14)
	fmt.Println("test acc above 0.8:", result.TestAcc > 0.8)
	fmt.Println(predictSNLI(net, vocab, "he is good .", "he is bad ."))
	// Output:
	// test acc above 0.8: true
	// contradiction
}
