package d2l

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadPTB(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ptb.train.txt")
	put(t, path, []byte(" aer banknote <unk> \n\n N years\told\r\nno end"))
	const want = `[["aer" "banknote" "<unk>"] [] ["N" "years" "old"] ["no" "end"]]`
	if got := fmt.Sprintf("%q", must(ReadPTB(dir))(t)); got != want {
		t.Error(got)
	}
	for content, want := range map[string]string{
		"a\n\nb \xff\n": "reading the sentences: " + path + ", line 3: this is no text in UTF-8: get the file again; give a folder with the file",
		" \n\n":         "there is no word in " + path,
	} {
		put(t, path, []byte(content))
		_, err := ReadPTB(dir)
		wantError(t, err, want)
	}
	noError(t, os.Remove(path))
	_, err := ReadPTB(dir)
	wantError(t, err, "reading the sentences: ", path, "give a folder with the file ptb.train.txt")
	wantPanic(t, func() { ReadPTB("a", "b") }, `d2l: ReadPTB takes at most one folder, got ["a" "b"]`)
}

// Of 10,000 known words the, in, of and few make up 0.9, 0.09, 0.009 and 0.001. With a threshold of 0.01 they stay
// with the probabilities √(1/90), √(1/9), 1 and 1.
func TestSubsample(t *testing.T) {
	Seed(1)
	repeated := func(token string, n int) []string { return slices.Repeat([]string{token}, n) }
	sentences := [][]string{repeated("the", 9000), repeated("rare", 7), nil, slices.Concat(
		repeated("in", 900), repeated("of", 90), repeated("few", 10), repeated("<unk>", 50))}
	subsampled, counter := Subsample(sentences, NewVocab(sentences, 10), 0.01)
	if got := fmt.Sprint(counter); got != "map[few:10 in:900 of:90 the:9000]" {
		t.Error(got)
	}
	kept := map[string]int{}
	for _, f := range CountCorpus(subsampled) {
		kept[f.Token] = f.Freq
	}
	for token, p := range map[string]float64{"the": math.Sqrt(1. / 90), "in": 1. / 3, "of": 1, "few": 1} {
		n := float64(counter[token])
		if want := p * n; math.Abs(float64(kept[token])-want) > 4*math.Sqrt(n*p*(1-p)) {
			t.Errorf("of %v %q %d stay, expected about %v", n, token, kept[token], want)
		}
	}
	if len(subsampled) != 4 || len(subsampled[1])+len(subsampled[2]) != 0 || len(kept) != 4 {
		t.Error(len(subsampled), kept)
	}
	tail := subsampled[3][len(subsampled[3])-100:]
	if want := slices.Concat(repeated("of", 90), repeated("few", 10)); !slices.Equal(tail, want) {
		t.Error("the order of words is another:", tail)
	}
	again, _ := Subsample(sentences, NewVocab(sentences, 10), 0.01)
	Seed(1)
	same, _ := Subsample(sentences, NewVocab(sentences, 10), 0.01)
	if fmt.Sprint(again) == fmt.Sprint(subsampled) || fmt.Sprint(same) != fmt.Sprint(subsampled) {
		t.Error("it does not depend on Seed")
	}
	wantPanic(t, func() { Subsample(nil, NewVocab(nil, 0), 0) }, "d2l: Subsample needs a positive threshold, such as 1e-4",
		"got 0")
	wantPanic(t, func() { Subsample(nil, nil, 1) }, "d2l: ", "NewVocab")
}

// With windows of 1 it is what the book's function returns in Python.
func TestGetCentersAndContexts(t *testing.T) {
	centers, contexts := GetCentersAndContexts([][]int32{{0, 1, 2, 3}, {9}, nil, {7, 8}}, 1)
	if got := fmt.Sprint(centers, contexts); got != "[0 1 2 3 7 8] [[1] [0 2] [1 3] [2] [8] [7]]" {
		t.Error(got)
	}
	Seed(1)
	line := make([]int32, 3000)
	for i := range line {
		line[i] = int32(i)
	}
	centers, contexts = GetCentersAndContexts([][]int32{line}, 3)
	counts := map[int]int{}
	for i, center := range centers {
		if i < 3 || i >= len(line)-3 {
			continue
		}
		window := len(contexts[i]) / 2
		counts[window]++
		var want []int32
		for j := -window; j <= window; j++ {
			if j != 0 {
				want = append(want, center+int32(j))
			}
		}
		if !slices.Equal(contexts[i], want) {
			t.Fatalf("the context of %d is %v", center, contexts[i])
		}
	}
	for window := 1; window <= 3; window++ {
		if n := counts[window]; n < 900 || n > 1100 { // Expected are 998.
			t.Errorf("%d windows of %d", n, window)
		}
	}
	first, end := contexts[0], contexts[2999]
	if len(counts) != 3 || first[0] != 1 || end[len(end)-1] != 2998 {
		t.Error(counts, first, end)
	}
	wantPanic(t, func() { GetCentersAndContexts(nil, 0) }, "d2l: GetCentersAndContexts needs a positive size", "got 0")
}

