package d2l

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// CleanLine returns a line of text as chapter 8 of the book prepares it: in lower case, with one space in place of
// everything between words of the letters a to z, and none at its ends.
//
// Book: read_time_machine, section "Text Preprocessing".
func CleanLine(line string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return r < 'a' || r > 'z' }), " ")
}

// Tokenize splits lines into tokens: by "word", at white space, or by "char", into characters. It panics on another kind
// of token.
//
// Book: tokenize, section "Text Preprocessing".
func Tokenize(lines []string, token string) [][]string {
	tokens := make([][]string, len(lines))
	for i, line := range lines {
		switch token {
		case "word":
			tokens[i] = strings.Fields(line)
		case "char":
			tokens[i] = strings.Split(line, "")
		default:
			panic(fmt.Sprintf("d2l: Tokenize splits by \"word\" or \"char\", got %q", token))
		}
	}
	return tokens
}

// TokenFreq is a token and how often it occurs.
//
// Book: none; there it is a pair.
type TokenFreq struct {
	Token string
	Freq  int
}

// CountCorpus counts tokens: the most frequent first, and of equally frequent ones the one that occurs first.
//
// Book: count_corpus, section "Text Preprocessing".
func CountCorpus(tokens [][]string) []TokenFreq {
	places := map[string]int{}
	var all []TokenFreq
	for _, line := range tokens {
		for _, token := range line {
			place, ok := places[token]
			if !ok {
				place = len(all)
				places[token], all = place, append(all, TokenFreq{Token: token})
			}
			all[place].Freq++
		}
	}
	slices.SortStableFunc(all, func(a, b TokenFreq) int { return cmp.Compare(b.Freq, a.Freq) })
	return all
}

// Unk is the token for all that a Vocab does not have. Its index is 0.
//
// Book: vocab.unk, section "Text Preprocessing".
const Unk = "<unk>"

// Vocab numbers tokens: 0 is Unk, then come the reserved tokens, then the others, the most frequent first.
//
// Book: Vocab, section "Text Preprocessing".
type Vocab struct {
	tokens  []string
	indices map[string]int32
	freqs   []TokenFreq
}

// NewVocab returns the vocabulary of a text. Tokens that occur less than minFreq times are left out. Reserved tokens,
// such as <pad>, <bos> and <eos>, are in it whether they occur or not.
//
// Book: Vocab, section "Text Preprocessing".
func NewVocab(tokens [][]string, minFreq int, reservedTokens ...string) *Vocab {
	v := &Vocab{indices: map[string]int32{}, freqs: CountCorpus(tokens)}
	add := func(token string) {
		if _, ok := v.indices[token]; !ok {
			v.indices[token] = int32(len(v.tokens))
			v.tokens = append(v.tokens, token)
		}
	}
	add(Unk)
	for _, token := range reservedTokens {
		add(token)
	}
	for _, f := range v.freqs {
		if f.Freq >= minFreq {
			add(f.Token)
		}
	}
	return v
}

// Len returns the number of tokens, Unk and reserved ones included: the VocabSize of an Embedding.
//
// Book: Vocab, section "Text Preprocessing".
func (v *Vocab) Len() int {
	requireMade(v, "Vocab.Len", "NewVocab")
	return len(v.tokens)
}

// Index returns the number of a token, or 0, that of Unk, if the vocabulary does not have it.
//
// Book: Vocab, section "Text Preprocessing".
func (v *Vocab) Index(token string) int32 {
	requireMade(v, "Vocab.Index", "NewVocab")
	return v.indices[token]
}

// Indices returns the numbers of tokens, all lines one after the other: the corpus for SeqDataIterRandom.
//
// Book: Vocab, section "Text Preprocessing".
func (v *Vocab) Indices(tokens ...[]string) []int32 {
	requireMade(v, "Vocab.Indices", "NewVocab")
	var indices []int32
	for _, line := range tokens {
		for _, token := range line {
			indices = append(indices, v.Index(token))
		}
	}
	return indices
}

// ToTokens returns the tokens with some numbers. It panics on a number that no token has.
//
// Book: vocab.to_tokens, section "Text Preprocessing".
func (v *Vocab) ToTokens(indices ...int32) []string {
	requireMade(v, "Vocab.ToTokens", "NewVocab")
	tokens := make([]string, len(indices))
	for i, index := range indices {
		if index < 0 || int(index) >= len(v.tokens) {
			panic(fmt.Sprintf("d2l: the vocabulary has the tokens 0 to %d, got %d", len(v.tokens)-1, index))
		}
		tokens[i] = v.tokens[index]
	}
	return tokens
}

// Tokens returns all tokens, in the order of their numbers.
//
// Book: vocab.idx_to_token, section "Text Preprocessing".
func (v *Vocab) Tokens() []string {
	requireMade(v, "Vocab.Tokens", "NewVocab")
	return slices.Clone(v.tokens)
}

// TokenFreqs returns the tokens of the text with their frequencies, as CountCorpus does, those left out included.
//
// Book: vocab.token_freqs, section "Text Preprocessing".
func (v *Vocab) TokenFreqs() []TokenFreq {
	requireMade(v, "Vocab.TokenFreqs", "NewVocab")
	return slices.Clone(v.freqs)
}

// TruncatePad returns a line of exactly numSteps numbers: cut, or with padding at its end. It panics if numSteps is
// negative.
//
// Book: truncate_pad, section "Machine Translation and the Dataset".
func TruncatePad(line []int32, numSteps int, padding int32) []int32 {
	if numSteps < 0 {
		panic(fmt.Sprintf("d2l: TruncatePad got a negative number of steps, %d", numSteps))
	}
	line = slices.Clone(line[:min(len(line), numSteps)])
	return append(line, slices.Repeat([]int32{padding}, numSteps-len(line))...)
}

// paddedLines returns the tokens of lines as an array, (lines, numSteps).
func paddedLines(lines [][]string, vocab *Vocab, numSteps int) *tensors.Tensor {
	numbers := make([]int32, 0, len(lines)*numSteps)
	for _, line := range lines {
		numbers = append(numbers, TruncatePad(vocab.Indices(line), numSteps, vocab.Index("<pad>"))...)
	}
	return tensors.FromFlatDataAndDimensions(numbers, len(lines), numSteps)
}
