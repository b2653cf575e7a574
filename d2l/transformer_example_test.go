package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// The same function of each step.
func ExamplePositionWiseFFN() {
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(d2l.PositionWiseFFN{NumHiddens: 4, NumOutputs: 8}), d2l.Zeros(2, 3, 4))))
	// Output: (2, 3, 8)
}

// A residual connection, and the two normalizations that the book's section "Transformer" compares. d2l.LayerNorm is over the
// last axis, as in the book's training; in its first examples it is over the steps, too.
func ExampleAddNorm() {
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(d2l.AddNorm{Dropout: 0.5}), d2l.Zeros(2, 3, 4), d2l.Zeros(2, 3, 4))))
	X := d2l.NewTensor([][]float32{{1, 2}, {2, 3}})
	fmt.Printf("layer norm: %.3f\n", forward(d2l.NewNet(d2l.LayerNorm{}), X).Value())
	normalize := d2l.Compile(func(X, gamma, beta *graph.Node) *graph.Node {
		Y, _, _ := batchNorm(true, X, gamma, beta, beta, gamma)
		return Y
	})
	fmt.Printf("batch norm: %.3f\n", d2l.Must(normalize(X, [][]float32{{1, 1}}, [][]float32{{0, 0}})).Value())
	// Output:
	// (2, 3, 4)
	// layer norm: [[-1.000 1.000] [-1.000 1.000]]
	// batch norm: [[-1.000 -1.000] [1.000 1.000]]
}

var (
	block     = d2l.EncoderBlock{NumHiddens: 24, FFNHiddens: 48, NumHeads: 8, Dropout: 0.5}
	validLens = d2l.NewTensor([]int32{3, 2})
)

func ExampleEncoderBlock() {
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(block), d2l.Zeros(2, 100, 24), validLens)))
	// Output: (2, 100, 24)
}

func ExampleTransformerEncoder() {
	net := d2l.NewNet(d2l.TransformerEncoder{
		VocabSize: 200, NumHiddens: 24, FFNHiddens: 48, NumHeads: 8, NumLayers: 2, Dropout: 0.5,
	})
	fmt.Println(d2l.ShapeOf(forward(net, d2l.NewTensor(make([]int32, 2*100), 2, 100), validLens)))
	// Output: (2, 100, 24)
}

func ExampleDecoderBlock() {
	net := d2l.NewNet(d2l.DecoderBlock(block))
	fmt.Println(d2l.ShapeOf(forward(net, d2l.Zeros(2, 100, 24), d2l.Zeros(2, 100, 24), validLens)))
	// Output: (2, 100, 24)
}

// The Transformer translates a few sentences. The book has more, and sequences of 10. Its decoder keeps what
// it has computed of earlier steps; here each prediction computes all steps again.
//
// It prints the loss and the speed, and then sentences: go . => va !, bleu 1.000
func ExampleTransformerDecoder() {
	d2l.Seed(1)
	const numHeads, numLayers = 4, 2
	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(pairs, 8, numSteps, 0, 0)
	d2l.Check(err)
	encoder := d2l.TransformerEncoder{
		NumHiddens: 32, FFNHiddens: 64, NumHeads: numHeads, NumLayers: numLayers, Dropout: 0.1,
	}
	decoder := d2l.TransformerDecoder(encoder)
	encoder.VocabSize, decoder.VocabSize = srcVocab.Len(), tgtVocab.Len()
	net := d2l.NewNet(d2l.EncoderDecoder{Encoder: encoder, Decoder: decoder})
	d2l.Must(d2l.TrainSeq2Seq(net, trainIter, 0.005, 200, tgtVocab, d2l.TryGPU(0)))
	_, outputs := translateAll(net, srcVocab, tgtVocab)
	// Of the encoder, of the decoder to itself, and to the encoder.
	for _, weights := range outputs[1:] {
		weights = d2l.Reshape(weights, numLayers, numHeads, numSteps, numSteps)
		d2l.Must(d2l.ShowHeatmaps(weights, d2l.PlotOptions{XLabel: "Key positions", YLabel: "Query positions",
			Titles: []string{"Head 1", "Head 2", "Head 3", "Head 4"}}))
		first := weights.Value().([][][][]float32)[0][0][0]
		fmt.Printf("%v %.1f %.1f\n", d2l.ShapeOf(weights), first[0]+first[1]+first[2]+first[3], first[4]+first[5])
	}
}
