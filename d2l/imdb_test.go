package d2l

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// putIMDB writes reviews in the layout of the data set, by their files, and returns the folder.
func putIMDB(t *testing.T, reviews map[string]string) string {
	dir := t.TempDir()
	for path, review := range reviews {
		put(t, filepath.Join(dir, path), []byte(review))
	}
	return dir
}

func smallIMDB(t *testing.T) string {
	return putIMDB(t, map[string]string{
		"train/pos/10_9.txt": "good good film", "train/pos/0_10.txt": "good\ngood\r\nfilm .\n", "train/pos/urls.csv": "bad",
		"train/neg/0_1.txt": "bad bad bad film", "train/neg/1_2.txt": "bad bad film good", "train/unsup/0_0.txt": "film",
		"train/labeledBow.feat": "1", "train/pos/.DS_Store": "\xff",
		"test/pos/0_7.txt": "film once", "test/neg/0_3.txt": "so bad\u00a0a film",
	})
}

func TestReadIMDB(t *testing.T) {
	dir := smallIMDB(t)
	for isTrain, want := range map[bool]string{
		true:  `["good good film ." "good good film" "bad bad bad film" "bad bad film good"] [1 1 0 0]`,
		false: `["film once" "so bad\u00a0a film"] [1 0]`,
	} {
		data, labels, err := ReadIMDB(dir, isTrain)
		noError(t, err)
		if got := fmt.Sprintf("%q %d", data, labels); got != want {
			t.Errorf("for training %v: %s, expected %s", isTrain, got, want)
		}
	}
}

// Of the training data bad and good occur five times, film four times: it is <unk>, as what only the test has.
func TestLoadDataIMDB(t *testing.T) {
	Seed(3)
	trainIter, testIter, vocab, err := LoadDataIMDB(3, 3, smallIMDB(t))
	noError(t, err)
	if got := fmt.Sprint(vocab.Tokens()); got != "[<unk> <pad> good bad]" {
		t.Error(got)
	}
	rows := func(data DataIter) (rows []string) {
		for batch, err := range data.Iter() {
			noError(t, err)
			X, y := batch.Inputs[0], batch.Labels[0]
			for i, label := range Values[int32](y) {
				rows = append(rows, fmt.Sprint(Values[int32](X)[3*i:3*i+3], label))
			}
		}
		return rows
	}
	if got := fmt.Sprint(rows(testIter)); got != "[[0 0 1] 1 [0 3 0] 0]" {
		t.Error("for testing:", got)
	}
	first, orders := rows(trainIter), map[string]bool{}
	for range 20 {
		orders[fmt.Sprint(rows(trainIter))] = true
	}
	if slices.Sort(first); fmt.Sprint(first) != "[[2 2 0] 1 [2 2 0] 1 [3 3 0] 0 [3 3 3] 0]" || len(orders) < 5 {
		t.Errorf("for training %v, in %d orders", first, len(orders))
	}
	if trainIter.Len() != 2 || testIter.Len() != 1 {
		t.Error(trainIter.Len(), testIter.Len())
	}
}

