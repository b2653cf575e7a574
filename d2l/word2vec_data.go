package d2l

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// ReadPTB returns the sentences of the Penn Tree Bank that are for training, each as its words: the lines of the file
// ptb.train.txt in the folder that is given, or in the one that DownloadExtract("ptb") returns. (The book has one
// sentence more, without a word, after the end of the last line.) Errors are those of DownloadExtract, a file that
// cannot be read or is not in UTF-8, and one without a word. It panics on more than one folder.
//
// Book: read_ptb, section "The Dataset for Pretraining Word Embeddings".
func ReadPTB(dataDir ...string) ([][]string, error) {
	dir, err := givenFolder("ReadPTB", dataDir, "ptb")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ptb.train.txt")
	text, err := readText(path)
	if err != nil {
		return nil, fmt.Errorf("reading the sentences: %w; give a folder with the file ptb.train.txt", err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("there is no word in %s: give a sentence in each line", path)
	}
	return Tokenize(slices.Collect(strings.Lines(text)), "word"), nil
}

// Subsample leaves out words that vocab does not have, and frequent ones at random, as Seed has it: a word that makes
// up the part f of the others stays with the probability √(threshold/f), or always if that is 1 or more. In the book
// the threshold is 10⁻⁴, and a small text needs a larger one. There are as many sentences as before, some perhaps
// without a word. The counter has how often each word occurs before some are left out at random. It panics unless the
// threshold is positive.
//
// Book: subsample, section "The Dataset for Pretraining Word Embeddings".
func Subsample(sentences [][]string, vocab *Vocab, threshold float64) (subsampled [][]string, counter map[string]int) {
	requireMade(vocab, "Subsample", "NewVocab")
	if !(threshold > 0) {
		panic(fmt.Sprintf("d2l: Subsample needs a positive threshold, such as 1e-4, got %v", threshold))
	}
	counter, numTokens := map[string]int{}, 0
	for _, line := range sentences {
		for _, token := range line {
			if vocab.Index(token) != vocab.Index(Unk) {
				counter[token]++
				numTokens++
			}
		}
	}
	random := newRand()
	subsampled = make([][]string, len(sentences))
	for i, line := range sentences {
		for _, token := range line {
			n := counter[token]
			if n > 0 && random.Float64() < math.Sqrt(threshold/float64(n)*float64(numTokens)) {
				subsampled[i] = append(subsampled[i], token)
			}
		}
	}
	return subsampled, counter
}

// GetCentersAndContexts returns each word of the sentences that have two or more, and its context: the words before
// and after it up to a distance, which is drawn for each word from 1 to maxWindowSize, as Seed has it. It panics if
// maxWindowSize is not positive.
//
// Book: get_centers_and_contexts, section "The Dataset for Pretraining Word Embeddings".
func GetCentersAndContexts(corpus [][]int32, maxWindowSize int) (centers []int32, contexts [][]int32) {
	if maxWindowSize <= 0 {
		panic(fmt.Sprintf("d2l: GetCentersAndContexts needs a positive size of the largest window, got %d", maxWindowSize))
	}
	random := newRand()
	for _, line := range corpus {
		if len(line) < 2 {
			continue
		}
		centers = append(centers, line...)
		for i := range line {
			window := 1 + random.IntN(maxWindowSize)
			contexts = append(contexts, slices.Concat(line[max(0, i-window):i], line[i+1:min(len(line), i+1+window)]))
		}
	}
	return centers, contexts
}

// RandomGenerator draws numbers from 1 to n with given weights.
//
// Book: RandomGenerator, section "The Dataset for Pretraining Word Embeddings".
type RandomGenerator struct {
	sums   []float64 // Of the weights up to each.
	random *rand.Rand
}

// NewRandomGenerator returns a generator that draws i+1 with the probability samplingWeights[i] divided by the sum of
// all, as Seed has it. It panics on a weight that is negative or not finite, and unless one is positive.
//
// Book: RandomGenerator, section "The Dataset for Pretraining Word Embeddings".
func NewRandomGenerator(samplingWeights []float64) *RandomGenerator {
	g, sum := &RandomGenerator{random: newRand()}, 0.0
	for i, weight := range samplingWeights {
		if sum += weight; !(weight >= 0) || math.IsInf(sum, 1) {
			panic(fmt.Sprintf("d2l: NewRandomGenerator needs weights that are not negative and have a sum, got %v at %d",
				weight, i))
		}
		g.sums = append(g.sums, sum)
	}
	if sum == 0 {
		panic("d2l: NewRandomGenerator needs a positive weight")
	}
	return g
}

// Draw returns the next number.
//
// Book: RandomGenerator.draw, section "The Dataset for Pretraining Word Embeddings".
func (g *RandomGenerator) Draw() int {
	if g != nil && g.random == nil {
		g = nil // The zero value has no weights.
	}
	requireMade(g, "RandomGenerator.Draw", "NewRandomGenerator")
	total := g.sums[len(g.sums)-1]
	for {
		r := g.random.Float64() * total
		if i := sort.Search(len(g.sums), func(i int) bool { return g.sums[i] > r }); i < len(g.sums) {
			return i + 1
		} // Otherwise r has been rounded up to the sum.
	}
}

// GetNegatives returns noise words for each of the contexts, k times as many as it has words: words of vocab but for
// Unk, none of which is in the context, drawn with a weight of their frequency in counter to the power of 0.75, as
// Seed has it. A context that leaves no word of a positive weight is an error, where the book would look for one for
// ever. It panics if k is not positive.
//
// Book: get_negatives, section "The Dataset for Pretraining Word Embeddings".
func GetNegatives(allContexts [][]int32, vocab *Vocab, counter map[string]int, k int) ([][]int32, error) {
	requireMade(vocab, "GetNegatives", "NewVocab")
	if k <= 0 {
		panic(fmt.Sprintf("d2l: GetNegatives needs a positive number of noise words, got %d", k))
	}
	words := 0 // Of positive weights.
	weights := make([]float64, vocab.Len())
	for i, token := range vocab.tokens {
		if n := counter[token]; i > 0 && n > 0 {
			weights[i] = math.Pow(float64(n), 0.75)
			words++
		}
	}
	if words == 0 {
		return nil, errors.New("no word of the vocabulary is in the counter, so there are no noise words: give what " +
			"Subsample returns for this vocabulary")
	}
	generator := NewRandomGenerator(weights[1:])
	all := make([][]int32, 0, len(allContexts))
	for i, context := range allContexts {
		for _, word := range context {
			if word < 0 || int(word) >= vocab.Len() {
				panic(fmt.Sprintf("d2l: GetNegatives got the word %d in context %d, and the vocabulary has the words 0 to %d: give "+
					"contexts of its numbers", word, i, vocab.Len()-1))
			}
		}
		if len(context) >= words {
			distinct := slices.Compact(slices.Sorted(slices.Values(context)))
			distinct = slices.DeleteFunc(distinct, func(word int32) bool { return weights[word] == 0 })
			if len(distinct) == words {
				return nil, fmt.Errorf("context %d has all words, %d, so that none is left for noise: give a longer text, or "+
					"a smaller window", i, words)
			}
		}
		negatives := make([]int32, 0, k*len(context))
		for len(negatives) < k*len(context) {
			if word := int32(generator.Draw()); !slices.Contains(context, word) {
				negatives = append(negatives, word)
			}
		}
		all = append(all, negatives)
	}
	return all, nil
}

// Batchify returns the arrays of a batch of examples, each a center, its context and noise words, all int32:
// centerWords (batch, 1), and three of (batch, words), where words is the greatest number of context and noise words
// in an example. In contextsNegatives, these are one after the other and filled up with 0. masks has 1 for them and 0
// for what fills up, and labels 1 for words of the context and 0 for others. It panics unless there are as many
// centers as contexts and negatives, at least one, with a word.
//
// Book: batchify, section "The Dataset for Pretraining Word Embeddings".
func Batchify(centers []int32, contexts, negatives [][]int32) (centerWords, contextsNegatives, masks,
	labels *tensors.Tensor) {
	n := len(centers)
	maxLen := 0
	if n == len(contexts) && n == len(negatives) {
		maxLen = mostWords(contexts, negatives)
	}
	if maxLen == 0 {
		panic(fmt.Sprintf("d2l: Batchify needs as many centers as contexts and negatives, at least one, with words, got "+
			"%d, %d and %d", n, len(contexts), len(negatives)))
	}
	return batchify(centers, contexts, negatives, maxLen)
}

// mostWords returns the greatest number of words that an example has.
func mostWords(contexts, negatives [][]int32) (most int) {
	for i, context := range contexts {
		most = max(most, len(context)+len(negatives[i]))
	}
	return most
}

func batchify(centers []int32, contexts, negatives [][]int32, maxLen int) (_, _, _, _ *tensors.Tensor) {
	var words, masks, labels []int32
	ones := slices.Repeat([]int32{1}, maxLen)
	for i, context := range contexts {
		both := slices.Concat(context, negatives[i])
		words = append(words, TruncatePad(both, maxLen, 0)...)
		masks = append(masks, TruncatePad(ones[:len(both)], maxLen, 0)...)
		labels = append(labels, TruncatePad(ones[:len(context)], maxLen, 0)...)
	}
	array := func(numbers []int32, columns int) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(numbers, len(centers), columns)
	}
	return array(centers, 1), array(words, maxLen), array(masks, maxLen), array(labels, maxLen)
}

