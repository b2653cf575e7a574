package d2l

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// SeqDataIterRandom returns batches of sequences from random places of a text: X and y are int32 (batchSize, numSteps),
// and y has the token after each of X. Each epoch begins at another of the first numSteps tokens and has the sequences
// in another order, as Seed has it. What does not fill a batch is left out, and so is, where another epoch would not
// have it, the last sequence. It panics if the corpus is too short for one batch, or a number is not positive.
//
// Book: seq_data_iter_random, section "Language Models and the Dataset".
func SeqDataIterRandom(corpus []int32, batchSize, numSteps int) DataIter {
	s := newSeqIter("SeqDataIterRandom", corpus, batchSize, numSteps, (len(corpus)-numSteps)/max(numSteps, 1))
	s.starts = func() (starts []int) {
		random := newRand()
		offset := random.IntN(numSteps)
		for _, i := range random.Perm(s.sequences) {
			starts = append(starts, offset+i*numSteps)
		}
		return starts
	}
	return s
}

// SeqDataIterConsecutive returns batches of sequences as SeqDataIterRandom does, but the sequences of each batch
// continue those of the batch before it, row by row, so that a Stateful layer can carry its state on. Each epoch begins
// at another of the first numSteps tokens.
//
// Book: seq_data_iter_consecutive, section "Language Models and the Dataset".
func SeqDataIterConsecutive(corpus []int32, batchSize, numSteps int) DataIter {
	row := (len(corpus) - numSteps) / max(batchSize, 1) // Tokens for each row of the batches, whatever the offset.
	s := newSeqIter("SeqDataIterConsecutive", corpus, batchSize, numSteps, row/max(numSteps, 1)*batchSize)
	s.consecutive = true
	s.starts = func() (starts []int) {
		offset := newRand().IntN(numSteps)
		for batch := range s.Len() {
			for i := range batchSize {
				starts = append(starts, offset+i*row+batch*numSteps)
			}
		}
		return starts
	}
	return s
}

// A seqIter is a DataIter of sequences from a text.
type seqIter struct {
	corpus                         []int32
	batchSize, numSteps, sequences int
	starts                         func() []int // Where the sequences of an epoch begin.
	consecutive                    bool         // Each batch continues the one before it.
}

func newSeqIter(function string, corpus []int32, batchSize, numSteps, sequences int) *seqIter {
	if batchSize <= 0 || numSteps <= 0 || sequences < batchSize {
		const message = "d2l: %s needs a positive batch size and number of steps, and a corpus that is long enough for one " +
			"batch, got %d, %d and %d tokens"
		panic(fmt.Sprintf(message, function, batchSize, numSteps, len(corpus)))
	}
	return &seqIter{corpus: corpus, batchSize: batchSize, numSteps: numSteps, sequences: sequences}
}

// continues reports whether the batches of an iterator may continue each other: not those of SeqDataIterRandom.
func continues(dataIter DataIter) bool {
	switch it := dataIter.(type) {
	case *seqIter:
		return it.consecutive
	case firstBatches:
		return continues(it.DataIter)
	case checkedIter:
		return continues(it.DataIter)
	}
	return true
}

// Name returns "text".
func (s *seqIter) Name() string { return "text" }

// Len returns the number of batches.
func (s *seqIter) Len() int { return s.sequences / s.batchSize }

// Iter returns an iterator over one epoch.
func (s *seqIter) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		starts := s.starts()
		for i := range s.Len() {
			var X, y []int32
			for _, start := range starts[i*s.batchSize : (i+1)*s.batchSize] {
				X = append(X, s.corpus[start:start+s.numSteps]...)
				y = append(y, s.corpus[start+1:start+1+s.numSteps]...)
			}
			if !yield(train.Batch{
				Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(X, s.batchSize, s.numSteps)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, s.batchSize, s.numSteps)},
			}, nil) {
				return
			}
		}
	}
}