func TestReadIMDBFaults(t *testing.T) {
	whole := map[string]string{
		"train/pos/a.txt": "a", "train/neg/a.txt": "a", "test/pos/a.txt": "a", "test/neg/a.txt": "a",
	}
	for _, c := range []struct{ path, review, want string }{
		{"test/neg/b.txt", "good\nb\xff\n", "b.txt, line 2: this is no text in UTF-8"},
		{"train/pos/b.txt", " \n", "there is no word in "},
		{"train/neg/b.txt/c", "a", "b.txt: it is a folder, not a file"},
	} {
		dir := putIMDB(t, whole)
		put(t, filepath.Join(dir, c.path), []byte(c.review))
		_, _, _, err := LoadDataIMDB(1, 1, dir)
		wantError(t, err, "reading a review: ", filepath.Join(dir, strings.TrimSuffix(c.path, "/c")), c.want)
	}
	for path := range whole {
		dir := putIMDB(t, whole)
		noError(t, os.Remove(filepath.Join(dir, path)))
		trainIter, testIter, vocab, err := LoadDataIMDB(1, 1, dir)
		wantError(t, err, "there is no review in "+filepath.Join(dir, filepath.Dir(path)), "a file that ends with .txt")
		if trainIter != nil || testIter != nil || vocab != nil {
			t.Error("a part of the data", trainIter, testIter, vocab)
		}
		noError(t, os.RemoveAll(filepath.Join(dir, filepath.Dir(path))))
		_, _, _, err = LoadDataIMDB(1, 1, dir)
		wantError(t, err, "finding reviews: ", "give the folder aclImdb, which has the folders train and test")
	}
	for want, f := range map[string]func(){
		"LoadDataIMDB needs a positive batch size, got 0":       func() { LoadDataIMDB(0, 1, "a") },
		"LoadDataIMDB needs a positive number of steps, got -1": func() { LoadDataIMDB(1, -1, "a") },
		`LoadDataIMDB takes at most one folder, got ["a" "b"]`:  func() { LoadDataIMDB(1, 1, "a", "b") },
	} {
		wantPanic(t, f, "d2l: "+want)
	}
}

// countsTokens is a net without parameters that has logits for some tokens: how often they occur.
type countsTokens []int32

func (countsTokens) Kind() string { return "counts" }

func (c countsTokens) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	var counts []*graph.Node
	for _, token := range c {
		is := graph.Equal(x, graph.Const(x.Graph(), token))
		counts = append(counts, graph.ReduceSum(graph.ConvertDType(is, dtypes.Float32), 1))
	}
	return graph.Stack(counts, 1)
}

func TestPredictSentiment(t *testing.T) {
	vocab := NewVocab([][]string{{"good", "bad"}}, 0, "<pad>")
	net := NewNet(countsTokens{vocab.Index("bad"), vocab.Index("good")})
	noError(t, net.Initialize(testDevice(), Xavier))
	predict := func(net *Net, vocab *Vocab, text string, numSteps int) string {
		return must(PredictSentiment(net, vocab, text, numSteps))(t)
	}
	for text, want := range map[string]string{"a good good bad film": "positive", " bad\tgood\nbad": "negative"} {
		if got := predict(net, vocab, text, 0); got != want {
			t.Errorf("%q is %s", text, got)
		}
	}
	said := captured(t, &os.Stderr, func() {
		if got := predict(net, vocab, "bad good good", 1); got != "negative" {
			t.Error("what is cut off counts:", got)
		}
	})
	wantParts(t, said, `d2l: PredictSentiment reads the first 1 words of "bad good good" and cuts off the rest`)

	padded := NewNet(countsTokens{vocab.Index("good"), vocab.Index("<pad>")})
	noError(t, padded.Initialize(testDevice(), Xavier))
	for numSteps, want := range map[int]string{0: "negative", 2: "negative", 3: "negative", 5: "positive"} {
		if got := predict(padded, vocab, "good good", numSteps); got != want {
			t.Errorf("filled up to %d it is %s", numSteps, got)
		}
	}
	without := NewVocab([][]string{{"good"}}, 0) // It fills up with <unk>.
	unknown := NewNet(countsTokens{without.Index("good"), without.Index(Unk)})
	noError(t, unknown.Initialize(testDevice(), Xavier))
	if got := predict(unknown, without, "good", 3); got != "positive" {
		t.Error("without <pad>:", got)
	}

	_, err := PredictSentiment(net, vocab, " \n", 3)
	wantError(t, err, "there is no word in the text")
	three := NewNet(countsTokens{1, 2, 3})
	noError(t, three.Initialize(testDevice(), Xavier))
	_, err = PredictSentiment(three, vocab, "good", 0)
	wantError(t, err, "the net's output is (1, 3), expected (1, 2)")
	_, err = PredictSentiment(NewNet(countsTokens{1, 2}), vocab, "good", 0)
	wantError(t, err, "Initialize")
	wantPanic(t, func() { PredictSentiment(net, vocab, "good", -1) }, "d2l: PredictSentiment needs a number of steps")
	wantPanic(t, func() { PredictSentiment(net, nil, "good", 0) }, "d2l: ", "NewVocab")
}