func TestRandomGenerator(t *testing.T) {
	Seed(1)
	generator, counts := NewRandomGenerator([]float64{0, 2, 3, 0, 4, 0}), map[int]int{}
	for range 9000 {
		counts[generator.Draw()]++
	}
	for number, want := range map[int]int{2: 2000, 3: 3000, 5: 4000} {
		if got := counts[number]; got < want-200 || got > want+200 {
			t.Errorf("%d comes %d times of 9000, expected about %d", number, got, want)
		}
	}
	if len(counts) != 3 {
		t.Error("a weight of 0 counts:", counts)
	}
	for want, weights := range map[string][]float64{
		"needs a positive weight": {0, 0},
		"needs weights that are not negative and have a sum, got -1 at 1":     {1, -1},
		"needs weights that are not negative and have a sum, got NaN at 0":    {math.NaN()},
		"needs weights that are not negative and have a sum, got 1e+308 at 1": {1e308, 1e308},
	} {
		wantPanic(t, func() { NewRandomGenerator(weights) }, "d2l: NewRandomGenerator "+want)
	}
	wantPanic(t, func() { new(RandomGenerator).Draw() }, "d2l: ", "NewRandomGenerator")
}

func TestGetNegatives(t *testing.T) {
	Seed(1)
	vocab := NewVocab([][]string{{"a", "b", "c", "d"}}, 0, "<pad>")
	a, b, c := vocab.Index("a"), vocab.Index("b"), vocab.Index("c")
	counter := map[string]int{"a": 16, "b": 1, "c": 81, Unk: 1000} // To the power of 0.75: 8, 1 and 27. d has none.
	contexts := [][]int32{{c}, {a, b, a}, nil}
	counts := map[int32]int{}
	for range 900 {
		all, err := GetNegatives(contexts, vocab, counter, 5)
		noError(t, err)
		if len(all) != 3 || len(all[0]) != 5 || len(all[1]) != 15 || len(all[2]) != 0 {
			t.Fatal(all)
		}
		for _, word := range all[0] {
			counts[word]++
		}
		if slices.ContainsFunc(all[1], func(word int32) bool { return word != c }) {
			t.Fatal(all[1])
		}
	}
	if n := counts[b]; n < 400 || n > 600 || counts[a]+n != 4500 { // Expected are 500 of 4500.
		t.Error(counts)
	}
	all, err := GetNegatives([][]int32{{a, a, a}, {a, b, c, vocab.Index("d"), 0}}, vocab, counter, 1)
	wantError(t, err, "context 1 has all words, 3, so that none is left for noise: give a longer text")
	if all != nil {
		t.Error("a part of the noise words", all)
	}
	_, err = GetNegatives(contexts, vocab, map[string]int{Unk: 3, "else": 1}, 1)
	wantError(t, err, "no word of the vocabulary is in the counter")
	wantPanic(t, func() { GetNegatives(nil, vocab, counter, 0) }, "d2l: GetNegatives needs a positive number of")
	wantPanic(t, func() { GetNegatives(nil, nil, counter, 1) }, "d2l: ", "NewVocab")
}

// The values are those of the book's function in Python.
func TestBatchify(t *testing.T) {
	centers := []int32{1, 4}
	words, both, masks, labels := Batchify(centers, [][]int32{{2, 2}, {2, 5, 2}}, [][]int32{{3, 3, 3, 3}, {3, 7}})
	got := fmt.Sprint(words.Value(), both.Value(), masks.Value(), labels.Value())
	if got != "[[1] [4]] [[2 2 3 3 3 3] [2 5 2 3 7 0]] [[1 1 1 1 1 1] [1 1 1 1 1 0]] [[1 1 0 0 0 0] [1 1 1 0 0 0]]" {
		t.Error(got)
	}
	centers[0] = 9
	if Values[int32](words)[0] != 1 {
		t.Error("the array shares the numbers of the centers")
	}
	one := [][]int32{{1}}
	for want, f := range map[string]func(){
		"got 1, 1 and 0": func() { Batchify(centers[:1], one, nil) },
		"got 2, 1 and 1": func() { Batchify(centers, one, one) },
		"got 0, 0 and 0": func() { Batchify(nil, nil, nil) },
		"got 1, 1 and 1": func() { Batchify(centers[:1], [][]int32{nil}, [][]int32{nil}) },
	} {
		wantPanic(t, f, "d2l: Batchify needs as many centers as contexts and negatives, at least one, with words, "+want)
	}
}

