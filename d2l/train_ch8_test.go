package d2l_test

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestTrainCh8(t *testing.T) {
	printed := printedBy(t, ExampleTrainCh8)
	lines := `perplexity \d+\.\d, \d+\.\d tokens/sec on \S.*\ntime traveller[a-z ]{50}\ntraveller[a-z ]{50}\n`
	if !regexp.MustCompile("^" + lines + "$").MatchString(printed) {
		t.Errorf("printed\n%s", printed)
	}
}

// Each character is the most probable one after those before it.
func TestPredictCh8(t *testing.T) {
	d2l.Seed(1)
	_, vocab := d2l.LoadCorpusTimeMachine(0)
	net := languageModel(d2l.RNN{HiddenSize: 16}, vocab)
	d2ltest.NoError(t, net.Initialize(d2ltest.Device(d2l.CPU, d2l.GPU), d2l.Normal(1)))
	want := "ti"
	for range 3 {
		tokens := vocab.Indices(strings.Split(want, ""))
		yHat := d2ltest.Must(net.Forward(tensors.FromFlatDataAndDimensions(tokens, 1, len(tokens))))(t)
		next := d2ltest.Must(d2l.Predict(yHat))(t)
		want += vocab.ToTokens(int32(next[len(next)-1]))[0]
	}
	if got := d2ltest.Must(d2l.PredictCh8("ti", 3, net, vocab))(t); got != want {
		t.Errorf("predicted %q, expected %q", got, want)
	}
}

// Sequences from random places do not go on where others end.
func TestTrainCh8OfRandomSequences(t *testing.T) {
	corpus, vocab := d2l.LoadCorpusTimeMachine(1000)
	net := languageModel(d2l.RNN{HiddenSize: 8, Stateful: true}, vocab)
	random := d2l.OnDevice(d2l.FirstBatches(d2l.SeqDataIterRandom(corpus, 8, 5), 2))
	said := d2ltest.Captured(t, &os.Stderr, func() {
		printedBy(t, func() {
			d2ltest.Must(d2l.TrainCh8(net, random, vocab, 1, 1, d2ltest.Device(d2l.CPU, d2l.GPU)))(t)
		})
	})
	d2ltest.WantParts(t, said, "a Stateful layer carries its state over", "take SeqDataIterConsecutive")
}

// The steps are those of a loop of one's own that clips the gradient and resets the state, at a rate at which both count.
func TestTrainCh8Steps(t *testing.T) {
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 5)
	trainIter = d2l.FirstBatches(trainIter, 10)
	const lr, numEpochs = 30, 2
	device := d2ltest.Device(d2l.CPU, d2l.GPU)

	d2l.Seed(1)
	net := languageModel(d2l.RNN{HiddenSize: 8, Stateful: true}, vocab)
	d2ltest.NoError(t, net.Initialize(device, d2l.Normal(0.01)))
	trainer := d2ltest.Must(d2l.NewTrainer(net, d2l.SGD(lr).WithGradientClipping(1)))(t)
	metric := d2l.NewAccumulator(2)
	for range numEpochs {
		metric.Reset()
		d2ltest.NoError(t, net.ResetState())
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2ltest.NoError(t, trainer.Err())
	}

	d2l.Seed(1)
	var perplexity float64
	printedBy(t, func() {
		perplexity = d2ltest.Must(d2l.TrainCh8(net, trainIter, vocab, lr, numEpochs, device))(t)
	})
	if want := math.Exp(metric[0] / metric[1]); perplexity != want {
		t.Errorf("perplexity %v, expected %v", perplexity, want)
	}
}
