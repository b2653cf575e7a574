package d2l

import (
	"fmt"
	"math"
	"strings"
)

// PredictCh8 returns prefix and the numPreds characters that net predicts after it, one
// after the other. The net takes tokens, int32 (batch, steps), of vocab, and returns
// logits for the next ones, (batch, steps, classes). An error of the net is returned. It
// panics if prefix is empty or numPreds negative.
//
// Each prediction computes all steps again, from a state of 0. Tokens that are not known
// yet are filled up, to a multiple of 32, so that one program computes all: the net must
// not look ahead.
//
// Book: predict_ch8, section "Implementation of Recurrent Neural Networks from Scratch".
func PredictCh8(prefix string, numPreds int, net *Net, vocab *Vocab) (string, error) {
	if prefix == "" || numPreds < 0 || net == nil || vocab == nil {
		panic("d2l: PredictCh8 needs a prefix, a number of predictions that is not negative, a net and its vocabulary")
	}
	outputs := vocab.Indices(strings.Split(prefix, ""))
	numSteps := (len(outputs) + numPreds + 31) / 32 * 32
	for range numPreds {
		X := TruncatePad(outputs, numSteps, 0)
		yHat, err := net.Forward(NewTensor(X, 1, numSteps))
		if err != nil {
			return "", err
		}
		next, err := Predict(yHat)
		if err != nil {
			return "", err
		}
		outputs = append(outputs, int32(next[len(outputs)-1]))
	}
	return strings.Join(vocab.ToTokens(outputs...), ""), nil
}

// TrainCh8 trains a language model with minibatch stochastic gradient descent on the
// softmax cross-entropy loss, and returns its perplexity over the last epoch. In place of
// the learning rate lr it also takes an Optimizer; with either, the gradient is clipped to
// a norm of 1.
//
// The parameters are initialized first, from a normal distribution with standard
// deviation 0.01. A batch has tokens X and y of vocab, int32 (batch, steps), and the net's
// output is (batch, steps, classes). States of Stateful layers are 0 at the beginning of
// each epoch and carried over from batch to batch, as trainIter has to have it; other
// layers begin each batch with 0, as for batches of SeqDataIterRandom.
//
// The perplexity is plotted every ten epochs and at the end. Then there is a line with it and
// the speed, and two of predicted text. Errors and panics are those of TrainCh5.
//
// Book: train_ch8, section "Implementation of Recurrent Neural Networks from Scratch".
func TrainCh8[R Rate](net *Net, trainIter DataIter, vocab *Vocab, lr R, numEpochs int, ctx ...Device) (float64, error) {
	if numEpochs <= 0 || len(ctx) == 0 || trainIter == nil || vocab == nil {
		panic("d2l: TrainCh8 needs data and its vocabulary, at least one epoch, and a device, such as TryGPU(0)")
	}
	opt := OptimizerOf(lr).WithGradientClipping(1)
	if err := net.Initialize(ctx[0], Normal(0.01)); err != nil {
		return 0, err
	}
	trainer, err := NewTrainer(net, opt, ctx...)
	if err != nil {
		return 0, err
	}
	animator := NewAnimator(PlotOptions{
		XLabel: "epoch", YLabel: "perplexity", Legend: []string{"train"}, XLim: []float64{0, float64(numEpochs)},
	})
	timer := NewTimer()
	var perplexity, tokens float64
	for epoch := range numEpochs {
		metric := NewAccumulator(2) // Sum of losses, tokens.
		if err := net.ResetState(); err != nil {
			return 0, err
		}
		for _, step := range trainer.Steps(trainIter, timer) {
			metric.Add(step.LossSum, step.Examples)
		}
		if err := trainer.Err(); err != nil {
			return 0, err
		}
		perplexity = math.Exp(metric[0] / metric[1])
		tokens += metric[1]
		if (epoch+1)%10 == 0 || epoch+1 == numEpochs {
			animator.Add(float64(epoch+1), perplexity)
		}
	}
	fmt.Printf("perplexity %.1f, %.1f tokens/sec on %v\n", perplexity, tokens/timer.Sum(), Devices(ctx))
	for _, prefix := range []string{"time traveller", "traveller"} {
		text, err := PredictCh8(prefix, 50, net, vocab)
		if err != nil {
			return 0, err
		}
		fmt.Println(text)
	}
	return perplexity, nil
}
