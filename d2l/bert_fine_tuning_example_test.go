package d2l_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// loadInferences is the book's SNLIBERTDataset, on pairs that are made up. A hypothesis has two words of the premise's
// topic, with the label 0 for entailment, of another topic, 1 for contradiction, or one of each, 2 for neutral.
func loadInferences(n, batchSize, maxLen int, vocab *d2l.Vocab, seed uint64) d2l.DataIter {
	random := rand.New(rand.NewPCG(seed, 0))
	var tokens, segments, validLens, labels []int32
	for i := range n {
		label, topic := i%3, random.IntN(len(topics))
		premise, other := sentence(topic, random), (topic+1+random.IntN(len(topics)-1))%len(topics)
		hypothesis := append(sentence(topic, random)[:2], sentence(other, random)[:2]...)
		hypothesis = [][]string{hypothesis[:2], hypothesis[2:], hypothesis[1:3]}[label]
		for len(premise)+len(hypothesis) > maxLen-3 { // Three are <cls> and <sep>.
			if len(premise) > len(hypothesis) {
				premise = premise[:len(premise)-1]
			} else {
				hypothesis = hypothesis[:len(hypothesis)-1]
			}
		}
		words, of := tokensAndSegments(premise, hypothesis)
		tokens = append(tokens, d2l.TruncatePad(vocab.Indices(words), maxLen, vocab.Index("<pad>"))...)
		segments = append(segments, d2l.TruncatePad(of, maxLen, 0)...)
		validLens, labels = append(validLens, int32(len(words))), append(labels, int32(label))
	}
	inputs := []*d2l.Tensor{
		d2l.NewTensor(tokens, n, maxLen), d2l.NewTensor(segments, n, maxLen), d2l.NewTensor(validLens),
	}
	return d2l.LoadArrays(inputs, d2l.NewTensor(labels), batchSize, seed == 1)
}

// The book's section "Natural Language Inference: Fine-Tuning BERT". The net begins with the pretrained encoder and the
// hidden layer that was trained to predict the next sentence; its output layer is new. Encoder and pairs of sentences
// are those of this page and of the one on BERT, not the book's downloads.
func ExampleNet_LoadMatchingParameters_bert() {
	encoder, vocab, path := pretrainBERT(10)
	defer os.RemoveAll(filepath.Dir(path))
	trainIter, testIter := loadInferences(1536, 64, 16, vocab, 1), loadInferences(384, 64, 16, vocab, 2)
	net := d2l.NewNet(d2l.Sequential{
		encoder, FirstToken{}, d2l.Dense{Units: encoder.NumHiddens, Activation: d2l.Tanh}, d2l.Dense{Units: 3},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	for _, err := range net.ForwardEach(d2l.FirstBatches(testIter, 1)) { // Draws the parameters.
		d2l.Check(err)
	}
	fmt.Println(d2l.Must(net.LoadMatchingParameters(path, func(name string) string {
		if name, found := strings.CutPrefix(name, "decoder.nsp.dense0."); found {
			return "dense0." + name
		}
		return encoderName(name)
	})))
	result := trainCh13(net, trainIter, testIter, d2l.Adam(0.003), 12)
	fmt.Println("test acc above 0.6:", result.TestAcc > 0.6)
	// Output:
	// MLM loss below 2.5: true NSP loss below 0.6: true
	// 37 of the net's 39 tensors loaded; not in the file: dense1.weight, dense1.bias
	// test acc above 0.6: true
}
