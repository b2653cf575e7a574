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

// loadInferences is the book's SNLIBERTDataset, on pairs that are made up. A hypothesis has two words of the premise's
// topic, with the label 0 for entailment, of another topic, 1 for contradiction, or one of each, 2 for neutral.
func loadInferences(n, batchSize, maxLen int, vocab *d2l.Vocab, seed uint64) d2l.DataIter {
	random := rand.New(rand.NewPCG(seed, 0))
	var premises, hypotheses [][]string
	var labels []int32
	for i := range n {
		label, topic := i%3, random.IntN(len(topics))
		premise, other := sentence(topic, random), (topic+1+random.IntN(len(topics)-1))%len(topics)
		hypothesis := append(sentence(topic, random)[:2], sentence(other, random)[:2]...)
		hypothesis = [][]string{hypothesis[:2], hypothesis[2:], hypothesis[1:3]}[label]
		premises, hypotheses = append(premises, premise), append(hypotheses, hypothesis)
		labels = append(labels, int32(label))
	}
	inputs := d2l.BuildArrayBERT(premises, hypotheses, vocab, maxLen)
	return d2l.LoadArrays(inputs, d2l.NewTensor(labels), batchSize, seed == 1)
}

// The second sentence is cut by one token, as it is not shorter. <unk> is 0, <pad> 1, <cls> 2 and <sep> 3.
func ExampleBuildArrayBERT() {
	vocab := d2l.NewVocab([][]string{{"he", "is", "good", "bad"}}, 0, "<pad>", "<cls>", "<sep>")
	sentencesA := [][]string{{"he", "is", "good"}, {"bad"}}
	sentencesB := [][]string{{"he", "is", "bad"}, {"good", "!"}}
	for _, array := range d2l.BuildArrayBERT(sentencesA, sentencesB, vocab, 8) {
		fmt.Println(array.Value())
	}
	// Output:
	// [[2 4 5 6 3 4 5 3] [2 7 3 6 0 3 1 1]]
	// [[0 0 0 0 0 1 1 1] [0 0 0 1 1 1 0 0]]
	// [8 6]
}

// BERTClassifier has the encoder and the hidden layer of a BERTModel, by the same names, and an output layer.
type BERTClassifier struct{ BERT d2l.BERTModel }

func (BERTClassifier) Kind() string { return "classifier" }

func (c BERTClassifier) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return c.ForwardN(scope, x)[0]
}

func (c BERTClassifier) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	encoded := d2l.BERTEncoder(c.BERT).ForwardN(scope.In("encoder"), inputs...)[0]
	first := graph.Slice(encoded, graph.AxisRange(), graph.AxisElem(0)) // Of <cls>.
	hidden := d2l.Dense{Units: c.BERT.NumHiddens, Activation: d2l.Tanh}.Forward(scope.In("hidden").In("0"), first)
	return []*graph.Node{d2l.Dense{Units: 3}.Forward(scope.In("output"), hidden)}
}

// The book's section "Natural Language Inference: Fine-Tuning BERT". The net begins with the pretrained encoder and the
// hidden layer that was trained to predict the next sentence; its output layer is new. Encoder and pairs of sentences
// are those of this page and of the one on BERT, not the book's downloads.
func ExampleNet_LoadMatchingParameters_bert() {
	bert, _, vocab, path := pretrainBERT(10)
	defer os.RemoveAll(filepath.Dir(path))
	trainIter, testIter := loadInferences(1536, 64, 16, vocab, 1), loadInferences(384, 64, 16, vocab, 2)
	net := d2l.NewNet(BERTClassifier{bert})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	for _, err := range net.ForwardEach(d2l.FirstBatches(testIter, 1)) { // Draws the parameters.
		d2l.Check(err)
	}
	fmt.Println(d2l.Must(net.LoadMatchingParameters(path, func(name string) string {
		if strings.HasPrefix(name, "mlm.") || strings.HasPrefix(name, "nsp.") {
			return "" // These are for pretraining.
		}
		return name
	})))
	result := trainCh13(net, trainIter, testIter, d2l.Adam(0.003), 12)
	fmt.Println("test acc above 0.6:", result.TestAcc > 0.6)
	// Output:
	// MLM loss below 2.5: true NSP loss below 0.6: true
	// 37 of the net's 39 tensors loaded; not in the file: output.weight, output.bias
	// test acc above 0.6: true
}
