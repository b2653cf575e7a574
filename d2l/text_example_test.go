package d2l_test

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// The beginning of the book's text, The Time Machine by H. G. Wells.
const travellerText = `The Time Traveller (for so it will be convenient to speak of him)
was expounding a recondite matter to us. His grey eyes shone and
twinkled, and his usually pale face was flushed and animated. The
fire burned brightly, and the soft radiance of the incandescent`

func travellerTokens(token string) [][]string {
	var lines []string
	for line := range strings.Lines(travellerText) {
		lines = append(lines, d2l.CleanLine(line))
	}
	return d2l.Tokenize(lines, token)
}

func ExampleCleanLine() {
	fmt.Println(d2l.CleanLine("  The Time Traveller (for so it will be convenient to speak of him)\n"))
	// Output: the time traveller for so it will be convenient to speak of him
}

func ExampleTokenize() {
	fmt.Println(d2l.Tokenize([]string{"the time machine", "", "by wells"}, "word"))
	fmt.Printf("%q\n", d2l.Tokenize([]string{"a b"}, "char"))
	// Output:
	// [[the time machine] [] [by wells]]
	// [["a" " " "b"]]
}

func ExampleCountCorpus() {
	fmt.Println(d2l.CountCorpus(travellerTokens("word"))[:4])
	// Output: [{the 4} {and 4} {to 2} {of 2}]
}

func ExampleVocab() {
	tokens := travellerTokens("word")
	vocab := d2l.NewVocab(tokens, 0)
	fmt.Println(vocab.Len(), vocab.TokenFreqs()[0])
	fmt.Println(vocab.Tokens()[:5], vocab.ToTokens(1, 8))
	fmt.Println(tokens[0][:4], vocab.Indices(tokens[0][:4]), vocab.Index("horse"))
	// Output:
	// 37 {the 4}
	// [<unk> the and to of] [the traveller]
	// [the time traveller for] [1 7 8 9] 0
}

// Words that occur once become the unknown token; the end of a sentence has a token of its own.
func ExampleNewVocab() {
	vocab := d2l.NewVocab(travellerTokens("word"), 2, "<pad>", "<eos>")
	fmt.Println(vocab.ToTokens(0, 1, 2, 3), vocab.Index("time") == vocab.Index(d2l.Unk))
	// Output: [<unk> <pad> <eos> the] true
}

func ExampleTruncatePad() {
	fmt.Println(d2l.TruncatePad([]int32{5, 6, 7}, 2, 1), d2l.TruncatePad([]int32{5, 6, 7}, 5, 1))
	// Output: [5 6] [5 6 7 1 1]
}

// The book's corpus of the numbers 0 to 34: where a batch begins differs from epoch to epoch.
func ExampleSeqDataIterRandom() {
	d2l.Seed(1)
	data := d2l.SeqDataIterRandom(upTo(35), 2, 5)
	fmt.Println(data.Len(), "batches")
	for batch, err := range data.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0].Value().([][]int32), batch.Labels[0].Value().([][]int32)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]), y[0][0] == X[0][1], y[1][4] == X[1][4]+1)
	}
	// Output:
	// 3 batches
	// (2, 5) true true
	// (2, 5) true true
	// (2, 5) true true
}

// Each batch continues the one before it.
func ExampleSeqDataIterConsecutive() {
	d2l.Seed(1)
	last := int32(-1)
	for batch, err := range d2l.SeqDataIterConsecutive(upTo(35), 2, 5).Iter() {
		d2l.Check(err)
		X := batch.Inputs[0].Value().([][]int32)
		fmt.Println(X[1][0]-X[0][0], last < 0 || X[0][0] == last+1)
		last = X[0][4]
	}
	// Output:
	// 15 true
	// 15 true
	// 15 true
}

// upTo returns 0, 1, … n − 1.
func upTo(n int32) (corpus []int32) {
	for i := range n {
		corpus = append(corpus, i)
	}
	return corpus
}