// LoadDataPTB returns the batches of the Penn Tree Bank for word2vec, of the skip-gram model with negative sampling,
// and the vocabulary, in which words that occur less than ten times are <unk>. It is ReadPTB, Subsample with the
// threshold 10⁻⁴, GetCentersAndContexts, GetNegatives with numNoiseWords for each word of a context, and Batchify, one
// after the other. With the book's numbers:
//
//	dataIter, vocab, err := d2l.LoadDataPTB(512, 5, 5)
//
// The inputs of a batch are centerWords and contextsNegatives, and its labels are the arrays labels and masks, in this
// order, for a LossFuncN. All are filled up to the most words of any example, so that one program serves all batches,
// where the book fills each up to its own. Contexts and noise words are drawn once, and the examples shuffled in each
// epoch, as Seed has it.
//
// Errors are those of ReadPTB and GetNegatives, and a text of which no sentence keeps two words. It panics unless all
// numbers are positive, and on more than one folder.
//
// Book: load_data_ptb, section "The Dataset for Pretraining Word Embeddings".
func LoadDataPTB(batchSize, maxWindowSize, numNoiseWords int, dataDir ...string) (DataIter, *Vocab, error) {
	requireBatchSize("LoadDataPTB", batchSize)
	if maxWindowSize <= 0 || numNoiseWords <= 0 || len(dataDir) > 1 {
		panic(fmt.Sprintf("d2l: LoadDataPTB needs a positive size of the largest window and number of noise words, and at "+
			"most one folder, got %d, %d and %q", maxWindowSize, numNoiseWords, dataDir))
	}
	sentences, err := ReadPTB(dataDir...)
	if err != nil {
		return nil, nil, err
	}
	vocab := NewVocab(sentences, 10)
	subsampled, counter := Subsample(sentences, vocab, 1e-4)
	corpus := make([][]int32, len(subsampled))
	for i, line := range subsampled {
		corpus[i] = vocab.Indices(line)
	}
	centers, contexts := GetCentersAndContexts(corpus, maxWindowSize)
	if len(centers) == 0 {
		return nil, nil, errors.New("no sentence keeps two words that occur ten times, after frequent ones have been " +
			"left out at random: give a longer text, or call Subsample with a larger threshold")
	}
	negatives, err := GetNegatives(contexts, vocab, counter, numNoiseWords)
	if err != nil {
		return nil, nil, err
	}
	maxLen := mostWords(contexts, negatives)
	return &exampleIter{name: "words", n: len(centers), batchSize: batchSize, shuffle: true,
		batch: func(examples []int) (train.Batch, error) {
			centerWords, words, masks, labels := batchify(batchOf(examples, centers), batchOf(examples, contexts),
				batchOf(examples, negatives), maxLen)
			return train.Batch{
				Inputs: []*tensors.Tensor{centerWords, words}, Labels: []*tensors.Tensor{labels, masks},
			}, nil
		}}, vocab, nil
}

// batchOf returns some of all.
func batchOf[T any](examples []int, all []T) []T {
	some := make([]T, len(examples))
	for i, example := range examples {
		some[i] = all[example]
	}
	return some
}
