package d2l

import (
	_ "embed"
	"strings"
)

//go:embed time_machine.txt
var timeMachine string

// ReadTimeMachine returns the lines of The Time Machine, by H. G. Wells, each as CleanLine makes it.
//
// Book: read_time_machine, section "Text Preprocessing".
func ReadTimeMachine() []string {
	var lines []string
	for line := range strings.Lines(timeMachine) {
		lines = append(lines, CleanLine(line))
	}
	return lines
}

// LoadCorpusTimeMachine returns the characters of The Time Machine as the numbers that its vocabulary gives them: the
// first maxTokens, or all 170,580 if that is negative or more.
//
// Book: load_corpus_time_machine, section "Text Preprocessing".
func LoadCorpusTimeMachine(maxTokens int) (corpus []int32, vocab *Vocab) {
	tokens := Tokenize(ReadTimeMachine(), "char")
	vocab = NewVocab(tokens, 0)
	corpus = vocab.Indices(tokens...)
	if 0 <= maxTokens && maxTokens < len(corpus) {
		corpus = corpus[:maxTokens]
	}
	return corpus, vocab
}

// LoadDataTimeMachine returns the first 10,000 characters of The Time Machine as SeqDataIterConsecutive does, and the
// vocabulary. For another part of it, or batches in random order, there are LoadCorpusTimeMachine and SeqDataIterRandom.
//
// Book: load_data_time_machine, section "Language Models and the Dataset".
func LoadDataTimeMachine(batchSize, numSteps int) (DataIter, *Vocab) {
	corpus, vocab := LoadCorpusTimeMachine(10_000)
	return SeqDataIterConsecutive(corpus, batchSize, numSteps), vocab
}
