package d2l_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// writeSNLI makes a folder with made-up files of the names that SNLI's have.
func writeSNLI(train, test int) (dir string) {
	dir = d2l.Must(os.MkdirTemp("", ""))
	d2l.Check(os.WriteFile(filepath.Join(dir, "snli_1.0_train.txt"), []byte(madeUpSNLI(train, 1)), 0o600))
	d2l.Check(os.WriteFile(filepath.Join(dir, "snli_1.0_test.txt"), []byte(madeUpSNLI(test, 2)), 0o600))
	return dir
}

// The book's section "Natural Language Inference and the Dataset".
func ExampleReadSNLI() {
	dir := writeSNLI(1500, 300) // The book's: d2l.DownloadExtract("SNLI")
	defer os.RemoveAll(dir)
	for i, isTrain := range []bool{true, false} {
		premises, hypotheses, labels, err := d2l.ReadSNLI(dir, isTrain)
		d2l.Check(err)
		var counts [3]int
		for _, label := range labels {
			counts[label]++
		}
		fmt.Println(premises[i], "|", hypotheses[i], "|", snliLabels[labels[i]], counts)
	}
	// Output:
	// he is short . | he is short . | entailment [500 500 500]
	// he is quiet . | he is loud . | contradiction [100 100 100]
}

func ExampleLoadDataSNLI() {
	dir := writeSNLI(1500, 300)
	defer os.RemoveAll(dir)
	trainIter, _, vocab, err := d2l.LoadDataSNLI(128, 50, dir)
	d2l.Check(err)
	for batch, err := range d2l.FirstBatches(trainIter, 1).Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), d2l.ShapeOf(batch.Inputs[1]), d2l.ShapeOf(batch.Labels[0]), vocab.Len())
	}
	// Output: (128, 50) (128, 50) (128,) 23
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

// The book's section "Natural Language Inference: Using Attention", with 32 hidden units in place of 200, on made-up
// sentences and without pretrained vectors.
func ExamplePredictSNLI() {
	d2l.Seed(1)
	dir := writeSNLI(3000, 300)
	defer os.RemoveAll(dir)
	trainIter, testIter, vocab, err := d2l.LoadDataSNLI(128, 8, dir)
	d2l.Check(err)
	net := d2l.NewNet(DecomposableAttention{VocabSize: vocab.Len(), EmbedSize: 20, NumHiddens: 32})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	result := trainCh13(net, trainIter, testIter, d2l.Adam(0.005), 14)
	fmt.Println("test acc above 0.8:", result.TestAcc > 0.8)
	fmt.Println(d2l.Must(d2l.PredictSNLI(net, vocab, strings.Fields("he is good ."), strings.Fields("he is bad ."), 8)))
	// Output:
	// test acc above 0.8: true
	// contradiction
}
