package d2l_test

import (
	"fmt"
	"math"
	"os"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// gru takes the gates update, reset and candidate.
func gru(inputs *graph.Node, state, params []*graph.Node) (*graph.Node, []*graph.Node) {
	H := state[0]
	var outputs []*graph.Node
	for _, X := range graph.Split(inputs, 0, inputs.Shape().Dim(0)) {
		X = graph.Squeeze(X, 0)
		Z, R := graph.Sigmoid(gate(X, H, params)), graph.Sigmoid(gate(X, H, params[3:]))
		HTilda := graph.Tanh(gate(X, graph.Mul(R, H), params[6:]))
		H = graph.Add(graph.Mul(Z, H), graph.Mul(graph.OneMinus(Z), HTilda))
		outputs = append(outputs, linreg(H, params[9], params[10]))
	}
	return graph.Concatenate(outputs, 0), []*graph.Node{H}
}

// The GRU from scratch of the book's section "Gated Recurrent Units (GRU)", with 32 hidden units on short sequences for
// three epochs; the book trains 256 on sequences of 35 for 500. The layer multiplies the reset gate with H·W_hh, as
// PyTorch's does; that is the same only where W_hh is a diagonal matrix.
func Example_gruScratch() {
	d2l.Seed(1)
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 2)
	getParams := func(vocabSize, numHiddens int) []any { return gateParams(3, vocabSize, numHiddens) }
	net := newRNNModelScratch(vocab.Len(), 32, getParams, initRNNState, gru)
	fmt.Println("perplexity below 15:", net.train(trainIter, 1, 3, false) < 15)
	fmt.Fprintln(os.Stderr, net.predict("time traveller", 50, vocab))
	diagonal := make([]float32, 32*32)
	for i := 0; i < len(diagonal); i += 33 {
		diagonal[i] = float32(i) / 1000
	}
	net.params[7] = d2l.NewTensor(diagonal, 32, 32)
	fmt.Println("outputs of the layer:", net.equals(d2l.GRU{HiddenSize: 32}, vocab, 1, 0, 2))
	// Output:
	// perplexity below 15: true
	// outputs of the layer: true
}

// A language model of characters in a loop of one's own, here of the first 1,300. The text that it predicts is, for
// example,
//
//	time traveller for so it will be convenient
func ExampleGRU() {
	d2l.Seed(1)
	corpus, vocab := d2l.LoadCorpusTimeMachine(1300)
	trainIter := d2l.SeqDataIterConsecutive(corpus, 16, 20)
	net := languageModel(d2l.GRU{HiddenSize: 64, Stateful: true}, vocab)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01)))
	perplexity := math.Inf(1)
	for range 100 {
		metric := d2l.NewAccumulator(2) // Sum of losses, tokens.
		d2l.Check(net.ResetState())
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		perplexity = math.Exp(metric[0] / metric[1])
	}
	fmt.Println("perplexity below 1.3:", perplexity < 1.3)
	text := d2l.Must(d2l.PredictCh8("time traveller", 30, net, vocab))
	fmt.Println(text[:len("time traveller")], "and", len(text)-len("time traveller"), "more")
	// Output:
	// perplexity below 1.3: true
	// time traveller and 30 more
}
