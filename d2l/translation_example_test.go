package d2l_test

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Machine Translation and the Dataset", on a text in the program. d2l.ReadDataNMT downloads the
// book's.
func ExamplePreprocessNMT() {
	text := d2l.PreprocessNMT("Go.\tVa !\nHi.\tSalut\u202f!\nRun!\tCours\u202f!\nRun, Tom!\tCours, Tom\u00a0!\n")
	fmt.Print(text)
	source, target, err := d2l.TokenizeNMT(text, 3) // The first three pairs.
	d2l.Check(err)
	fmt.Println(source, target)
	vocab := d2l.NewVocab(source, 2, "<pad>", "<bos>", "<eos>")
	fmt.Println(vocab.Len(), "tokens, of which one occurs twice")
	// Output:
	// go .	va !
	// hi .	salut !
	// run !	cours !
	// run , tom !	cours , tom !
	// [[go .] [hi .] [run !]] [[va !] [salut !] [cours !]]
	// 5 tokens, of which one occurs twice
}

// A sentence is cut or filled up, and the lengths say how many tokens count. <unk> is 0, <pad> 1, <bos> 2 and <eos> 3.
func ExampleBuildArrayNMT() {
	lines := d2l.Tokenize([]string{"go .", "he runs .", "you run , tom ."}, "word")
	vocab := d2l.NewVocab(lines[:2], 0, "<pad>", "<bos>", "<eos>")
	array, validLens := d2l.BuildArrayNMT(lines, vocab, 4)
	for _, row := range array.Value().([][]int32) {
		fmt.Println(row, strings.Join(vocab.ToTokens(row...), " "))
	}
	fmt.Println(d2l.Values[int32](validLens))
	// Output:
	// [5 4 3 1] go . <eos> <pad>
	// [6 7 4 3] he runs . <eos>
	// [0 0 0 0] <unk> <unk> <unk> <unk>
	// [3 4 4]
}

// The inputs are what is to be translated, its translation one step late, and the valid lengths of the former.
func ExampleLoadDataNMT() {
	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT("Go.\tVa !\n", 2, 5, 0, 0)
	d2l.Check(err)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		fmt.Println("X:", srcVocab.ToTokens(d2l.Values[int32](batch.Inputs[0])...))
		fmt.Println("decX:", tgtVocab.ToTokens(d2l.Values[int32](batch.Inputs[1])...))
		fmt.Println("valid lengths:", d2l.Values[int32](batch.Inputs[2]))
		fmt.Println("y:", tgtVocab.ToTokens(d2l.Values[int32](batch.Labels[0])...))
	}
	// Output:
	// X: [go . <eos> <pad> <pad>]
	// decX: [<bos> va ! <eos> <pad>]
	// valid lengths: [3]
	// y: [va ! <eos> <pad> <pad>]
}

// As if the book's data set were this one pair.
func ExampleReadDataNMT() {
	defer withoutCache()()
	defer published("fra-eng", "fra-eng/fra.txt", "Go.\tVa !\n")()
	fmt.Print(d2l.Must(d2l.ReadDataNMT()))
	// Output: Go.	Va !
}

// All words of the first prediction are in the label, and of its three pairs of words two.
func ExampleBleu() {
	const label = "il est chez lui ."
	fmt.Printf("%.3f %.3f\n", d2l.Bleu("il est chez .", label, 2), d2l.Bleu(label, label, 2))
	// Output: 0.704 1.000
}
