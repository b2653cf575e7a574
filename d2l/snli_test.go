package d2l

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

const snliColumns = "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\n"

// snliOf returns a folder with files of SNLI's layout.
func snliOf(t *testing.T, train, test string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put(t, filepath.Join(dir, "snli_1.0_train.txt"), []byte(train))
	put(t, filepath.Join(dir, "snli_1.0_test.txt"), []byte(test))
	return dir
}

// The sentences are those that the book's code in Python has of these parses.
func TestReadSNLI(t *testing.T) {
	const train = snliColumns +
		"neutral\t( ( The  cat ) ( ( is ( very  black ) ) . ) )\t( A ( -LRB- b ) )\t(ROOT x)\tmore\n" +
		"-\tx\ty\tz\n-\n" +
		"\n" +
		"entailment\t( a )\tn/a\r\n" +
		"contradiction\t( )\t((x)y)"
	dir := snliOf(t, train, snliColumns+"entailment\ta\tb\n")
	premises, hypotheses, labels, err := ReadSNLI(dir, true)
	noError(t, err)
	const want = `["The cat is very black ." "a" ""] ["A -LRB- b" "n/a" "xy"] [2 0 1]`
	if got := fmt.Sprintf("%q %q %v", premises, hypotheses, labels); got != want {
		t.Errorf("the pairs are %s", got)
	}
	premises, hypotheses, labels, err = ReadSNLI(dir, false)
	noError(t, err)
	if got := fmt.Sprint(premises, hypotheses, labels); got != "[a] [b] [0]" {
		t.Errorf("the pairs for testing are %s", got)
	}

	_, _, _, err = ReadSNLI(t.TempDir(), true)
	wantError(t, err, "reading SNLI: ", "snli_1.0_train.txt", `give the folder that DownloadExtract("SNLI") returns`)
	const layout = "expected a label and two sentences, divided by tabs"
	for content, want := range map[string]string{
		"":                        `line 1 is "", expected the names of the columns, of which the first is gold_label`,
		"neutral\ta\tb\n":         `line 1 is "neutral", expected the names of the columns`,
		snliColumns:               "there is none: " + layout + ", in each line after the first",
		snliColumns + "-\ta\tb\n": "there is none: ",
		snliColumns + "neutral\ta\tb\nneutral\ta\n": "line 3 has 2 columns, " + layout,
		snliColumns + "\nneutral a b\n":             "line 3 has 1 column, " + layout,
		snliColumns + "neutrale\ta\tb\n":            `line 2 has the label "neutrale", expected entailment`,
	} {
		dir := snliOf(t, snliColumns+"neutral\ta\tb\n", content)
		premises, _, _, err := ReadSNLI(dir, false)
		wantError(t, err, "the pairs of sentences in ", filepath.Join(dir, "snli_1.0_test.txt"), " cannot be used: "+want)
		trainIter, _, _, err := LoadDataSNLI(1, 1, dir)
		wantError(t, err, want)
		if premises != nil || trainIter != nil {
			t.Errorf("%v and %v beside an error", premises, trainIter)
		}
	}
}

// Sentences are cut and filled up; the vocabulary is that of the training pairs, of tokens that occur five times.
func TestLoadDataSNLI(t *testing.T) {
	unseeded(t)
	Seed(1)
	train := snliColumns + strings.Repeat("neutral\t( a ( b c ) )\td f\n", 4) +
		"entailment\t( c d )\t( e ( a ( b d ) ) )\n"
	dir := snliOf(t, train, snliColumns+"contradiction\ta e\tc\n-\tb\tb\nneutral\tb\td\n")
	trainIter, testIter, vocab, err := LoadDataSNLI(2, 3, dir)
	noError(t, err)
	if got := fmt.Sprint(vocab.Tokens()); got != "[<unk> <pad> d a b c]" {
		t.Errorf("the tokens are %s", got)
	}
	rows := func(data DataIter) (all []string) {
		for batch, err := range data.Iter() {
			noError(t, err)
			for i, label := range Values[int32](batch.Labels[0]) {
				row := fmt.Sprint(label)
				for _, x := range batch.Inputs {
					row += " | " + strings.Join(vocab.ToTokens(x.Value().([][]int32)[i]...), " ")
				}
				all = append(all, row)
			}
		}
		return all
	}
	const tests = "1 | a <unk> <pad> | c <pad> <pad>\n2 | b <pad> <pad> | d <pad> <pad>"
	if got := strings.Join(rows(testIter), "\n"); got != tests {
		t.Errorf("for testing there are\n%s", got)
	}
	const entailed, neutral = "0 | c d <pad> | <unk> a b", "2 | a b c | d <unk> <pad>"
	places := map[int]bool{}
	for range 20 {
		all := rows(trainIter)
		places[slices.Index(all, entailed)] = true
		slices.Sort(all)
		if len(all) != 5 || all[0] != entailed || all[1] != neutral || all[4] != neutral {
			t.Fatalf("for training there are\n%s", strings.Join(all, "\n"))
		}
	}
	if len(places) < 3 || trainIter.Len() != 3 || testIter.Len() != 1 {
		t.Errorf("places %v in %d and %d batches", places, trainIter.Len(), testIter.Len())
	}
	wantPanic(t, func() { LoadDataSNLI(0, 1) }, "d2l: LoadDataSNLI needs a positive batch size, got 0")
	wantPanic(t, func() { LoadDataSNLI(1, -2) }, "d2l: LoadDataSNLI needs a positive number of steps, got -2")
	wantPanic(t, func() { LoadDataSNLI(1, 2, "a", "b") }, "d2l: LoadDataSNLI takes at most one folder")
}

