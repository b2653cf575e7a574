package d2l_test

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// tokensAndSegments returns the tokens of one or two sentences, and for each token to which of them it belongs.
func tokensAndSegments(sentences ...[]string) (tokens []string, segments []int32) {
	tokens, segments = []string{"<cls>"}, []int32{0}
	for i, sentence := range sentences {
		tokens = append(append(tokens, sentence...), "<sep>")
		segments = append(segments, slices.Repeat([]int32{int32(i)}, len(sentence)+1)...)
	}
	return tokens, segments
}

// BERTEncoder takes tokens and their segments, (batch, steps), and how many of the tokens are no padding, (batch). Its
// blocks are the Transformer's, but the vector of a position is learnt.
type BERTEncoder struct {
	VocabSize, NumHiddens, FFNHiddens, NumHeads, NumLayers, MaxLen int
	Dropout                                                        float64
}

func (BERTEncoder) Kind() string { return "bert" }

func (e BERTEncoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return e.ForwardN(scope, x)[0]
}

func (e BERTEncoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	tokens, segments, validLens := inputs[0], inputs[1], inputs[2]
	embed := func(name string, size int, x *graph.Node) *graph.Node {
		embedding := d2l.WithInit(d2l.Embedding{VocabSize: size, EmbedSize: e.NumHiddens}, d2l.Normal(1))
		return embedding.Forward(scope.In("%s", name), x)
	}
	X := graph.Add(embed("token_embedding", e.VocabSize, tokens), embed("segment_embedding", 2, segments))
	X = graph.Add(X, embed("pos_embedding", e.MaxLen, graph.IotaLike(tokens, 1)))
	block := d2l.EncoderBlock{
		NumHiddens: e.NumHiddens, FFNHiddens: e.FFNHiddens, NumHeads: e.NumHeads, Dropout: e.Dropout, Bias: true,
	}
	for i := range e.NumLayers {
		X = block.ForwardN(scope.In("block%d", i), X, validLens)[0]
	}
	return []*graph.Node{X}
}

// BERTTasks predicts the masked words, from their positions and the encoder's output, and whether the second sentence
// is the next one.
type BERTTasks struct{ VocabSize, NumHiddens int }

func (BERTTasks) Kind() string { return "berttasks" }

func (t BERTTasks) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return t.ForwardN(scope, x)[0]
}

func (t BERTTasks) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	positions, encoded := inputs[0], inputs[1]
	chosen := d2l.OneHot{VocabSize: encoded.Shape().Dim(1)}.Forward(scope, positions)
	mlm := d2l.Sequential{
		d2l.Dense{Units: t.NumHiddens, Activation: d2l.ReLU, LastAxis: true}, d2l.LayerNorm{},
		d2l.Dense{Units: t.VocabSize, LastAxis: true},
	}.Forward(scope.In("mlm"), graph.Einsum("bps,bsh->bph", chosen, encoded))
	nsp := d2l.Sequential{
		FirstToken{}, d2l.Dense{Units: t.NumHiddens, Activation: d2l.Tanh}, d2l.Dense{Units: 2},
	}.Forward(scope.In("nsp"), encoded)
	return []*graph.Node{mlm, nsp}
}

// FirstToken passes on the vector of <cls>.
type FirstToken struct{}

func (FirstToken) Kind() string { return "firsttoken" }

func (FirstToken) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.Slice(x, graph.AxisRange(), graph.AxisElem(0))
}

// bertModel is the book's BERTModel. Its inputs are tokens, positions of masked words, segments and valid lengths.
func bertModel(encoder BERTEncoder) *d2l.Net {
	return d2l.NewNet(d2l.EncoderDecoder{
		Encoder: encoder, Decoder: BERTTasks{VocabSize: encoder.VocabSize, NumHiddens: encoder.NumHiddens},
	})
}

// bertLosses returns the losses of the two tasks. The labels are the masked words, their weights, which are 0 for padding,
// and whether the second sentence is the next one.
func bertLosses(yHats, ys []*graph.Node) []*graph.Node {
	loss, weights := d2l.SoftmaxCrossEntropyLoss{}, graph.ConvertDType(ys[1], yHats[0].DType())
	mlm := graph.ReduceAllSum(graph.Mul(loss.Forward(yHats[0], ys[0]), weights))
	mlm = graph.Div(mlm, graph.AddScalar(graph.ReduceAllSum(weights), 1e-8))
	return []*graph.Node{mlm, graph.ReduceAllMean(loss.Forward(yHats[1], ys[2]))}
}

var bertLossesOf = d2l.CompileN(func(mlm, nsp, words, weights, isNext *graph.Node) []*graph.Node {
	return bertLosses([]*graph.Node{mlm, nsp}, []*graph.Node{words, weights, isNext})
})

// The shapes of the book's section "Bidirectional Encoder Representations from Transformers (BERT)", with a tenth of
// its words and 96 hidden units in place of 768.
func ExampleEncoderDecoder_bert() {
	encoder := BERTEncoder{
		VocabSize: 1000, NumHiddens: 96, FFNHiddens: 128, NumHeads: 4, NumLayers: 2, MaxLen: 1000, Dropout: 0.2,
	}
	tokens := d2l.NewTensor(append(upTo(8), upTo(8)...), 2, 8)
	segments := d2l.NewTensor([][]int32{{0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}})
	validLens := d2l.NewTensor([]int32{8, 8})
	net := d2l.NewNet(encoder)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	fmt.Println("encoded:", d2l.ShapeOf(d2l.Must(net.Forward(tokens, segments, validLens))))
	net = bertModel(encoder)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	positions := d2l.NewTensor([][]int32{{1, 5, 2}, {6, 1, 5}})
	logits := d2l.Must(net.ForwardN(tokens, positions, segments, validLens))
	fmt.Println("logits:", d2l.ShapeOf(logits[0]), d2l.ShapeOf(logits[1]))
	// Two masked words of a vocabulary of two, of which the second does not count, and a next sentence.
	mlm, nsp := [][][]float32{{{2, 0}, {0, 5}}}, [][]float32{{0, 3}}
	for _, loss := range d2l.Must(bertLossesOf(mlm, nsp, [][]int32{{0, 0}}, [][]int32{{1, 0}}, []int32{1})) {
		fmt.Printf("loss: %.4f\n", loss.Value())
	}
	// Output:
	// encoded: (2, 8, 96)
	// logits: (2, 3, 1000) (2, 2)
	// loss: 0.1269
	// loss: 0.0486
}
