package d2l_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
)

// translationFixture is what testdata/translation_fixture.py writes.
func translationFixture(t *testing.T) (fixture struct {
	Texts [][2]string
	Cases []struct {
		Prediction, Label string
		K                 int
		Bleu              float64
	}
}) {
	d2ltest.NoError(t, json.Unmarshal(d2ltest.Must(os.ReadFile("testdata/translation.json"))(t), &fixture))
	return fixture
}

func TestBleuAgainstPython(t *testing.T) {
	cases := translationFixture(t).Cases
	for _, c := range cases {
		if got := d2l.Bleu(c.Prediction, c.Label, c.K); !(math.Abs(got-c.Bleu) <= 1e-12) {
			t.Errorf("Bleu(%q, %q, %d) is %v, expected %v", c.Prediction, c.Label, c.K, got, c.Bleu)
		}
	}
	if len(cases) < 90 {
		t.Errorf("%d cases", len(cases))
	}
}

// Values by hand: the book's, and those at which it divides by 0.
func TestBleu(t *testing.T) {
	for _, c := range []struct {
		prediction, label string
		k                 int
		want              float64
	}{
		{"A B", "A B C D E F", 2, math.Exp(-2)},                                                 // The book's.
		{"A B B C D", "A B C D E F", 2, math.Exp(-0.2) * math.Sqrt(0.8) * math.Pow(0.75, 0.25)}, // Its 4/5 and 3/4.
		{"va !", "va !", 2, 1},
		{"the the the", "the cat", 1, math.Sqrt(1. / 3)}, // Each of the label's n-grams matches once.
		{"a b c d", "a", 1, 0.5},                         // No reward for length.
		{"b a", "a b", 2, 0},                             // No pair matches.
		{"va", "va", 2, 1}, {"va", "va", 9, 1}, {"va", "attends", 2, 0},
		{"va", "va !", 2, math.Exp(-1)},
		{"", "va !", 2, 0}, {" \t", "va !", 1, 0}, {"va", "", 2, 0}, {"", "", 2, 1},
		{" va  ! ", "va !", 2, 1},
	} {
		if got := d2l.Bleu(c.prediction, c.label, c.k); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("Bleu(%q, %q, %d) is %v, expected %v", c.prediction, c.label, c.k, got, c.want)
		}
	}
	d2ltest.WantPanic(t, func() { d2l.Bleu("a", "a", 0) }, "d2l: Bleu needs a positive k, got 0")
}

func TestPreprocessNMTAgainstPython(t *testing.T) {
	texts := translationFixture(t).Texts
	for _, text := range texts {
		if got := d2l.PreprocessNMT(text[0]); got != text[1] {
			t.Errorf("of %q it makes %q, expected %q", text[0], got, text[1])
		}
		if got := d2l.PreprocessNMT(text[1]); got != text[1] {
			t.Errorf("of %q, prepared, it makes %q", text[1], got)
		}
	}
	if len(texts) < 10 {
		t.Errorf("%d texts", len(texts))
	}
}

func TestTokenizeNMT(t *testing.T) {
	text := "go .\tva !\n\n   \r\nwait  .\tattends !\r\nrun\tcours" // Without an end of line.
	for numExamples, want := range map[int]string{
		0: "[[go .] [wait .] [run]] [[va !] [attends !] [cours]]", 1: "[[go .]] [[va !]]",
		2: "[[go .] [wait .]] [[va !] [attends !]]", 3: "[[go .] [wait .] [run]] [[va !] [attends !] [cours]]",
		4: "[[go .] [wait .] [run]] [[va !] [attends !] [cours]]",
	} {
		source, target, err := d2l.TokenizeNMT(text, numExamples)
		d2ltest.NoError(t, err)
		if got := fmt.Sprint(source, target); got != want {
			t.Errorf("of %d examples it makes %s, expected %s", numExamples, got, want)
		}
	}
	for _, c := range []struct{ line, want string }{
		{"no tab", `line 4 of the pairs, "no tab", has 0 tabs: give a sentence, one tab and its translation`},
		{"go .\tva !\tby Tom", `line 4 of the pairs, "go .\tva !\tby Tom", has 2 tabs`},
		{"\tva !", `line 4 of the pairs, "\tva !", has nothing on one side of its tab`},
		{"go .\t ", `line 4 of the pairs, "go .\t ", has nothing on one side of its tab`},
	} {
		with := "a\tb\n\nc\td\n" + c.line + "\ne\tf\n"
		_, _, err := d2l.TokenizeNMT(with, 0)
		d2ltest.WantError(t, err, c.want)
		_, _, _, err = d2l.LoadDataNMT(with, 1, 1, 3, 0)
		d2ltest.WantError(t, err, "line 4 of the pairs")
		source, _, err := d2l.TokenizeNMT(with, 2) // Ends before that line.
		if err != nil || len(source) != 2 {
			t.Errorf("%q after all examples: %v", c.line, err)
		}
	}
	d2ltest.WantPanic(t, func() { d2l.TokenizeNMT("", -1) }, "needs a number of pairs, or 0 for all, got -1")
}

