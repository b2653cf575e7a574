package d2l_test

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
)

// loadCorpusTimeMachine is the book's load_corpus_time_machine: the tokens of The Time Machine, one for each
// character, and their vocabulary.
func loadCorpusTimeMachine(maxTokens int) (corpus []int32, vocab *d2l.Vocab) {
	text := d2l.Must(os.ReadFile("testdata/timemachine.txt"))
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, d2l.CleanLine(line))
	}
	tokens := d2l.Tokenize(lines, "char")
	vocab = d2l.NewVocab(tokens, 0)
	return vocab.Indices(tokens...)[:maxTokens], vocab
}

// predictCh8 is the book's predict_ch8: the prefix and n more characters. The net sees what there is so far, filled
// up to the full length: it does not look ahead, and one program does for all.
func predictCh8(net *d2l.Net, prefix string, n int, vocab *d2l.Vocab) string {
	tokens := vocab.Indices(strings.Split(prefix, ""))
	for range n {
		X := append(tokens[:len(tokens):len(tokens)], make([]int32, len(prefix)+n-len(tokens))...)
		logits := d2l.Must(net.Forward(tensors.FromFlatDataAndDimensions(X, 1, len(X)))).Value().([][][]float32)
		best, last := 0, logits[0][len(tokens)-1]
		for token := range last {
			if last[token] > last[best] {
				best = token
			}
		}
		tokens = append(tokens, int32(best))
	}
	return strings.Join(vocab.ToTokens(tokens...), "")
}

// A language model of characters, as in the book's chapter on recurrent neural networks, here of the first 1,300. The
// text that it predicts is, for example,
//
//	time traveller a mitt ancing tous aftr all s
func ExampleGRU() {
	d2l.Seed(1)
	corpus, vocab := loadCorpusTimeMachine(1300)
	trainIter := d2l.SeqDataIterConsecutive(corpus, 16, 20)
	net := d2l.NewNet(d2l.Sequential{
		d2l.OneHot{VocabSize: vocab.Len()},
		d2l.GRU{HiddenSize: 64, Stateful: true},
		d2l.Dense{Units: vocab.Len(), LastAxis: true},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.03)))
	perplexity := math.Inf(1)
	for range 100 {
		metric := d2l.NewAccumulator(2) // Sum of losses, tokens.
		d2l.Check(net.ResetState())
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		perplexity = math.Exp(metric[0] / metric[1])
	}
	fmt.Println("perplexity below 1.3:", perplexity < 1.3)
	text := predictCh8(net, "time traveller", 30, vocab)
	fmt.Println(text[:len("time traveller")], "and", len(text)-len("time traveller"), "more")
	// Output:
	// perplexity below 1.3: true
	// time traveller and 30 more
}
