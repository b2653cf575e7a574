package d2l

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// ReadWiki returns the paragraphs of WikiText-2, each as its sentences in lower case, of the file wiki.train.tokens in
// a folder:
//
//	dir := d2l.Must(d2l.DownloadExtract("wikitext-2", "wikitext-2"))
//	paragraphs, err := d2l.ReadWiki(dir)
//
// Each line is a paragraph, in which a full stop between spaces ends a sentence. As in the book, lines without one,
// such as headings and empty lines, are left out. The order is that of the file. (The book shuffles the paragraphs, so
// that a vocabulary numbers some words otherwise in each run.)
//
// A file without a paragraph is an error, and so is a line that is not UTF-8.
//
// Book: _read_wiki, section "The Dataset for Pretraining BERT".
func ReadWiki(dir string) (paragraphs [][]string, err error) {
	path := filepath.Join(dir, "wiki.train.tokens")
	text, err := readText(path)
	if err != nil {
		const remedy = `give the folder that DownloadExtract("wikitext-2", "wikitext-2") returns`
		return nil, fmt.Errorf("reading WikiText-2: %w; %s", err, remedy)
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, " . ") {
			paragraphs = append(paragraphs, strings.Split(strings.ToLower(strings.TrimSpace(line)), " . "))
		}
	}
	if len(paragraphs) == 0 {
		return nil, fmt.Errorf("there is no paragraph in %s: give lines of sentences, each with a full stop between spaces "+
			"at its end", path)
	}
	return paragraphs, nil
}

// LoadDataWiki is LoadDataBERT for the paragraphs of ReadWiki, with a vocabulary of the tokens that occur five times or
// more. With the book's numbers:
//
//	trainIter, vocab, err := d2l.LoadDataWiki(512, 64)
//
// The folder is the one that is given, or that of DownloadExtract("wikitext-2", "wikitext-2"). Errors are those of
// DownloadExtract, ReadWiki and LoadDataBERT. It panics on more than one folder.
//
// Book: load_data_wiki, section "The Dataset for Pretraining BERT".
func LoadDataWiki(batchSize, maxLen int, dataDir ...string) (DataIter, *Vocab, error) {
	requireBERTData("LoadDataWiki", batchSize, maxLen)
	dir, err := givenFolder("LoadDataWiki", dataDir, "wikitext-2", "wikitext-2")
	if err != nil {
		return nil, nil, err
	}
	paragraphs, err := ReadWiki(dir)
	if err != nil {
		return nil, nil, err
	}
	return LoadDataBERT(paragraphs, batchSize, maxLen, 5)
}

// LoadDataBERT returns a data set for pretraining BERTModel with BERTLoss, and its vocabulary. paragraphs[i] has the
// sentences of a paragraph, in their order, which are split into tokens at white space. Tokens that occur less than
// minFreq times are <unk>, and <pad>, <mask>, <cls> and <sep> are reserved.
//
// Each sentence but the last of its paragraph is the first of an example. The second is the next one or, in half of the
// cases, any sentence of any paragraph. As in the book, an example is left out if both do not fit into maxLen tokens,
// with <cls> and two <sep>. Of its tokens but <cls> and <sep>, 15 % of all, at least one, are to be predicted: 80 % of
// these become <mask>, 10 % any token of the vocabulary, and 10 % stay. All draws are made once, as Seed has them. The
// examples are shuffled in each epoch.
//
// The inputs of a batch are those of BERTModel: tokens and segments, int32 (batch, maxLen), filled up with <pad> and 0;
// how many tokens are no padding, int32 (batch); and the positions to predict, int32 (batch, number), in ascending
// order, filled up with 0, where number is 15 % of maxLen. The labels are those of BERTLoss: weights, float32 (batch,
// number), 1 for what is to be predicted and 0 for what fills up; the tokens there, int32 (batch, number); and 1 for a
// next sentence or 0, int32 (batch).
//
// It is an error if no example remains. It panics if batchSize is not positive, and if maxLen is less than 5, for a
// token in each sentence.
//
// Book: _WikiTextDataset, section "The Dataset for Pretraining BERT".
func LoadDataBERT(paragraphs [][]string, batchSize, maxLen, minFreq int) (DataIter, *Vocab, error) {
	requireBERTData("LoadDataBERT", batchSize, maxLen)
	var all [][][]string // Paragraphs of sentences of tokens.
	for _, paragraph := range paragraphs {
		if len(paragraph) > 0 {
			all = append(all, Tokenize(paragraph, "word"))
		}
	}
	vocab, random := NewVocab(slices.Concat(all...), minFreq, "<pad>", "<mask>", "<cls>", "<sep>"), newRand()
	var examples []bertExample
	for _, paragraph := range all {
		examples = append(examples, nextSentences(paragraph, all, maxLen, random)...)
	}
	if len(examples) == 0 {
		const message = "of %d paragraphs no pair of sentences has %d tokens or less: give paragraphs of several " +
			"sentences, or a larger maxLen"
		return nil, nil, fmt.Errorf(message, len(paragraphs), maxLen-3)
	}
	for i := range examples {
		examples[i].mask(vocab, random)
	}
	inputs, labels := padBERT(examples, vocab, maxLen)
	return LoadArrays(inputs, labels, batchSize, true), vocab, nil
}

func requireBERTData(function string, batchSize, maxLen int) {
	if batchSize <= 0 || maxLen < 5 {
		panic(fmt.Sprintf("d2l: %s needs a positive batch size and a maxLen of 5 or more, got %d and %d", function, batchSize,
			maxLen))
	}
}

