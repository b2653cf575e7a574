package d2l_test

import (
	"fmt"
	"os"

	"github.com/d2l-go/book/d2l"
)

func ExampleReadTimeMachine() {
	lines := d2l.ReadTimeMachine()
	fmt.Println("# text lines:", len(lines))
	fmt.Println(lines[0])
	fmt.Println(lines[10])
	// Output:
	// # text lines: 3221
	// the time machine by h g wells
	// twinkled and his usually pale face was flushed and animated the
}

func ExampleLoadCorpusTimeMachine() {
	corpus, vocab := d2l.LoadCorpusTimeMachine(-1)
	fmt.Println(len(corpus), vocab.Len())
	// Output: 170580 28
}

func ExampleLoadDataTimeMachine() {
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 35)
	for batch, err := range trainIter.Iter() {
		d2l.Check(err)
		fmt.Println("X:", d2l.ShapeOf(batch.Inputs[0]), "y:", d2l.ShapeOf(batch.Labels[0]), "tokens:", vocab.Len())
		break
	}
	// Output: X: (32, 35) y: (32, 35) tokens: 28
}

// languageModel has logits for the next character at each step.
func languageModel(layer d2l.Layer, vocab *d2l.Vocab) *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.OneHot{VocabSize: vocab.Len()}, layer, d2l.Dense{Units: vocab.Len(), LastAxis: true},
	})
}

// The net of the book's section "Concise Implementation of Recurrent Neural Networks", for two epochs; the book trains
// it for 500.
func ExampleTrainCh8() {
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 35)
	net := languageModel(d2l.RNN{HiddenSize: 32, Stateful: true}, vocab)
	perplexity := d2l.Must(d2l.TrainCh8(net, trainIter, vocab, 1, 2, d2l.TryGPU(0)))
	fmt.Fprintln(os.Stderr, perplexity)
}

func ExamplePredictCh8() {
	d2l.Seed(1)
	_, vocab := d2l.LoadCorpusTimeMachine(0)
	net := languageModel(d2l.RNN{HiddenSize: 32}, vocab)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.01)))
	text := d2l.Must(d2l.PredictCh8("time traveller ", 10, net, vocab)) // Without training, one or two characters again and again.
	fmt.Println(text[:15], len(text)-15)
	// Output: time traveller  10
}
