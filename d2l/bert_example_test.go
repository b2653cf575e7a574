package d2l_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

func ExampleGetTokensAndSegments() {
	fmt.Println(d2l.GetTokensAndSegments(strings.Fields("a crane driver came"), strings.Fields("he just left")))
	// Output: [<cls> a crane driver came <sep> he just left <sep>] [0 0 0 0 0 0 1 1 1 1]
}

// The shapes of the book's section "Bidirectional Encoder Representations from Transformers (BERT)", with a tenth of
// its words and 96 hidden units in place of 768.
var (
	bert = d2l.BERTModel{
		VocabSize: 1000, NumHiddens: 96, FFNHiddens: 128, NumHeads: 4, NumLayers: 2, Dropout: 0.2,
	}
	bertTokens       = d2l.NewTensor(append(upTo(8), upTo(8)...), 2, 8)
	bertSegments     = d2l.NewTensor([][]int32{{0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}})
	bertLens         = d2l.NewTensor([]int32{8, 8})
	positionsOfWords = d2l.NewTensor([][]int32{{1, 5, 2}, {6, 1, 5}})
)

func ExampleBERTEncoder() {
	net := d2l.NewNet(d2l.BERTEncoder(bert))
	fmt.Println(d2l.ShapeOf(forward(net, bertTokens, bertSegments)))
	// Output: (2, 8, 96)
}

func ExampleMaskLM() {
	net := d2l.NewNet(d2l.MaskLM{VocabSize: 1000, NumHiddens: 96})
	fmt.Println(d2l.ShapeOf(forward(net, d2l.Ones(2, 8, 96), positionsOfWords)))
	// Output: (2, 3, 1000)
}

func ExampleNextSentencePred() {
	fmt.Println(d2l.ShapeOf(forward(d2l.NewNet(d2l.NextSentencePred{}), d2l.Ones(2, 96))))
	// Output: (2, 2)
}

func ExampleBERTModel() {
	net := d2l.NewNet(bert)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	for _, output := range d2l.Must(net.ForwardN(bertTokens, bertSegments, bertLens, positionsOfWords)) {
		fmt.Println(d2l.ShapeOf(output))
	}
	// Output:
	// (2, 8, 96)
	// (2, 3, 1000)
	// (2, 2)
}

// bertLosses are the losses of the two tasks, of the outputs of BERTModel and its labels.
var bertLosses = d2l.CompileN(func(encoded, mlm, nsp, weights, words, isNext *graph.Node) []*graph.Node {
	l1, l2, _ := d2l.GetBatchLossBERT([]*graph.Node{encoded, mlm, nsp}, []*graph.Node{weights, words, isNext})
	return []*graph.Node{l1, l2}
})

// Two masked words of a vocabulary of two, of which the second does not count, and a next sentence.
func ExampleGetBatchLossBERT() {
	mlm, nsp := [][][]float32{{{2, 0}, {0, 5}}}, [][]float32{{0, 3}}
	for _, loss := range d2l.Must(bertLosses(float32(0), mlm, nsp, [][]float32{{1, 0}}, [][]int32{{0, 0}}, []int32{1})) {
		fmt.Printf("loss: %.4f\n", loss.Value())
	}
	// Output:
	// loss: 0.1269
	// loss: 0.0486
}

// lossesOf returns the means over a data set of the losses of both tasks.
func lossesOf(net *d2l.Net, dataIter d2l.DataIter) (mlm, nsp float64) {
	metric := d2l.NewAccumulator(3)
	for batch, err := range dataIter.Iter() {
		d2l.Check(err)
		var args []any
		for _, array := range slices.Concat(d2l.Must(net.ForwardN(batch.Inputs...)), batch.Labels) {
			args = append(args, array)
		}
		losses := d2l.Must(bertLosses(args...))
		metric.Add(float64s(losses[0])[0], float64s(losses[1])[0], 1)
	}
	return metric[0] / metric[2], metric[1] / metric[2]
}
