package d2l_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// maxFreqPair counts the pairs of neighbouring symbols in words, which are written with spaces between their symbols, and
// returns the one with the highest count: the first, if there are several.
func maxFreqPair(words []d2l.TokenFreq) (best [2]string) {
	var pairs [][2]string
	freqs := map[[2]string]int{}
	for _, word := range words {
		symbols := strings.Fields(word.Token)
		for i := range len(symbols) - 1 {
			pair := [2]string{symbols[i], symbols[i+1]}
			pairs = append(pairs, pair)
			freqs[pair] += word.Freq
		}
	}
	for _, pair := range pairs {
		if freqs[pair] > freqs[best] {
			best = pair
		}
	}
	return best
}

// mergeSymbols makes one symbol of a pair, wherever it occurs.
func mergeSymbols(pair [2]string, words []d2l.TokenFreq, symbols []string) ([]d2l.TokenFreq, []string) {
	merged := make([]d2l.TokenFreq, len(words))
	for i, word := range words {
		merged[i] = d2l.TokenFreq{Token: strings.ReplaceAll(word.Token, pair[0]+" "+pair[1], pair[0]+pair[1]), Freq: word.Freq}
	}
	return merged, append(symbols, pair[0]+pair[1])
}

// segmentBPE splits a word into symbols, each the longest that the rest of the word begins with. A rest that begins with
// none is [UNK].
func segmentBPE(word string, symbols []string) (parts []string) {
	for len(word) > 0 {
		end := len(word)
		for end > 0 && !slices.Contains(symbols, word[:end]) {
			end--
		}
		if end == 0 {
			return append(parts, "[UNK]")
		}
		parts, word = append(parts, word[:end]), word[end:]
	}
	return parts
}

// Byte pair encoding, of the book's section "Subword Embedding".
func Example_bytePairEncoding() {
	symbols := append(strings.Split("abcdefghijklmnopqrstuvwxyz_", ""), "[UNK]")
	words := []d2l.TokenFreq{
		{Token: "fast_", Freq: 4}, {Token: "faster_", Freq: 3}, {Token: "tall_", Freq: 5}, {Token: "taller_", Freq: 4},
	}
	for i, word := range words {
		words[i].Token = strings.Join(strings.Split(word.Token, ""), " ")
	}
	for i := range 10 {
		pair := maxFreqPair(words)
		words, symbols = mergeSymbols(pair, words, symbols)
		fmt.Println("merge", i+1, pair)
	}
	fmt.Println(symbols[26:])
	fmt.Println(words)
	fmt.Println(segmentBPE("tallest_", symbols), segmentBPE("fatter_", symbols))
	// Output:
	// merge 1 [t a]
	// merge 2 [ta l]
	// merge 3 [tal l]
	// merge 4 [f a]
	// merge 5 [fa s]
	// merge 6 [fas t]
	// merge 7 [e r]
	// merge 8 [er _]
	// merge 9 [tall _]
	// merge 10 [fast _]
	// [_ [UNK] ta tal tall fa fas fast er er_ tall_ fast_]
	// [{fast_ 4} {fast er_ 3} {tall_ 5} {tall er_ 4}]
	// [tall e s t _] [fa t t er_]
}
