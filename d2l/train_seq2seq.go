package d2l

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TrainSeq2Seq trains a net that translates, and returns the mean loss of a token over the last epoch. lr is the
// learning rate of Adam, or an Optimizer; with either, the gradient is clipped to a norm of 1.
//
// The parameters are initialized first (Xavier). The net is an EncoderDecoder, or another of the inputs that
// LoadDataNMT describes, and its first output has the logits of the next tokens, (batch, steps, tgtVocab.Len()). The
// loss is MaskedSoftmaxCELoss: the mean over the tokens of a batch's labels but for <pad>. In the book a sentence has
// the sum of its tokens' losses divided by the number of steps, and a batch the sum of its sentences'. So the loss
// that it prints is ours divided by the number of steps, and its gradient is longer, and clipped more often.
//
// The loss is plotted every ten epochs and at the end. Then there is a line with it and the speed, in tokens but for
// <pad> of the translations. Errors are those of TrainCh5, and a net whose number of logits is another. It panics if
// lr or numEpochs is not positive, without a device, and unless <pad>, <bos> and <eos> are reserved tokens of
// tgtVocab.
//
// Book: train_seq2seq, section "Sequence to Sequence Learning".
func TrainSeq2Seq[R Rate](net *Net, dataIter DataIter, lr R, numEpochs int,
	tgtVocab *Vocab, ctx ...Device) (float64, error) {
	if numEpochs <= 0 || len(ctx) == 0 || dataIter == nil {
		panic(fmt.Sprintf("d2l: TrainSeq2Seq needs data, at least one epoch, and a device, such as TryGPU(0), got %d epochs "+
			"and %d devices", numEpochs, len(ctx)))
	}
	requireNMT("TrainSeq2Seq", "tgtVocab", tgtVocab)
	opt := optimizerOf(lr, func(lr float64) Optimizer { return Adam(lr) }).WithGradientClipping(1)
	if err := net.Initialize(ctx[0], Xavier); err != nil {
		return 0, err
	}
	trainer, err := NewTrainer(net, opt, ctx...)
	if err != nil {
		return 0, err
	}
	trainer.WithLoss(seq2seqLoss{MaskedSoftmaxCELoss{Padding: tgtVocab.Index("<pad>")}, tgtVocab.Len()})
	animator := NewAnimator(PlotOptions{
		XLabel: "epoch", YLabel: "loss", XLim: []float64{float64(min(10, numEpochs-1)), float64(numEpochs)},
	})
	timer := NewTimer()
	var loss, tokens float64
	for epoch := range numEpochs {
		metric := NewAccumulator(2) // Sum of losses, tokens.
		for _, step := range trainer.Steps(dataIter, timer) {
			metric.Add(step.LossSum, step.Examples)
		}
		if err := trainer.Err(); err != nil {
			return 0, err
		}
		loss = metric[0] / metric[1]
		tokens += metric[1]
		if (epoch+1)%10 == 0 || epoch+1 == numEpochs {
			animator.Add(float64(epoch+1), loss)
		}
	}
	fmt.Printf("loss %.3f, %.1f tokens/sec on %v\n", loss, tokens/timer.Sum(), Devices(ctx))
	return loss, nil
}

// seq2seqLoss is the loss of a net that has an output for each token.
type seq2seqLoss struct {
	MaskedSoftmaxCELoss
	tokens int
}

// Forward adds the losses to the graph. It panics unless yHat has a column for each token.
func (l seq2seqLoss) Forward(yHat, y *graph.Node) *graph.Node {
	if n := yHat.Shape().Dim(-1); n != l.tokens {
		panic(fmt.Sprintf("d2l: the net's output has %d classes, and tgtVocab %d tokens: give the net's last layer "+
			"%[2]d units", n, l.tokens))
	}
	return l.MaskedSoftmaxCELoss.Forward(yHat, y)
}

