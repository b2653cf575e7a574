package d2l

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// GetBatchLossBERT returns the losses of BERT's two tasks for a batch, and their sum, all scalars. yHats are the three
// outputs of BERTModel, and ys the labels that LoadDataBERT has: weights of the predicted tokens, (batch, number),
// these tokens, int32 (batch, number), and whether the second sentence is the next one, int32 (batch).
//
// The loss of masked tokens is the mean over those of weight 1 (in general the weighted mean), and that of the next
// sentence the mean over the batch. (The book's code in PyTorch gives each masked token the mean loss of all, padding
// included.) It is a function of nodes, for Compile, and panics on other shapes or types.
//
// Book: _get_batch_loss_bert, section "Pretraining BERT".
func GetBatchLossBERT(yHats, ys []*graph.Node) (mlm, nsp, sum *graph.Node) {
	if len(yHats) != 3 || len(ys) != 3 {
		panic(fmt.Sprintf("d2l: GetBatchLossBERT takes the three outputs of BERTModel and three arrays of labels, those of "+
			"LoadDataBERT, got %d and %d", len(yHats), len(ys)))
	}
	if weights, words := ys[0].Shape(), ys[1].Shape(); !slices.Equal(weights.Dimensions, words.Dimensions) {
		panic(fmt.Sprintf("d2l: GetBatchLossBERT takes a weight for each token to predict, got weights of %v and tokens of "+
			"%v", Shape(weights.Dimensions), Shape(words.Dimensions)))
	}
	weights := graph.ConvertDType(ys[0], yHats[1].DType())
	losses := graph.Mul(SoftmaxCrossEntropyLoss{}.Forward(yHats[1], ys[1]), weights)
	mlm = graph.Div(graph.ReduceAllSum(losses), graph.AddScalar(graph.ReduceAllSum(weights), 1e-8))
	nsp = graph.ReduceAllMean(SoftmaxCrossEntropyLoss{}.Forward(yHats[2], ys[2]))
	return mlm, nsp, graph.Add(mlm, nsp)
}

// BERTLoss is the loss for pretraining BERTModel on what LoadDataBERT or LoadDataWiki returns: the sum that
// GetBatchLossBERT returns.
//
//	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01))).WithLoss(d2l.BERTLoss{})
//
// Book: _get_batch_loss_bert, section "Pretraining BERT".
type BERTLoss struct{}

// Forward panics, as several outputs and arrays of labels are needed: the Trainer calls ForwardN.
func (l BERTLoss) Forward(yHat, y *graph.Node) *graph.Node {
	return l.ForwardN([]*graph.Node{yHat}, []*graph.Node{y})
}

// ForwardN adds the loss of a batch, a scalar, to the graph.
func (BERTLoss) ForwardN(yHats, ys []*graph.Node) *graph.Node {
	_, _, sum := GetBatchLossBERT(yHats, ys)
	return sum
}
