package d2l_test

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Language Models and the Dataset": how often words, pairs and triples of words occur in The Time
// Machine, and minibatches of sequences.
func Example_languageModelData() {
	var corpus []string
	for _, line := range d2l.Tokenize(d2l.ReadTimeMachine(), "word") {
		corpus = append(corpus, line...)
	}
	var freqs [][]float64
	for n := range 3 { // Of n + 1 words in a row.
		grams := make([]string, len(corpus)-n)
		for i := range grams {
			grams[i] = strings.Join(corpus[i:i+n+1], " ")
		}
		var counts []float64
		for _, token := range d2l.NewVocab([][]string{grams}, 0).TokenFreqs() {
			counts = append(counts, float64(token.Freq))
		}
		freqs = append(freqs, counts)
		fmt.Println(d2l.CountCorpus([][]string{grams})[:5])
	}
	d2l.Must(d2l.Plot(nil, freqs, d2l.PlotOptions{
		XLabel: "token: x", YLabel: "frequency: n(x)", XScale: "log", YScale: "log",
		Legend: []string{"unigram", "bigram", "trigram"},
	}))

	d2l.Seed(1)
	random, consecutive := d2l.SeqDataIterRandom(upTo(35), 2, 5), d2l.SeqDataIterConsecutive(upTo(35), 2, 5)
	for _, data := range []d2l.DataIter{random, consecutive} {
		for batch, err := range data.Iter() {
			d2l.Check(err)
			X, y := batch.Inputs[0].Value().([][]int32), batch.Labels[0].Value().([][]int32)
			fmt.Println(len(X), "sequences, of which the labels are the next tokens:", y[1][3] == X[1][4])
			break
		}
	}
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 35)
	fmt.Println(trainIter.Len(), "batches of", vocab.Len(), "tokens")
	// Output:
	// [{the 2261} {i 1267} {and 1245} {of 1155} {a 816}]
	// [{of the 309} {in the 169} {i had 130} {i was 112} {and the 109}]
	// [{the time traveller 59} {the time machine 30} {the medical man 24} {it seemed to 16} {it was a 15}]
	// 2 sequences, of which the labels are the next tokens: true
	// 2 sequences, of which the labels are the next tokens: true
	// 8 batches of 28 tokens
}