// PredictSeq2Seq translates a sentence by a net of TrainSeq2Seq, each token by the one with the largest logit after
// those before it, until <eos> or numSteps tokens. The sentence is prepared as in LoadDataNMT; words that srcVocab
// does not have are <unk>. numSteps should be that of the training; what is longer is cut off, as there, and standard
// error says so.
//
// It also returns the net's outputs at the last step, of a batch of one: the logits, and what else it has, such as
// attention weights. Row i of an attention of the decoder, from 0, belongs to the prediction of token i, the last of
// them to that of <eos>; later ones are of padding.
//
// Each token is predicted by the whole net, for all steps, of which one is used: numSteps times the work of a decoder
// that keeps a state, as the book's does. No step may depend on a later one.
//
// A sentence without a word is an error, and a net that fails or whose output is not (1, numSteps, tgtVocab.Len()). It
// panics if numSteps is not positive, and unless <pad>, <bos> and <eos> are reserved tokens of both vocabularies.
//
// Book: predict_seq2seq, section "Sequence to Sequence Learning".
func PredictSeq2Seq(net *Net, sentence string, srcVocab, tgtVocab *Vocab, numSteps int) (translation string,
	outputs []*tensors.Tensor, err error) {
	requireMade(net, "PredictSeq2Seq", "NewNet")
	if numSteps <= 0 {
		panic(fmt.Sprintf("d2l: PredictSeq2Seq needs a positive number of steps, got %d", numSteps))
	}
	requireNMT("PredictSeq2Seq", "srcVocab", srcVocab)
	requireNMT("PredictSeq2Seq", "tgtVocab", tgtVocab)
	words := strings.Fields(PreprocessNMT(sentence))
	if len(words) == 0 {
		return "", nil, errors.New("there is no word to translate in the sentence")
	}
	if len(words) > numSteps {
		report.WarnOnce(fmt.Sprintf("d2l: PredictSeq2Seq reads the first %d tokens of %q and cuts off the rest",
			numSteps, sentence))
	}
	X, validLens := BuildArrayNMT([][]string{words}, srcVocab, numSteps)
	tokens := []int32{tgtVocab.Index("<bos>")}
	for len(tokens) <= numSteps {
		decX := tensors.FromFlatDataAndDimensions(TruncatePad(tokens, numSteps, tgtVocab.Index("<pad>")), 1, numSteps)
		if outputs, err = net.ForwardN(X, decX, validLens); err != nil {
			return "", nil, err
		}
		if got, want := ShapeOf(outputs[0]), (Shape{1, numSteps, tgtVocab.Len()}); !slices.Equal(got, want) {
			return "", nil, fmt.Errorf("the net's output is %v, expected %v, with a logit for each token of tgtVocab", got, want)
		}
		next, err := Predict(outputs[0])
		if err != nil {
			return "", nil, err
		}
		token := int32(next[len(tokens)-1])
		if token == tgtVocab.Index("<eos>") {
			break
		}
		tokens = append(tokens, token)
	}
	return strings.Join(tgtVocab.ToTokens(tokens[1:]...), " "), outputs, nil
}

// Bleu returns how well a prediction fits a label, both of tokens with white space between them, as PreprocessNMT makes
// them of a sentence: from 0 to 1, which is for the same tokens. It is exp(min(0, 1 - tokens of label / tokens of
// prediction)) times the precision of the prediction's n-grams to the power of 1/2ⁿ, for n from 1 to k, or to the
// number of the prediction's tokens if that is less, as in later editions of the book (this one's divides by 0 then). A
// prediction without a token has 0, unless the label has none either. It panics if k is not positive.
//
// Book: bleu, section "Sequence to Sequence Learning".
func Bleu(prediction, label string, k int) float64 {
	if k <= 0 {
		panic(fmt.Sprintf("d2l: Bleu needs a positive k, got %d", k))
	}
	predicted, expected := strings.Fields(prediction), strings.Fields(label)
	if len(predicted) == 0 || len(expected) == 0 {
		if len(predicted) == len(expected) {
			return 1
		}
		return 0
	}
	score := math.Exp(min(0, 1-float64(len(expected))/float64(len(predicted))))
	for n := 1; n <= min(k, len(predicted)); n++ {
		left := map[string]int{} // Of the label's n-grams.
		for i := range len(expected) - n + 1 {
			left[strings.Join(expected[i:i+n], " ")]++
		}
		matches := 0
		for i := range len(predicted) - n + 1 {
			if gram := strings.Join(predicted[i:i+n], " "); left[gram] > 0 {
				left[gram]--
				matches++
			}
		}
		score *= math.Pow(float64(matches)/float64(len(predicted)-n+1), math.Pow(0.5, float64(n)))
	}
	return score
}
