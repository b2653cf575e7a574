package d2l

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// wikiOf returns a folder with a file of WikiText-2's layout.
func wikiOf(t *testing.T, content string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put(t, filepath.Join(dir, "wiki.train.tokens"), []byte(content))
	return dir
}

// What is a paragraph, and what a sentence, is as the book's code in Python has it for this text.
func TestReadWiki(t *testing.T) {
	const text = " \n = Heading . = \n \n The first one . Über ALLES . <unk> . \n no stop\n a.b .\nOnly one . \n" +
		"a .  . b . c\r\n a . b"
	want := [][]string{
		{"= heading", "="}, {"the first one", "über alles", "<unk> ."}, {"only one ."}, {"a", "", "b", "c"}, {"a", "b"},
	}
	if got := must(ReadWiki(wikiOf(t, text)))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("the paragraphs are %q", got)
	}
	_, err := ReadWiki(t.TempDir())
	wantError(t, err, "reading WikiText-2: ", "wiki.train.tokens", `DownloadExtract("wikitext-2", "wikitext-2")`)
	for content, want := range map[string]string{
		"":                   "there is no paragraph in ",
		"a b c\nd e.\n":      "wiki.train.tokens: give lines of sentences, each with a full stop between spaces at its end",
		" a . b \n\xff . \n": ", line 2: ",
	} {
		dir := wikiOf(t, content)
		_, err := ReadWiki(dir)
		wantError(t, err, want, dir)
		_, _, err = LoadDataWiki(2, 9, dir)
		wantError(t, err, want)
	}
	_, err = ReadWiki(wikiOf(t, "\xff . \n"))
	wantError(t, err, "this is no text in UTF-8: get the file again")
}

// bertRow is a row of a data set for BERT, with its tokens as text.
type bertRow struct {
	tokens, words               []string
	segments, positions, counts []int32
	len, isNext                 int32
}