// A vocabulary of 300 words that come ten times each, and so make up a 300th: √(300 · 10⁻⁴) of them, 17 %, stay.
func TestLoadDataPTB(t *testing.T) {
	var text strings.Builder
	for i := range 30 {
		for word := range 100 {
			fmt.Fprintf(&text, "w%d ", i%3*100+word)
		}
		fmt.Fprintln(&text, i)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "ptb.train.txt"), []byte(text.String()))
	epoch := func() (lines []string) {
		Seed(1)
		data, vocab, err := LoadDataPTB(100, 2, 3, dir)
		noError(t, err)
		if vocab.Len() != 301 { // With <unk>.
			t.Error(vocab.Len())
		}
		batches := 0
		for batch, err := range data.Iter() {
			noError(t, err)
			batches++
			n := ShapeOf(batch.Inputs[0])[0]
			if got := ShapeOf(batch.Inputs[1]); fmt.Sprint(got) != fmt.Sprintf("(%d, 16)", n) { // 4 words, and 12.
				t.Fatal(got)
			}
			both := Values[int32](batch.Inputs[1])
			labels, masks := Values[int32](batch.Labels[0]), Values[int32](batch.Labels[1])
			for i, center := range Values[int32](batch.Inputs[0]) {
				lines = append(lines, fmt.Sprint(center, both[i*16:i*16+16], labels[i*16:i*16+16], masks[i*16:i*16+16]))
				contexts, words := 0, 0
				for j := range 16 {
					contexts, words = contexts+int(labels[i*16+j]), words+int(masks[i*16+j])
					if far := both[i*16+j] - center; labels[i*16+j] == 1 && (far == 0 || far*far > 99*99) {
						t.Fatalf("%d is no neighbour of %d", both[i*16+j], center)
					}
				}
				if words != contexts*4 || contexts < 1 || contexts > 4 {
					t.Fatal(lines[len(lines)-1])
				}
			}
		}
		if n := len(lines); n < 400 || n > 650 || batches != data.Len() || data.Len() != (n+99)/100 { // Expected are 520.
			t.Error(n, batches, data.Len())
		}
		var before, after []int32
		for batch, err := range data.Iter() { // Of the same examples, in another order.
			noError(t, err)
			after = append(after, Values[int32](batch.Inputs[0])...)
		}
		for _, line := range lines {
			var center int32
			must(fmt.Sscan(line, &center))(t)
			before = append(before, center)
		}
		if slices.Equal(before, after) {
			t.Error("it is not shuffled")
		}
		slices.Sort(before)
		if slices.Sort(after); !slices.Equal(before, after) {
			t.Error("an epoch has other words than the one before")
		}
		return lines
	}
	first := epoch()
	if !slices.Equal(first, epoch()) {
		t.Error("it is not as Seed has it")
	}

	put(t, filepath.Join(dir, "ptb.train.txt"), []byte("a b\n"))
	data, vocab, err := LoadDataPTB(1, 1, 1, dir)
	if wantError(t, err, "no sentence keeps two words that occur ten times"); data != nil || vocab != nil {
		t.Error("a part of the data", data, vocab)
	}
	_, _, err = LoadDataPTB(1, 1, 1, filepath.Join(dir, "none"))
	wantError(t, err, "reading the sentences: ")
	for want, f := range map[string]func(){
		"LoadDataPTB needs a positive batch size, got 0":          func() { LoadDataPTB(0, 1, 1, dir) },
		"one folder, got 0, 1 and [":                              func() { LoadDataPTB(1, 0, 1, dir) },
		"one folder, got 1, -1 and [":                             func() { LoadDataPTB(1, 1, -1, dir) },
		`and at most one folder, got 1, 1 and ["a" "b"]`:          func() { LoadDataPTB(1, 1, 1, "a", "b") },
		"LoadDataPTB needs a positive size of the largest window": func() { LoadDataPTB(1, -1, 1) },
	} {
		wantPanic(t, f, "d2l: ", want)
	}
}
