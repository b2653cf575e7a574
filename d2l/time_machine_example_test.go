package d2l_test

import (
	"fmt"
	"iter"
	"math"
	"os"
	"regexp"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// timeMachine yields batches of sequences of the characters of The Time Machine, the book's load_data_time_machine with
// sequential partitioning: the sequences of a batch go on in the next.
type timeMachine struct {
	corpus           []int32
	batchSize, steps int
}

// alphabet has the tokens: a space and the letters.
const alphabet = " abcdefghijklmnopqrstuvwxyz"

func loadTimeMachine(batchSize, steps, maxTokens int) timeMachine {
	text := d2l.Must(os.ReadFile("testdata/timemachine.txt"))
	data := timeMachine{batchSize: batchSize, steps: steps}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(regexp.MustCompile("[^A-Za-z]+").ReplaceAllString(line, " "))
		data.corpus = append(data.corpus, encode(strings.ToLower(line))...)
	}
	data.corpus = data.corpus[:maxTokens]
	return data
}

func encode(text string) (tokens []int32) {
	for _, c := range text {
		tokens = append(tokens, int32(strings.IndexRune(alphabet, c)))
	}
	return tokens
}

func (timeMachine) Name() string { return "The Time Machine" }

func (t timeMachine) Len() int { return (len(t.corpus) - 1) / t.batchSize / t.steps }

func (t timeMachine) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		row := (len(t.corpus) - 1) / t.batchSize // Characters of one of a batch's sequences in all batches.
		for start := 0; start+t.steps <= row; start += t.steps {
			var X, y []int32
			for i := range t.batchSize {
				X = append(X, t.corpus[i*row+start:][:t.steps]...)
				y = append(y, t.corpus[i*row+start+1:][:t.steps]...)
			}
			batch := train.Batch{
				Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(X, t.batchSize, t.steps)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, t.batchSize, t.steps)},
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// predictCh8 is the book's predict_ch8: the prefix and n more characters. The net sees what there is so far, filled up to
// the full length: it does not look ahead, and one program does for all.
func predictCh8(net *d2l.Net, prefix string, n int) string {
	tokens := encode(prefix)
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
	var text strings.Builder
	for _, token := range tokens {
		text.WriteByte(alphabet[token])
	}
	return text.String()
}

// A language model of characters, as in the book's chapter on recurrent neural networks, here on the first 1,300 of them. The text
// that it predicts is, for example,
//
//	time traveller for so it withe time travelle
func ExampleGRU() {
	d2l.Seed(1)
	trainIter := loadTimeMachine(16, 20, 1300)
	net := d2l.NewNet(d2l.Sequential{
		d2l.OneHot{VocabSize: len(alphabet)},
		d2l.GRU{HiddenSize: 64, Stateful: true},
		d2l.Dense{Units: len(alphabet), LastAxis: true},
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
	text := predictCh8(net, "time traveller", 30)
	fmt.Println(text[:len("time traveller")], "and", len(text)-len("time traveller"), "more")
	// Output:
	// perplexity below 1.3: true
	// time traveller and 30 more
}
