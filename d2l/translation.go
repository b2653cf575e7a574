package d2l

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/gomlx/gomlx/core/tensors"
)

// ReadDataNMT downloads the book's data set of English sentences with their French translations, unless it is in the
// cache, and returns its text: a line for each pair, with a tab between the two. What fails is as in DownloadExtract.
//
// Book: read_data_nmt, section "Machine Translation and the Dataset".
func ReadDataNMT() (string, error) {
	dir, err := DownloadExtract("fra-eng")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, "fra.txt"))
	if err != nil {
		return "", fmt.Errorf("reading the sentences: %w; delete %s to have it extracted again", err, filepath.Dir(dir))
	}
	return string(text), nil
}

// PreprocessNMT returns a text in lower case, with a space before each of the punctuation marks , . ! ? that stands
// after something else. Spaces that do not break a line become usual ones.
//
// Book: preprocess_nmt, section "Machine Translation and the Dataset".
func PreprocessNMT(text string) string {
	var b strings.Builder
	before := ' '
	for _, r := range text {
		if r == '\u202f' || r == '\u00a0' {
			r = ' '
		}
		if strings.ContainsRune(",.!?", r) && before != ' ' {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// TokenizeNMT splits the first numExamples pairs of a text, or all if that is 0, into tokens at white space: source[i]
// is the text before the tab of the i-th pair, and target[i] that after it. (The book takes one pair more.) Empty lines
// are no pairs. Any other line without exactly one tab, or with nothing on one side of it, is an error, where the book
// skips it. It panics if numExamples is negative.
//
// Book: tokenize_nmt, section "Machine Translation and the Dataset".
func TokenizeNMT(text string, numExamples int) (source, target [][]string, err error) {
	if numExamples < 0 {
		panic(fmt.Sprintf("d2l: TokenizeNMT needs a number of pairs, or 0 for all, got %d", numExamples))
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if numExamples > 0 && len(source) == numExamples {
			break
		}
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 2 {
			return nil, nil, fmt.Errorf("line %d of the pairs, %.60q, has %d tabs: give a sentence, one tab and its translation",
				number, line, len(columns)-1)
		}
		tokens := Tokenize(columns, "word")
		if len(tokens[0]) == 0 || len(tokens[1]) == 0 {
			return nil, nil, fmt.Errorf("line %d of the pairs, %.60q, has nothing on one side of its tab: give a sentence, one "+
				"tab and its translation", number, line)
		}
		source, target = append(source, tokens[0]), append(target, tokens[1])
	}
	return source, target, nil
}

// reservedNMT are the tokens that fill up a sentence, begin and end it.
var reservedNMT = []string{"<pad>", "<bos>", "<eos>"}

// requireNMT panics unless a vocabulary has the tokens of translation.
func requireNMT(function, name string, vocab *Vocab) {
	for _, token := range reservedNMT {
		if vocab == nil || vocab.Index(token) == 0 {
			panic(fmt.Sprintf("d2l: %s needs a %s with the reserved tokens %s, and it has no %s: make it by LoadDataNMT, or by "+
				"NewVocab with these", function, name, strings.Join(reservedNMT, ", "), token))
		}
	}
}

// BuildArrayNMT returns sentences as an array of tokens, int32 (sentences, numSteps), and their valid lengths, int32
// (sentences), which say how many tokens of each count. <eos> ends a sentence and <pad> fills it up; one that has
// numSteps tokens or more is cut, and has no <eos> then. Tokens that vocab does not have are <unk>. It panics without
// a sentence, if numSteps is not positive, and unless <pad>, <bos> and <eos> are reserved tokens of vocab.
//
// Book: build_array_nmt, section "Machine Translation and the Dataset".
func BuildArrayNMT(lines [][]string, vocab *Vocab, numSteps int) (array, validLens *tensors.Tensor) {
	requireNMT("BuildArrayNMT", "vocabulary", vocab)
	if len(lines) == 0 || numSteps <= 0 {
		panic(fmt.Sprintf("d2l: BuildArrayNMT needs sentences and a positive number of steps, got %d and %d",
			len(lines), numSteps))
	}
	var numbers, lens []int32
	for _, line := range lines {
		tokens := append(vocab.Indices(line), vocab.Index("<eos>"))
		numbers = append(numbers, TruncatePad(tokens, numSteps, vocab.Index("<pad>"))...)
		lens = append(lens, int32(min(len(tokens), numSteps)))
	}
	return tensors.FromFlatDataAndDimensions(numbers, len(lines), numSteps), tensors.FromValue(lens)
}

// LoadDataNMT returns a data set for a net that translates, and the vocabularies of both languages. text has a pair
// in each line, a sentence, a tab and its translation; it is prepared by PreprocessNMT, of the first numExamples
// pairs, or of all if that is 0. Tokens that occur less than minFreq times are <unk>. With the book's data and
// numbers:
//
//	text := d2l.Must(d2l.ReadDataNMT())
//	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(text, 64, 10, 600, 2)
//
// The inputs of a batch are those of an EncoderDecoder in TrainSeq2Seq: X, int32 (batch, numSteps); decX, of that
// shape, which is <bos> and then the labels but for the last (teacher forcing); and the valid lengths of X, int32
// (batch). The labels y are the translations, (batch, numSteps). Sentences are cut and filled up as in BuildArrayNMT,
// and shuffled in each epoch. (The book makes decX in the training loop, and its batches have the valid lengths of y,
// which are told by <pad> here.)
//
// Errors are those of TokenizeNMT, and a text without a pair. It panics if batchSize or numSteps is not positive.
//
// Book: load_data_nmt, section "Machine Translation and the Dataset".
func LoadDataNMT(text string, batchSize, numSteps, numExamples, minFreq int) (dataIter DataIter,
	srcVocab, tgtVocab *Vocab, err error) {
	if batchSize <= 0 || numSteps <= 0 {
		panic(fmt.Sprintf("d2l: LoadDataNMT needs a positive batch size and number of steps, got %d and %d",
			batchSize, numSteps))
	}
	source, target, err := TokenizeNMT(PreprocessNMT(text), numExamples)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(source) == 0 {
		return nil, nil, nil, errors.New("there is no pair of sentences in the text: give lines of a sentence, a tab and " +
			"its translation")
	}
	srcVocab, tgtVocab = NewVocab(source, minFreq, reservedNMT...), NewVocab(target, minFreq, reservedNMT...)
	X, validLens := BuildArrayNMT(source, srcVocab, numSteps)
	y, _ := BuildArrayNMT(target, tgtVocab, numSteps)
	labels := Values[int32](y)
	var decX []int32
	for i := 0; i < len(labels); i += numSteps {
		decX = append(append(decX, tgtVocab.Index("<bos>")), labels[i:i+numSteps-1]...)
	}
	inputs := []*tensors.Tensor{X, tensors.FromFlatDataAndDimensions(decX, len(target), numSteps), validLens}
	return LoadArrays(inputs, y, batchSize, true), srcVocab, tgtVocab, nil
}