// Each line is cut at, and filled up to, the number of steps, and the lengths are those of what counts.
func TestLoadDataNMT(t *testing.T) {
	for numSteps, want := range map[int][]string{
		1: {"go|<bos>|1|va", "i|<bos>|1|j'ai", "zzz|<bos>|1|<unk>"},
		3: {"go . <eos>|<bos> va !|3|va ! <eos>", "i lost .|<bos> j'ai perdu|3|j'ai perdu .",
			"zzz <eos> <pad>|<bos> <unk> <eos>|2|<unk> <eos> <pad>"},
		4: {"go . <eos> <pad>|<bos> va ! <eos>|3|va ! <eos> <pad>", "i lost . <eos>|<bos> j'ai perdu .|4|j'ai perdu . <eos>",
			"zzz <eos> <pad> <pad>|<bos> <unk> <eos> <pad>|2|<unk> <eos> <pad> <pad>"},
	} {
		const text = "Go.\tVa !\nI lost.\tJ'ai perdu.\nzzz\tonce\n" + "go . i lost . zzz rare\tva ! j'ai perdu .\n"
		trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(text, 2, numSteps, 0, 2)
		d2ltest.NoError(t, err)
		if srcVocab.Len() != 4+5 || tgtVocab.Len() != 4+5 || trainIter.Len() != 2 {
			t.Errorf("%d and %d tokens in %d batches", srcVocab.Len(), tgtVocab.Len(), trainIter.Len())
		}
		var got []string
		for batch, err := range trainIter.Iter() {
			d2ltest.NoError(t, err)
			tokens := func(x *d2l.Tensor, vocab *d2l.Vocab, row int) string {
				return strings.Join(vocab.ToTokens(d2l.Values[int32](x)[row*numSteps:(row+1)*numSteps]...), " ")
			}
			for row, n := range d2l.Values[int32](batch.Inputs[2]) {
				got = append(got, fmt.Sprintf("%s|%s|%d|%s", tokens(batch.Inputs[0], srcVocab, row),
					tokens(batch.Inputs[1], tgtVocab, row), n, tokens(batch.Labels[0], tgtVocab, row)))
			}
		}
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%d steps: %q is not among %q", numSteps, line, got)
			}
		}
		if len(got) != 4 {
			t.Errorf("%d sentences", len(got))
		}
	}
	_, _, _, err := d2l.LoadDataNMT("\n\n", 2, 3, 0, 0)
	d2ltest.WantError(t, err, "there is no pair of sentences in the text")
	lines := [][]string{{"go"}}
	vocab := d2l.NewVocab(lines, 0, "<pad>", "<bos>", "<eos>")
	for want, f := range map[string]func(){
		"LoadDataNMT needs a positive batch size and number of steps, got 0 and 3": func() {
			d2l.LoadDataNMT("a\tb", 0, 3, 0, 0)
		},
		"LoadDataNMT needs a positive batch size and number of steps, got 2 and 0": func() {
			d2l.LoadDataNMT("a\tb", 2, 0, 0, 0)
		},
		"BuildArrayNMT needs sentences and a positive number of steps, got 0 and 3": func() {
			d2l.BuildArrayNMT(nil, vocab, 3)
		},
		"BuildArrayNMT needs sentences and a positive number of steps, got 1 and -1": func() {
			d2l.BuildArrayNMT(lines, vocab, -1)
		},
		"BuildArrayNMT needs a vocabulary with the reserved tokens <pad>, <bos>, <eos>": func() {
			d2l.BuildArrayNMT(lines, d2l.NewVocab(lines, 0, "<pad>", "<bos>"), 3)
		},
		"BuildArrayNMT needs a vocabulary": func() { d2l.BuildArrayNMT(lines, nil, 3) },
	} {
		d2ltest.WantPanic(t, f, "d2l: "+want)
	}
}

// What is missing may have been deleted: it comes back if the folder is extracted again.
func TestReadDataNMTMissing(t *testing.T) {
	defer withoutCache()()
	defer published("fra-eng", "fra-eng/other.txt", "Go.\tVa !\n")()
	var err error
	d2ltest.Quietly(t, func() { _, err = d2l.ReadDataNMT() })
	d2ltest.WantError(t, err, "reading the sentences: ", "fra.txt", "delete ", "extracted to have it extracted again")
}
