package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

func positionWiseFFN(numHiddens, numOutputs int) d2l.Sequential {
	return d2l.Sequential{
		d2l.Dense{Units: numHiddens, Activation: d2l.ReLU, LastAxis: true}, d2l.Dense{Units: numOutputs, LastAxis: true},
	}
}

// AddNorm normalizes the sum of its two inputs: X, and the output Y of a layer for X, after dropout.
type AddNorm struct{ Dropout float64 }

func (AddNorm) Kind() string { return "addnorm" }

func (a AddNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return a.ForwardN(scope, x)[0]
}

func (a AddNorm) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	Y := d2l.Dropout{Rate: a.Dropout}.Forward(scope, inputs[1])
	return []*graph.Node{d2l.LayerNorm{}.Forward(scope.In("ln"), graph.Add(inputs[0], Y))}
}

// Transformer has the sizes of encoder and decoder, and of their blocks.
type Transformer struct {
	VocabSize, NumHiddens, FFNHiddens, NumHeads, NumLayers int
	Dropout                                                float64
	Bias                                                   bool // Whether the attention has biases, as in BERT.
}

// attend adds an attention and an AddNorm of its queries and its output. It returns the result and the weights.
func (t Transformer) attend(scope *model.Scope, i int, X, keys, validLens *graph.Node) (Y, weights *graph.Node) {
	attention := d2l.MultiHeadAttention{NumHiddens: t.NumHiddens, NumHeads: t.NumHeads, Dropout: t.Dropout, Bias: t.Bias}
	outputs := attention.ForwardN(scope.In("attention%d", i), X, keys, keys, validLens)
	return AddNorm{t.Dropout}.ForwardN(scope.In("addnorm%d", i), X, outputs[0])[0], outputs[1]
}

// feed adds the feed-forward network and an AddNorm of its input and its output.
func (t Transformer) feed(scope *model.Scope, i int, X *graph.Node) *graph.Node {
	Y := positionWiseFFN(t.FFNHiddens, t.NumHiddens).Forward(scope.In("ffn"), X)
	return AddNorm{t.Dropout}.ForwardN(scope.In("addnorm%d", i), X, Y)[0]
}

// embed turns tokens into vectors and adds their positions. The vectors are scaled, as the positions have values up to 1.
func (t Transformer) embed(scope *model.Scope, X *graph.Node) *graph.Node {
	X = d2l.Embedding{VocabSize: t.VocabSize, EmbedSize: t.NumHiddens}.Forward(scope.In("embedding"), X)
	return d2l.PositionalEncoding{Dropout: t.Dropout}.Forward(scope, graph.MulScalar(X, math.Sqrt(float64(t.NumHiddens))))
}

// EncoderBlock has the inputs X and valid lengths. Its outputs are an array of the shape of X, and the attention weights.
type EncoderBlock Transformer

func (EncoderBlock) Kind() string { return "block" }

func (e EncoderBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

func (e EncoderBlock) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	Y, weights := Transformer(e).attend(scope, 1, inputs[0], inputs[0], inputs[1])
	return []*graph.Node{Transformer(e).feed(scope, 2, Y), weights}
}

// TransformerEncoder has the outputs X and the attention weights of all blocks, (layers, batch, heads, steps, steps).
type TransformerEncoder Transformer

func (TransformerEncoder) Kind() string { return "encoder" }

func (e TransformerEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

func (e TransformerEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	X, weights := Transformer(e).embed(scope, inputs[0]), []*graph.Node(nil)
	for i := range e.NumLayers {
		outputs := EncoderBlock(e).ForwardN(scope.In("block%d", i), X, inputs[1])
		X, weights = outputs[0], append(weights, outputs[1])
	}
	return []*graph.Node{X, graph.Stack(weights, 0)}
}

// DecoderBlock has the inputs X, the encoder's output and valid lengths. Its outputs are an array of the shape of X, the
// weights of the self-attention, in which a step sees those up to itself, and those of the attention to the encoder.
type DecoderBlock Transformer

func (DecoderBlock) Kind() string { return "block" }

func (d DecoderBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d DecoderBlock) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	X, encOutputs, validLens := inputs[0], inputs[1], inputs[2]
	steps := graph.Iota(X.Graph(), shapes.Make(validLens.DType(), X.Shape().Dim(0), X.Shape().Dim(1)), 1)
	Y, self := Transformer(d).attend(scope, 1, X, X, graph.AddScalar(steps, 1))
	Z, inter := Transformer(d).attend(scope, 2, Y, encOutputs, validLens)
	return []*graph.Node{Transformer(d).feed(scope, 3, Z), self, inter}
}

// TransformerDecoder has four outputs: the logits and, each for all blocks, the weights of the encoder's self-attention,
// of the decoder's own, and of the decoder's attention to the encoder.
type TransformerDecoder Transformer

