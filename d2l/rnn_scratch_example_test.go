package d2l_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// gaussian returns numbers from a normal distribution with standard deviation sigma.
func gaussian(sigma float32, sizes ...int) *d2l.Tensor {
	values := d2l.Values[float32](d2l.Randn(sizes...))
	for i := range values {
		values[i] *= sigma
	}
	return d2l.NewTensor(values, sizes...)
}

// gateParams returns W_x, W_h and b for each gate, as three() in the book's get_params does, and then W_q and b_q.
func gateParams(gates, vocabSize, numHiddens int) (params []any) {
	for range gates {
		params = append(params,
			gaussian(0.01, vocabSize, numHiddens), gaussian(0.01, numHiddens, numHiddens), d2l.Zeros(1, numHiddens))
	}
	return append(params, gaussian(0.01, numHiddens, vocabSize), d2l.Zeros(1, vocabSize))
}

func getParams(vocabSize, numHiddens int) []any { return gateParams(1, vocabSize, numHiddens) }

func initRNNState(batchSize, numHiddens int) []any { return []any{d2l.Zeros(batchSize, numHiddens)} }

// gate is X·W_x + H·W_h + b, with the first three parameters.
func gate(X, H *graph.Node, params []*graph.Node) *graph.Node {
	return graph.Add(linreg(X, params[0], params[2]), graph.MatMul(H, params[1]))
}

// rnn takes inputs of shape (steps, batch, tokens). It returns the outputs of all steps, one below the other, and the
// last state.
func rnn(inputs *graph.Node, state, params []*graph.Node) (*graph.Node, []*graph.Node) {
	H := state[0]
	var outputs []*graph.Node
	for _, X := range graph.Split(inputs, 0, inputs.Shape().Dim(0)) {
		H = graph.Tanh(gate(graph.Squeeze(X, 0), H, params))
		outputs = append(outputs, linreg(H, params[3], params[4]))
	}
	return graph.Concatenate(outputs, 0), []*graph.Node{H}
}

// rnnModelScratch is the book's RNNModelScratch. It is called with X, a state and the parameters, and returns the
// outputs and the next state. A step takes y and the learning rate as well, after X, and returns the loss, the next
// state and the next parameters.
type rnnModelScratch struct {
	numHiddens int
	params     []any
	initState  func(batchSize, numHiddens int) []any
	call, step func(args ...any) ([]*d2l.Tensor, error)
}

func newRNNModelScratch(vocabSize, numHiddens int, getParams, initState func(size, numHiddens int) []any,
	forwardFn func(inputs *graph.Node, state, params []*graph.Node) (*graph.Node, []*graph.Node)) *rnnModelScratch {
	m := &rnnModelScratch{numHiddens: numHiddens, params: getParams(vocabSize, numHiddens), initState: initState}
	forward := func(X *graph.Node, args []*graph.Node) (Y *graph.Node, state, params []*graph.Node) {
		inputs := graph.OneHot(graph.Transpose(X, 0, 1), vocabSize, args[0].DType())
		params = args[len(args)-len(m.params):]
		Y, state = forwardFn(inputs, args[:len(args)-len(params)], params)
		return Y, state, params
	}
	m.call = d2l.CompileN(func(args []*graph.Node) []*graph.Node {
		Y, state, _ := forward(args[0], args[1:])
		return append([]*graph.Node{Y}, state...)
	})
	m.step = d2l.CompileN(func(args []*graph.Node) []*graph.Node {
		yHat, state, params := forward(args[0], args[3:])
		y := graph.Reshape(graph.Transpose(args[1], 0, 1), -1)
		loss := graph.ReduceAllMean(d2l.SoftmaxCrossEntropyLoss{}.Forward(yHat, y))
		results := append([]*graph.Node{loss}, state...)
		for i, gradient := range gradClipping(graph.Gradient(loss, params...), 1) {
			results = append(results, graph.Sub(params[i], graph.Mul(gradient, args[2])))
		}
		return results
	})
	return m
}