// bertRows returns the rows of an epoch.
func bertRows(t *testing.T, data DataIter, vocab *Vocab) (rows []bertRow) {
	t.Helper()
	for batch, err := range data.Iter() {
		noError(t, err)
		of := func(x *tensors.Tensor) [][]int32 { return x.Value().([][]int32) }
		for i, n := range Values[int32](batch.Inputs[2]) {
			row := bertRow{
				tokens: vocab.ToTokens(of(batch.Inputs[0])[i]...), segments: of(batch.Inputs[1])[i], len: n,
				positions: of(batch.Inputs[3])[i], words: vocab.ToTokens(of(batch.Labels[1])[i]...),
				isNext: Values[int32](batch.Labels[2])[i],
			}
			for _, weight := range batch.Labels[0].Value().([][]float32)[i] {
				row.counts = append(row.counts, int32(weight))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Each example is a pair of the text, once its words are back in their places.
func TestLoadDataWiki(t *testing.T) {
	unseeded(t)
	Seed(3)
	var text strings.Builder
	var sentences []string
	for i := range 40 {
		a, b := fmt.Sprintf("a%d b%[1]d c%[1]d", i), fmt.Sprintf("d%d e%[1]d", i)
		c := fmt.Sprintf("f%d g%[1]d h%[1]d i%[1]d .", i)
		sentences = append(sentences, a, b, c)
		text.WriteString(strings.Repeat(fmt.Sprintf(" %s . %s . %s \n", a, b, strings.ToUpper(c)), 5))
	}
	const maxLen = 10
	data, vocab, err := LoadDataWiki(7, maxLen, wikiOf(t, text.String()))
	noError(t, err)
	if want := 5 + 40*9 + 1; vocab.Len() != want {
		t.Errorf("%d tokens, expected %d", vocab.Len(), want)
	}
	rows := bertRows(t, data, vocab)
	// Of 400, those of two long sentences do not fit.
	if len(rows) < 350 || len(rows) >= 400 || data.Len() != (len(rows)+6)/7 {
		t.Errorf("%d examples in %d batches", len(rows), data.Len())
	}
	next := 0
	for _, row := range rows {
		n, number := int(row.len), max(1, int(math.Round(0.15*float64(row.len))))
		if len(row.tokens) != maxLen || len(row.positions) != 2 || !slices.IsSorted(row.positions[:number]) {
			t.Fatalf("%+v", row)
		}
		whole := slices.Clone(row.tokens)
		for i, at := range row.positions {
			if i < number {
				whole[at] = row.words[i]
			} else if at != 0 || row.words[i] != Unk {
				t.Fatalf("at %d: %+v", i, row)
			}
			if row.counts[i] != map[bool]int32{true: 1}[i < number] {
				t.Fatalf("at %d: %+v", i, row)
			}
		}
		pair := strings.Split(strings.Join(whole[:n], " "), " <sep>")
		first, second := strings.TrimPrefix(pair[0], "<cls> "), strings.TrimSpace(pair[1])
		at := slices.Index(sentences, first)
		tokens, segments := GetTokensAndSegments(strings.Fields(first), strings.Fields(second))
		padding := strings.Join(whole[n:], "")
		if at < 0 || at%3 == 2 || !slices.Contains(sentences, second) || !slices.Equal(whole[:n], tokens) ||
			!slices.Equal(row.segments, TruncatePad(segments, maxLen, 0)) || padding != strings.Repeat("<pad>", maxLen-n) {
			t.Fatalf("%q of %+v", whole, row)
		}
		if next += int(row.isNext); row.isNext == 1 && second != sentences[at+1] {
			t.Errorf("%q is said to be next to %q", second, first)
		}
	}
	if got := float64(next) / float64(len(rows)); math.Abs(got-0.5) > 0.1 {
		t.Errorf("%v of the sentences are next ones", got)
	}
	// The same seed draws the same, and the next draw is another.
	load := func() []bertRow {
		data, vocab, err := LoadDataWiki(7, maxLen, wikiOf(t, text.String()))
		noError(t, err)
		return bertRows(t, data, vocab)
	}
	other := load()
	Seed(3)
	if !reflect.DeepEqual(load(), rows) {
		t.Error("with the same seed there are others")
	}
	if reflect.DeepEqual(other, rows) {
		t.Error("with the next draws there are the same")
	}
	const want = " needs a positive batch size and a maxLen of 5 or more, got "
	wantPanic(t, func() { LoadDataWiki(0, 9) }, "d2l: LoadDataWiki"+want+"0 and 9")
	wantPanic(t, func() { LoadDataBERT(nil, 1, 4, 0) }, "d2l: LoadDataBERT"+want+"1 and 4")
}

// Python's round gives these.
func TestNumMLMPreds(t *testing.T) {
	for tokens, want := range map[int]int{3: 1, 5: 1, 10: 2, 11: 2, 16: 2, 17: 3, 30: 4, 50: 8, 64: 10, 512: 77} {
		if got := numMLMPreds(tokens); got != want {
			t.Errorf("of %d tokens %d are predicted, expected %d", tokens, got, want)
		}
	}
}

// Of what is predicted, 80 % are masked, 10 % stay, and 10 % are any token; all positions have the same chance.
func TestMaskShares(t *testing.T) {
	vocab := NewVocab([][]string{{"a", "b", "c", "d", "e", "f", "g"}}, 0, "<pad>", "<mask>", "<cls>", "<sep>")
	random := rand.New(rand.NewPCG(1, 0))
	const n = 10_000
	masked, stays, others := 0, 0, map[string]int{}
	at := make([]int, 10)
	for range n {
		e := bertExample{tokens: []string{"<cls>", "a", "a", "a", "a", "<sep>", "a", "a", "a", "<sep>"}}
		e.mask(vocab, random)
		words := vocab.Indices([]string{"a", "a"})
		if len(e.positions) != 2 || e.positions[0] >= e.positions[1] || !slices.Equal(e.words, words) {
			t.Fatalf("%+v", e)
		}
		for i, token := range e.tokens {
			if !slices.Contains(e.positions, int32(i)) {
				if want := []string{"<cls>", "a", "a", "a", "a", "<sep>", "a", "a", "a", "<sep>"}[i]; token != want {
					t.Fatalf("%q at %d is not to be predicted", token, i)
				}
				continue
			}
			at[i]++
			switch token {
			case "<mask>":
				masked++
			case "a":
				stays++
			default:
				others[token]++
			}
		}
	}
	// Of 20,000, any token is <mask> or a in one of 12 cases each; four standard deviations.
	for name, c := range map[string][2]float64{
		"masked": {float64(masked), 0.8 + 0.1/12}, "the same": {float64(stays), 0.1 + 0.1/12},
		"b": {float64(others["b"]), 0.1 / 12}, "<pad>": {float64(others["<pad>"]), 0.1 / 12},
		"<unk>": {float64(others[Unk]), 0.1 / 12},
	} {
		if got := c[0] / (2 * n); math.Abs(got-c[1]) > 4*math.Sqrt(c[1]*(1-c[1])/(2*n)) {
			t.Errorf("%s are %v, expected about %v", name, got, c[1])
		}
	}
	for i, count := range at {
		want := map[bool]float64{true: 0, false: 2. / 7}[i == 0 || i == 5 || i == 9]
		if got := float64(count) / n; math.Abs(got-want) > 0.02 {
			t.Errorf("%v of the examples predict position %d", got, i)
		}
	}
}

// Pairs are cut as by the book's code in Python, single sentences at their ends, and the caller's stay.
func TestBuildArrayBERT(t *testing.T) {
	vocab := NewVocab([][]string{strings.Fields("a b c d e f g h")}, 0, "<pad>", "<mask>", "<cls>", "<sep>")
	text := func(X []*tensors.Tensor) string {
		tokens := strings.Join(vocab.ToTokens(Values[int32](X[0])...), " ")
		return fmt.Sprint(tokens, " ", Values[int32](X[1]), Values[int32](X[2]))
	}
	for _, c := range []struct{ a, b, want string }{
		{"a b", "c d", "<cls> a b <sep> c d <sep> <pad> [0 0 0 0 1 1 1 0] [7]"},
		{"a b c", "d e", "<cls> a b c <sep> d e <sep> [0 0 0 0 0 1 1 1] [8]"},
		{"a b c d e", "f g h", "<cls> a b c <sep> f g <sep> [0 0 0 0 0 1 1 1] [8]"},
		{"a", "b c d e f g", "<cls> a <sep> b c d e <sep> [0 0 0 1 1 1 1 1] [8]"},
		{"a b c d e f", "g", "<cls> a b c d <sep> g <sep> [0 0 0 0 0 0 1 1] [8]"},
		{"x", "", "<cls> <unk> <sep> <sep> <pad> <pad> <pad> <pad> [0 0 0 1 0 0 0 0] [4]"},
	} {
		a, b := strings.Fields(c.a), strings.Fields(c.b)
		if got := text(BuildArrayBERT([][]string{a}, [][]string{b}, vocab, 8)); got != c.want {
			t.Errorf("%q and %q are %s, expected %s", c.a, c.b, got, c.want)
		}
		if strings.Join(a, " ") != c.a || strings.Join(b, " ") != c.b {
			t.Errorf("the sentences are %q and %q", a, b)
		}
	}
	long := [][]string{strings.Fields("a b c d e f g h")}
	if got := text(BuildArrayBERT(long, nil, vocab, 5)); got != "<cls> a b c <sep> [0 0 0 0 0] [5]" {
		t.Errorf("a sentence alone is %s", got)
	}
	const needs = "d2l: BuildArrayBERT needs sentences, as many second ones or nil, and a maxLen of 5 or more, got "
	wantPanic(t, func() { BuildArrayBERT(nil, nil, vocab, 8) }, needs+"0, 0 and 8")
	wantPanic(t, func() { BuildArrayBERT(long, [][]string{}, vocab, 8) }, needs+"1, 0 and 8")
	wantPanic(t, func() { BuildArrayBERT(long, long, vocab, 4) }, needs+"1, 1 and 4")
	wantPanic(t, func() { BuildArrayBERT(long, long, nil, 8) }, "d2l: BuildArrayBERT of a nil", "NewVocab makes one")
	wantPanic(t, func() { BuildArrayBERT(long, long, NewVocab(long, 0, "<pad>", "<cls>"), 8) },
		"d2l: BuildArrayBERT needs a vocabulary with <pad>, <cls> and <sep>, and it has no <sep>")
}

// A text of one's own: words as they are, frequencies of one's choice, and what does not fit is left out.
func TestLoadDataBERT(t *testing.T) {
	paragraphs := [][]string{{"Ein Satz", "noch  einer"}, {}, {"allein"}, {"", ""}}
	found := 0
	for range 50 { // In half of the cases the second sentence is another.
		data, vocab, err := LoadDataBERT(paragraphs, 9, 5, 0)
		noError(t, err)
		if got := fmt.Sprint(vocab.Tokens()); got != "[<unk> <pad> <mask> <cls> <sep> Ein Satz noch einer allein]" {
			t.Fatalf("the tokens are %s", got)
		}
		for _, row := range bertRows(t, data, vocab) {
			if row.len > 5 {
				t.Errorf("%+v", row)
			}
			if row.len != 3 || row.isNext == 0 {
				continue
			}
			found++
			want := bertRow{strings.Fields("<cls> <sep> <sep> <pad> <pad>"), []string{Unk}, []int32{0, 0, 1, 0, 0}, []int32{0},
				[]int32{0}, 3, 1}
			if !reflect.DeepEqual(row, want) {
				t.Errorf("two empty sentences are %+v", row)
			}
		}
	}
	if found == 0 {
		t.Error("no example has two empty sentences")
	}
	_, _, err := LoadDataBERT([][]string{{"a b", "c"}, {"d e f g"}}, 9, 5, 0)
	const want = "of 2 paragraphs no pair of sentences has 2 tokens or less: give paragraphs of several sentences, or a " +
		"larger maxLen"
	wantError(t, err, want)
	_, _, err = LoadDataBERT(nil, 9, 64, 0)
	wantError(t, err, "of 0 paragraphs no pair of sentences has 61 tokens or less")
}