func (TransformerDecoder) Kind() string { return "decoder" }

func (d TransformerDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d TransformerDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	encOutputs, encWeights, validLens := inputs[1], inputs[2], inputs[3]
	X, self, inter := Transformer(d).embed(scope, inputs[0]), []*graph.Node(nil), []*graph.Node(nil)
	for i := range d.NumLayers {
		outputs := DecoderBlock(d).ForwardN(scope.In("block%d", i), X, encOutputs, validLens)
		X, self, inter = outputs[0], append(self, outputs[1]), append(inter, outputs[2])
	}
	y := d2l.Dense{Units: d.VocabSize, LastAxis: true}.Forward(scope.In("dense"), X)
	return []*graph.Node{y, encWeights, graph.Stack(self, 0), graph.Stack(inter, 0)}
}

// The shapes of the blocks in the book's section "Transformer". d2l.LayerNorm is over the last axis, as in the book's
// training; in its first examples it is over the steps, too.
func Example_transformerBlocks() {
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(positionWiseFFN(4, 8)), d2l.Zeros(2, 3, 4))))
	X := d2l.NewTensor([][]float32{{1, 2}, {2, 3}})
	fmt.Printf("layer norm: %.3f\n", forward(d2l.NewNet(d2l.LayerNorm{}), X).Value())
	normalize := d2l.Compile(func(X, gamma, beta *graph.Node) *graph.Node {
		Y, _, _ := batchNorm(true, X, gamma, beta, beta, gamma)
		return Y
	})
	fmt.Printf("batch norm: %.3f\n", d2l.Must(normalize(X, [][]float32{{1, 1}}, [][]float32{{0, 0}})).Value())
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(AddNorm{0.5}), d2l.Zeros(2, 3, 4), d2l.Zeros(2, 3, 4))))

	sizes, validLens := Transformer{200, 24, 48, 8, 2, 0.5, false}, d2l.NewTensor([]int32{3, 2})
	encoded := forward(d2l.NewNet(EncoderBlock(sizes)), d2l.Zeros(2, 100, 24), validLens)
	tokens := d2l.NewTensor(make([]int32, 2*100), 2, 100)
	fmt.Println(d2l.ShapeOf(encoded), d2l.ShapeOf(forward(d2l.NewNet(TransformerEncoder(sizes)), tokens, validLens)))
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(DecoderBlock(sizes)), d2l.Zeros(2, 100, 24), encoded, validLens)))
	// Output:
	// (2, 3, 8)
	// layer norm: [[-1.000 1.000] [-1.000 1.000]]
	// batch norm: [[-1.000 -1.000] [1.000 1.000]]
	// (2, 3, 4)
	// (2, 100, 24) (2, 100, 24)
	// (2, 100, 24)
}

// The Transformer translates a few sentences. The book has more, and sequences of 10. Its decoder keeps what
// it has computed of earlier steps; here each prediction computes all steps again.
func Example_transformer() {
	d2l.Seed(1)
	const numSteps, numHeads, numLayers = 6, 4, 2
	data, trainIter := loadDataNMT(numSteps, true)
	net := d2l.NewNet(d2l.EncoderDecoder{
		Encoder: TransformerEncoder{data.source.Len(), 32, 64, numHeads, numLayers, 0.1, false},
		Decoder: TransformerDecoder{data.target.Len(), 32, 64, numHeads, numLayers, 0.1, false},
	})
	data.train(net, trainIter, 0.005, 200)
	_, inputs := data.predictAll(net)
	// Of the encoder, of the decoder to itself, and to the encoder.
	for _, weights := range d2l.Must(net.ForwardN(inputs...))[1:] {
		weights = d2l.Reshape(weights, numLayers, numHeads, numSteps, numSteps)
		d2l.Must(d2l.ShowHeatmaps(weights, d2l.PlotOptions{XLabel: "Key positions", YLabel: "Query positions",
			Titles: []string{"Head 1", "Head 2", "Head 3", "Head 4"}}))
		first := weights.Value().([][][][]float32)[0][0][0]
		fmt.Printf("%v %.1f %.1f\n", d2l.ShapeOf(weights), first[0]+first[1]+first[2]+first[3], first[4]+first[5])
	}
	// Output:
	// loss below 0.05: true
	// go . => va !, bleu 1.000
	// i lost . => j'ai perdu ., bleu 1.000
	// he's calm . => il est calme ., bleu 1.000
	// i'm home . => je suis chez moi ., bleu 1.000
	// (2, 4, 6, 6) 1.0 0.0
	// (2, 4, 6, 6) 1.0 0.0
	// (2, 4, 6, 6) 1.0 0.0
}
