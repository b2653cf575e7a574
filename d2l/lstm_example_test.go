package d2l_test

import (
	"fmt"
	"math"
	"os"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// A hidden state, as in the book's section "Recurrent Neural Networks": the sum of two products is one product.
func Example_hiddenState() {
	products := d2l.CompileN(func(X, Wxh, H, Whh *graph.Node) []*graph.Node {
		XH, W := graph.Concatenate([]*graph.Node{X, H}, 1), graph.Concatenate([]*graph.Node{Wxh, Whh}, 0)
		return []*graph.Node{graph.Add(graph.MatMul(X, Wxh), graph.MatMul(H, Whh)), graph.MatMul(XH, W)}
	})
	results := d2l.Must(products(d2l.Randn(3, 1), d2l.Randn(1, 4), d2l.Randn(3, 4), d2l.Randn(4, 4)))
	fmt.Println(d2l.ShapeOf(results[0]), results[0].InDelta(results[1], 1e-5))
	// Output: (3, 4) true
}

// trainRecurrent trains a language model on short sequences for an epoch, in a loop of its own. The book's trainings,
// of 256 hidden units and sequences of 35, are
//
//	trainIter, vocab := d2l.LoadDataTimeMachine(32, 35)
//	d2l.TrainCh8(languageModel(layer, vocab), trainIter, vocab, 1, 500, d2l.TryGPU(0))
func trainRecurrent(layer d2l.Layer) {
	d2l.Seed(1)
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 2)
	net := languageModel(layer, vocab)
	for _, l := range d2l.Must(net.Shapes(35)) {
		fmt.Println(l.Name, l.Shape)
	}
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(1).WithGradientClipping(1)))
	metric := d2l.NewAccumulator(2) // Sum of losses, tokens.
	for _, step := range trainer.Steps(trainIter, nil) {
		metric.Add(step.LossSum, step.Examples)
	}
	d2l.Check(trainer.Err())
	fmt.Println("perplexity below that of a guess, 28:", math.Exp(metric[0]/metric[1]) < 22)
}

// The concise net of the book's section "Long Short-Term Memory (LSTM)".
func ExampleLSTM_languageModel() {
	trainRecurrent(d2l.LSTM{HiddenSize: 32, Stateful: true})
	// Output:
	// onehot0 (1, 35, 28)
	// lstm0 (1, 35, 32)
	// dense0 (1, 35, 28)
	// perplexity below that of a guess, 28: true
}

// The book's section "Deep Recurrent Neural Networks".
func ExampleLSTM_deep() {
	trainRecurrent(d2l.LSTM{HiddenSize: 32, NumLayers: 2, Stateful: true})
	// Output:
	// onehot0 (1, 35, 28)
	// lstm0 (1, 35, 32)
	// dense0 (1, 35, 28)
	// perplexity below that of a guess, 28: true
}

// The book's section "Bidirectional Recurrent Neural Networks". It warns that such a net is none for a language model:
// it sees the characters that it has to predict.
func ExampleLSTM_bidirectional() {
	trainRecurrent(d2l.LSTM{HiddenSize: 32, NumLayers: 2, Bidirectional: true})
	// Output:
	// onehot0 (1, 35, 28)
	// lstm0 (1, 35, 64)
	// dense0 (1, 35, 28)
	// perplexity below that of a guess, 28: true
}

// equals reports whether the layer has the same outputs with the same parameters. The layer has the weights of these
// gates of the model one below the other, transposed, and two biases, of which one stays 0.
func (m *rnnModelScratch) equals(layer d2l.Layer, vocab *d2l.Vocab, gates ...int) bool {
	net, X := languageModel(layer, vocab), d2l.NewTensor([][]int32{{3, 1, 4}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Constant(0)))
	d2l.Must(net.Forward(X))
	set := func(name string, arrays ...any) {
		var values []float32
		for _, array := range arrays {
			rows := array.(*d2l.Tensor).Value().([][]float32)
			for column := range rows[0] {
				for _, row := range rows {
					values = append(values, row[column])
				}
			}
		}
		d2l.Check(net.SetParameter(name, d2l.NewTensor(values, d2l.Must(net.Parameter(name)).Shape().Dimensions...)))
	}
	for i, name := range []string{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0"} {
		var arrays []any
		for _, gate := range gates {
			arrays = append(arrays, m.params[3*gate+i])
		}
		set(layer.Kind()+"0."+name, arrays...)
	}
	last := len(m.params) - 1
	d2l.Check(net.SetParameter("dense0.weight", m.params[last-1]))
	set("dense0.bias", m.params[last])
	outputs, state := []float32(nil), m.initState(1, m.numHiddens)
	for _, token := range d2l.Values[int32](X) {
		results := run(m.call, []any{[][]int32{{token}}}, state, m.params)
		outputs, state = append(outputs, d2l.Values[float32](results[0].(*d2l.Tensor))...), results[1:]
	}
	return d2l.NewTensor(outputs, 1, 3, vocab.Len()).InDelta(d2l.Must(net.Forward(X)), 1e-5)
}

// lstm takes a state of H and C; params has the gates input, forget, output and candidate.
func lstm(inputs *graph.Node, state, params []*graph.Node) (*graph.Node, []*graph.Node) {
	H, C := state[0], state[1]
	var outputs []*graph.Node
	for _, X := range graph.Split(inputs, 0, inputs.Shape().Dim(0)) {
		X = graph.Squeeze(X, 0)
		I, F := graph.Sigmoid(gate(X, H, params)), graph.Sigmoid(gate(X, H, params[3:]))
		O, CTilda := graph.Sigmoid(gate(X, H, params[6:])), graph.Tanh(gate(X, H, params[9:]))
		C = graph.Add(graph.Mul(F, C), graph.Mul(I, CTilda))
		H = graph.Mul(O, graph.Tanh(C))
		outputs = append(outputs, linreg(H, params[12], params[13]))
	}
	return graph.Concatenate(outputs, 0), []*graph.Node{H, C}
}

// The LSTM from scratch of the book's section "Long Short-Term Memory (LSTM)", with 32 hidden units on short sequences
// for four epochs; the book trains 256 on sequences of 35 for 500.
func Example_lstmScratch() {
	d2l.Seed(1)
	trainIter, vocab := d2l.LoadDataTimeMachine(32, 2)
	getParams := func(vocabSize, numHiddens int) []any { return gateParams(4, vocabSize, numHiddens) }
	initState := func(batchSize, numHiddens int) []any {
		return []any{d2l.Zeros(batchSize, numHiddens), d2l.Zeros(batchSize, numHiddens)}
	}
	net := newRNNModelScratch(vocab.Len(), 32, getParams, initState, lstm)
	fmt.Println("perplexity below 15:", net.train(trainIter, 1, 4, false) < 15)
	fmt.Fprintln(os.Stderr, net.predict("time traveller", 50, vocab))
	fmt.Println("outputs of the layer:", net.equals(d2l.LSTM{HiddenSize: 32}, vocab, 0, 1, 3, 2))
	// Output:
	// perplexity below 15: true
	// outputs of the layer: true
}
