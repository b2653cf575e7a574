package d2l

import "fmt"

// EvaluateAccuracyGPU returns the fraction of dataIter's examples that net
// classifies correctly. It computes where the net's parameters are, or, given a
// device, on a copy of the net there; of several it takes the first.
//
// A batch has inputs X of any shape the net takes and labels y, int32 (batch);
// the net's output is (batch, classes). An error of the data or the net is
// returned; so is one for data without a single example, for a label that the net
// has no output for, and for an output that is NaN. An output of another shape
// panics, as in Accuracy.
//
// Book: evaluate_accuracy_gpu, section "Convolutional Neural Networks (LeNet)".
func EvaluateAccuracyGPU(net *Net, dataIter DataIter, ctx ...Device) (float64, error) {
	if len(ctx) > 0 {
		var err error
		if net, err = net.CopyTo(ctx[0]); err != nil {
			return 0, err
		}
	}
	metric := NewAccumulator(2) // Correct predictions, examples.
	for batch, err := range OnDevice(dataIter, net.Device()).Iter() {
		if err != nil {
			return 0, err
		}
		X, y := batch.Inputs[0], batch.Labels[0]
		yHat, err := net.Forward(X) // Copies X to the net's device if it is not there.
		if err != nil {
			return 0, err
		}
		correct, err := Accuracy(yHat, y)
		if err != nil {
			return 0, err
		}
		metric.Add(correct, float64(y.Size()))
	}
	if metric[1] == 0 {
		return 0, fmt.Errorf("there are no examples in %s", dataIter.Name())
	}
	return metric[0] / metric[1], nil
}