// A lengths layer has the logits 10 for the class that is the difference of the lengths of two sentences, or NaN.
type lengths struct{ classes int }

func (lengths) Kind() string { return "lengths" }

func (l lengths) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return l.ForwardN(scope, x)[0]
}

func (l lengths) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	P, H := inputs[0], inputs[1]
	first := graph.Slice(P, graph.AxisRange(), graph.AxisRange(0, 1))
	Dense{Units: 1}.Forward(scope, graph.ConvertDType(first, dtypes.Float32)) // Its parameters make it a net.
	class := graph.Const(P.Graph(), []int32{int32(H.Shape().Dim(1) - P.Shape().Dim(1))})
	logits := graph.MulScalar(graph.OneHot(class, l.classes, dtypes.Float32), 10)
	unknown := graph.ReduceAllMax(graph.ConvertDType(graph.Equal(H, graph.ZerosLike(H)), dtypes.Float32))
	return []*graph.Node{graph.Div(logits, graph.OneMinus(unknown))}
}

func TestPredictSNLI(t *testing.T) {
	vocab := NewVocab([][]string{{"a", "b"}}, 0, "<pad>")
	predict := func(classes int, premise, hypothesis string) (string, error) {
		net := NewNet(lengths{classes})
		noError(t, net.Initialize(testDevice(), Xavier))
		return PredictSNLI(net, vocab, strings.Fields(premise), strings.Fields(hypothesis), 0)
	}
	for hypothesis, want := range map[string]string{"b": "entailment", "b a": "contradiction", "b a b": "neutral"} {
		if got := must(predict(3, "a", hypothesis))(t); got != want {
			t.Errorf("%q is %s, expected %s", hypothesis, got, want)
		}
	}
	// Of two steps both, filled up and cut, they are of one length.
	net := NewNet(lengths{3})
	noError(t, net.Initialize(testDevice(), Xavier))
	for _, hypothesis := range [][]string{{"b", "a"}, {"b", "a", "b"}} {
		if got := must(PredictSNLI(net, vocab, []string{"a"}, hypothesis, 2))(t); got != "entailment" {
			t.Errorf("%q of two steps is %s", hypothesis, got)
		}
	}
	for name, c := range map[string]struct {
		classes             int
		premise, hypothesis string
		want                string
	}{
		"premise":    {3, "", "a b", "the premise has 0 tokens, and the hypothesis 2: give at least one in each"},
		"hypothesis": {3, "a", "", "the premise has 1 token, and the hypothesis 0"},
		"classes":    {4, "a", "b", "the net's output is (1, 4), expected (1, 3), with a logit for each of entailment"},
		"NaN":        {3, "a", "unknown", "so that no class is the maximum"},
	} {
		got, err := predict(c.classes, c.premise, c.hypothesis)
		wantError(t, err, c.want)
		if got != "" {
			t.Errorf("%s: %q beside an error", name, got)
		}
	}
	a := []string{"a"}
	net = NewNet(lengths{3})
	_, err := PredictSNLI(net, vocab, a, a, 0)
	wantError(t, err, "the net has no parameters yet")
	wantPanic(t, func() { PredictSNLI(net, nil, a, a, 0) }, "d2l: PredictSNLI of a nil", "NewVocab makes one")
	wantPanic(t, func() { PredictSNLI(net, vocab, a, a, -1) }, "d2l: PredictSNLI needs a number of steps, or 0")
	wantPanic(t, func() { PredictSNLI(nil, vocab, a, a, 0) }, "d2l: PredictSNLI of a nil", "NewNet makes one")
}
