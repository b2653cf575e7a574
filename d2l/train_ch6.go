package d2l

// TrainCh6 is TrainCh5 under the name that it has in the book's later editions,
// for sections from "Deep Convolutional Neural Networks (AlexNet)" on.
//
// Book: train_ch6, section "Convolutional Neural Networks (LeNet)".
func TrainCh6[R Rate](net *Net, trainIter, testIter DataIter,
	numEpochs int, lr R, ctx ...Device) (*Result, error) {
	return TrainCh5(net, trainIter, testIter, numEpochs, lr, ctx...)
}
