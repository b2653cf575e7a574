package d2l

import "fmt"

// TrainCh13 trains net from the parameters that it has, such as those of
// LoadMatchingParameters for fine tuning. The optimizer, or the learning rate lr of
// stochastic gradient descent, starts afresh. Without ctx, it is the net's device;
// otherwise the net must be on the first of ctx.
//
// All else is as in TrainCh5: batches with labels y, int32 (batch), plots, the two
// lines and errors. The loss is SoftmaxCrossEntropyLoss{}, or has it embedded: the accuracies
// count the predictions of all labels. It panics if it is another, and if lr or numEpochs is not
// positive.
//
// Book: train_ch13, section "Image Augmentation".
func TrainCh13[R Rate](net *Net, trainIter, testIter DataIter,
	loss Loss, lr R, numEpochs int, ctx ...Device) (*Result, error) {
	if numEpochs <= 0 || trainIter == nil || testIter == nil {
		panic("d2l: TrainCh13 needs data for training and for testing, and at least one epoch")
	}
	_, ofClasses := loss.(classLoss)
	if _, padded := loss.(MaskedSoftmaxCELoss); loss != nil && (padded || !ofClasses) {
		panic(fmt.Sprintf("d2l: TrainCh13 counts the correct predictions of all labels, which is not what %T is for: train in a "+
			"loop of your own, with NewTrainer and WithLoss", loss))
	}
	trainer, err := NewTrainer(net, OptimizerOf(lr), ctx...)
	if err != nil {
		return nil, err
	}
	trainer.WithLoss(loss)
	if len(ctx) == 0 {
		ctx = []Device{net.Device()}
	}
	return trainEpochs(net, trainer, trainIter, testIter, numEpochs, ctx)
}