// A bertExample is a pair of sentences.
type bertExample struct {
	tokens    []string // Some of them masked.
	segments  []int32
	isNext    int32
	positions []int32 // Of the tokens to predict.
	words     []int32 // These tokens.
}

// nextSentences pairs each sentence of a paragraph with the next one, or with any of all paragraphs.
func nextSentences(paragraph [][]string, all [][][]string, maxLen int, random *rand.Rand) (examples []bertExample) {
	for i, next := range paragraph[1:] {
		isNext := int32(1)
		if random.Float64() >= 0.5 {
			other := all[random.IntN(len(all))]
			next, isNext = other[random.IntN(len(other))], 0
		}
		if tokens, segments := GetTokensAndSegments(paragraph[i], next); len(tokens) <= maxLen {
			examples = append(examples, bertExample{tokens: tokens, segments: segments, isNext: isNext})
		}
	}
	return examples
}

// mask chooses the tokens to predict, and replaces most of them.
func (e *bertExample) mask(vocab *Vocab, random *rand.Rand) {
	var candidates []int32
	for i, token := range e.tokens {
		if token != "<cls>" && token != "<sep>" {
			candidates = append(candidates, int32(i))
		}
	}
	random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	// Two sentences without a token have nothing to predict.
	e.positions = candidates[:min(len(candidates), numMLMPreds(len(e.tokens)))]
	slices.Sort(e.positions)
	for _, i := range e.positions {
		e.words = append(e.words, vocab.Index(e.tokens[i]))
		if random.Float64() < 0.8 {
			e.tokens[i] = "<mask>"
		} else if random.Float64() >= 0.5 {
			e.tokens[i] = vocab.ToTokens(int32(random.IntN(vocab.Len())))[0]
		}
	}
}

// numMLMPreds returns how many of so many tokens are predicted. A half is rounded to even, as Python does.
func numMLMPreds(tokens int) int { return max(1, int(math.RoundToEven(0.15*float64(tokens)))) }

// BuildArrayBERT returns sentences, or pairs of them, as the inputs of BERTEncoder, for fine-tuning: tokens and
// segments, int32 (sentences, maxLen), filled up with <pad> and 0, and how many tokens of each are no padding, int32
// (sentences). Example i is that of GetTokensAndSegments for the tokens sentencesA[i] and, unless sentencesB is nil,
// sentencesB[i]. As long as they are more than maxLen, with <cls> and <sep>, the longer of the two loses its last
// token, and of two of the same length the second, as in the book. Tokens that vocab does not have are <unk>.
//
// It panics without a sentence, if there are not as many in both, if maxLen is less than 5, and unless <pad>, <cls> and
// <sep> are tokens of vocab.
//
// Book: SNLIBERTDataset, section "Natural Language Inference: Fine-Tuning BERT".
func BuildArrayBERT(sentencesA, sentencesB [][]string, vocab *Vocab, maxLen int) []*tensors.Tensor {
	requireMade(vocab, "BuildArrayBERT", "NewVocab")
	n := len(sentencesA)
	if n == 0 || sentencesB != nil && len(sentencesB) != n || maxLen < 5 {
		panic(fmt.Sprintf("d2l: BuildArrayBERT needs sentences, as many second ones or nil, and a maxLen of 5 or more, got "+
			"%d, %d and %d", n, len(sentencesB), maxLen))
	}
	for _, token := range []string{"<pad>", "<cls>", "<sep>"} {
		if vocab.Index(token) == 0 {
			panic(fmt.Sprintf("d2l: BuildArrayBERT needs a vocabulary with <pad>, <cls> and <sep>, and it has no %s: take that "+
				"of LoadDataBERT", token))
		}
	}
	examples := make([]bertExample, n)
	for i, a := range sentencesA {
		if sentencesB == nil {
			examples[i].tokens, examples[i].segments = GetTokensAndSegments(a[:min(len(a), maxLen-2)])
			continue
		}
		b := sentencesB[i]
		for len(a)+len(b) > maxLen-3 {
			if len(a) > len(b) {
				a = a[:len(a)-1]
			} else {
				b = b[:len(b)-1]
			}
		}
		examples[i].tokens, examples[i].segments = GetTokensAndSegments(a, b)
	}
	inputs, _ := padBERT(examples, vocab, maxLen)
	return inputs[:3:3]
}

// padBERT returns examples as the arrays of LoadDataBERT.
func padBERT(examples []bertExample, vocab *Vocab, maxLen int) (inputs, labels []*tensors.Tensor) {
	n, number := len(examples), numMLMPreds(maxLen)
	var tokens, segments, validLens, positions, words, isNext []int32
	var weights []float32
	for _, e := range examples {
		tokens = append(tokens, TruncatePad(vocab.Indices(e.tokens), maxLen, vocab.Index("<pad>"))...)
		segments = append(segments, TruncatePad(e.segments, maxLen, 0)...)
		validLens = append(validLens, int32(len(e.tokens)))
		positions = append(positions, TruncatePad(e.positions, number, 0)...)
		for i := range number {
			weights = append(weights, 0)
			if i < len(e.words) {
				weights[len(weights)-1] = 1
			}
		}
		words = append(words, TruncatePad(e.words, number, 0)...)
		isNext = append(isNext, e.isNext)
	}
	inputs = []*tensors.Tensor{NewTensor(tokens, n, maxLen), NewTensor(segments, n, maxLen), NewTensor(validLens),
		NewTensor(positions, n, number)}
	return inputs, []*tensors.Tensor{NewTensor(weights, n, number), NewTensor(words, n, number), NewTensor(isNext)}
}
