package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// A hidden state, as in the book's section "Recurrent Neural Networks": the sum of two products is one product.
func Example_hiddenState() {
	products := d2l.CompileN(func(X, Wxh, H, Whh *graph.Node) []*graph.Node {
		XH, W := graph.Concatenate([]*graph.Node{X, H}, 1), graph.Concatenate([]*graph.Node{Wxh, Whh}, 0)
		return []*graph.Node{graph.Add(graph.MatMul(X, Wxh), graph.MatMul(H, Whh)), graph.MatMul(XH, W)}
	})
	results := d2l.Must(products(normal(3, 1), normal(1, 4), normal(3, 4), normal(4, 4)))
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