// gradClipping is the book's grad_clipping.
func gradClipping(gradients []*graph.Node, theta float64) (clipped []*graph.Node) {
	sum := graph.ScalarZero(gradients[0].Graph(), gradients[0].DType())
	for _, g := range gradients {
		sum = graph.Add(sum, graph.ReduceAllSum(graph.Square(g)))
	}
	scale := graph.MinScalar(graph.MulScalar(graph.Reciprocal(graph.Sqrt(sum)), theta), 1)
	for _, g := range gradients {
		clipped = append(clipped, graph.Mul(g, scale))
	}
	return clipped
}

// run calls a compiled function.
func run(f func(args ...any) ([]*d2l.Tensor, error), args ...[]any) (results []any) {
	for _, result := range d2l.Must(f(slices.Concat(args...)...)) {
		results = append(results, result)
	}
	return results
}

// predict is the book's predict_ch8. It computes one step after the other, where d2l.PredictCh8 computes all again.
func (m *rnnModelScratch) predict(prefix string, numPreds int, vocab *d2l.Vocab) string {
	state, outputs := m.initState(1, m.numHiddens), vocab.Indices(strings.Split(prefix, ""))
	for i := range len(prefix) - 1 + numPreds {
		results := run(m.call, []any{[][]int32{{outputs[i]}}}, state, m.params)
		state = results[1:]
		if i >= len(prefix)-1 { // After the warm-up period.
			outputs = append(outputs, int32(d2l.Must(d2l.Predict(results[0].(*d2l.Tensor)))[0]))
		}
	}
	return strings.Join(vocab.ToTokens(outputs...), "")
}

// train is the book's train_ch8 with its train_epoch_ch8, and returns the perplexity of the last epoch, of which 28 is
// that of a guess. The state that goes from batch to batch is an argument of the next step, through which no gradient
// flows.
func (m *rnnModelScratch) train(trainIter d2l.DataIter, lr float32, numEpochs int, useRandomIter bool) float64 {
	timer, tokens, ppl := d2l.NewTimer(), 0.0, 0.0
	for range numEpochs {
		var state []any
		metric := d2l.NewAccumulator(2) // Sum of training loss, number of tokens.
		for batch, err := range trainIter.Iter() {
			d2l.Check(err)
			X, y := batch.Inputs[0], batch.Labels[0]
			if state == nil || useRandomIter {
				state = m.initState(d2l.ShapeOf(X)[0], m.numHiddens)
			}
			results := run(m.step, []any{X, y, lr}, state, m.params)
			state, m.params = results[1:1+len(state)], results[1+len(state):]
			loss := results[0].(*d2l.Tensor).Value().(float32)
			metric.Add(float64(loss)*float64(y.Size()), float64(y.Size()))
		}
		ppl, tokens = math.Exp(metric[0]/metric[1]), tokens+metric[1]
	}
	fmt.Fprintf(os.Stderr, "perplexity %.1f, %.1f tokens/sec\n", ppl, tokens/timer.Stop())
	return ppl
}

// The book's section "Implementation of Recurrent Neural Networks from Scratch", with 32 hidden units on short sequences
// for three epochs; the book trains 512 on sequences of 35 for 500.
func Example_rnnScratch() {
	d2l.Seed(1)
	corpus, vocab := d2l.LoadCorpusTimeMachine(10000)
	X := d2l.NewTensor([]int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 5)
	net := newRNNModelScratch(vocab.Len(), 512, getParams, initRNNState, rnn)
	results := run(net.call, []any{X}, net.initState(2, 512), net.params)
	fmt.Println(d2l.ShapeOf(results[0].(*d2l.Tensor)), len(results)-1, d2l.ShapeOf(results[1].(*d2l.Tensor)))

	net = newRNNModelScratch(vocab.Len(), 32, getParams, initRNNState, rnn)
	iters := []d2l.DataIter{d2l.SeqDataIterConsecutive(corpus, 32, 3), d2l.SeqDataIterRandom(corpus, 32, 3)}
	for i, trainIter := range iters {
		net.params = getParams(vocab.Len(), 32)
		fmt.Println("perplexity below 15:", net.train(trainIter, 1, 3, i == 1) < 15)
		fmt.Fprintln(os.Stderr, net.predict("time traveller", 50, vocab))
	}
	fmt.Println("outputs of the layer:", net.equals(d2l.RNN{HiddenSize: 32}, vocab, 0))
	// Output:
	// (10, 28) 1 (2, 512)
	// perplexity below 15: true
	// perplexity below 15: true
	// outputs of the layer: true
}
