package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// The net of the book's section "Concise Implementation of Recurrent Neural Networks", whose output has logits for the next
// token at each step. Its shapes are those of an example of 35 tokens.
func ExampleRNN() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.OneHot{VocabSize: 28},
		d2l.RNN{HiddenSize: 256},
		d2l.Dense{Units: 28, LastAxis: true},
	})
	for _, layer := range d2l.Must(net.Shapes(35)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// onehot0 (1, 35, 28)
	// rnn0 (1, 35, 256)
	// dense0 (1, 35, 28)
}

// Two layers, each in both directions; of the last axis one half is from the first step to the last, and one back.
func ExampleLSTM() {
	net := d2l.NewNet(d2l.Sequential{
		d2l.Embedding{VocabSize: 28, EmbedSize: 32},
		d2l.LSTM{HiddenSize: 256, NumLayers: 2, Bidirectional: true},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(d2l.NewTensor([][]int32{{3, 1, 4}, {1, 5, 9}})))
	fmt.Println(d2l.ShapeOf(y))
	for _, p := range net.Parameters()[:5] {
		fmt.Println(p.Name(), p.Shape().Dimensions)
	}
	// Output:
	// (2, 3, 512)
	// weight [28 32]
	// weight_ih_l0 [1024 32]
	// weight_hh_l0 [1024 256]
	// bias_ih_l0 [1024]
	// bias_hh_l0 [1024]
}

// codec encodes a sequence and starts a decoder of the same sequence with the encoder's state.
type codec struct{ hidden int }

func (codec) Kind() string { return "codec" }

func (c codec) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	_, state := d2l.GRU{HiddenSize: c.hidden}.ForwardFrom(scope.In("encoder"), x, nil)
	y, _ := d2l.GRU{HiddenSize: c.hidden}.ForwardFrom(scope.In("decoder"), x, state)
	return y
}

// An encoder hands its state to a decoder in a layer of your own.
func ExampleGRU_ForwardFrom() {
	net := d2l.NewNet(d2l.Sequential{d2l.Embedding{VocabSize: 10, EmbedSize: 8}, codec{hidden: 16}})
	for _, layer := range d2l.Must(net.Shapes(7)) {
		fmt.Println(layer.Name, layer.Shape)
	}
	// Output:
	// embedding0 (1, 7, 8)
	// codec0 (1, 7, 16)
}

func ExampleEmbedding() {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Embedding{VocabSize: 20, EmbedSize: 4})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	y := d2l.Must(net.Forward(d2l.NewTensor([][]int32{{1, 2, 1}})))
	vectors := y.Value().([][][]float32)[0]
	fmt.Println(d2l.ShapeOf(y), fmt.Sprint(vectors[0]) == fmt.Sprint(vectors[2]))
	// Output: (1, 3, 4) true
}

func ExampleOneHot() {
	net := d2l.NewNet(d2l.OneHot{VocabSize: 3})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	fmt.Println(d2l.Must(net.Forward(d2l.NewTensor([][]int32{{0, 2}}))).Value())
	// Output: [[[1 0 0] [0 0 1]]]
}

// The second step goes on with the state of the first, until it is reset.
func ExampleNet_ResetState() {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Sequential{
		d2l.OneHot{VocabSize: 3}, d2l.RNN{HiddenSize: 4, Stateful: true}, d2l.Dense{Units: 3, LastAxis: true},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(1e-9))) // The parameters stay almost as they are.
	X, y := d2l.NewTensor([][]int32{{0, 1}}), d2l.NewTensor([][]int32{{1, 2}})
	loss := func() string {
		lossSum, _, err := trainer.Step(X, y)
		d2l.Check(err)
		return fmt.Sprintf("%.5f", lossSum)
	}
	first, second := loss(), loss()
	d2l.Check(net.ResetState())
	fmt.Println(second == first, loss() == first)
	// Output: false true
}
