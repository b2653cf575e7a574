package d2l

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// A step returns sums of the forward pass before the update, and takes the
// learning rate times the gradient of the mean loss, worked out here by hand
// for a single dense layer, where it is Xᵀ(softmax − onehot)/batch.
func TestTrainerStep(t *testing.T) {
	const batch, in, out, lr = 5, 3, 4, 0.9
	labels := []int32{0, 3, 1, 1, 2}
	X, y := waves(7, 1, batch, in), tensors.FromValue(labels)
	net := NewNet(Dense{Units: out})
	noError(t, net.Initialize(CPU(0), fixtureParameters))
	trainer := must(NewTrainer(net, SGD(lr)))(t)
	for step := range 3 { // The rate stays what it is.
		logits := float32s(t, must(net.Forward(X))(t))
		predictions := must(Predict(must(net.Forward(X))(t)))(t)
		before := map[string][]float32{}
		for _, p := range net.Parameters() {
			before[p.Name()] = float32s(t, must(p.Value())(t))
		}
		wantLoss, wantCorrect := 0.0, 0.0
		for i, label := range labels {
			row := logits[i*out : (i+1)*out]
			sum := 0.0
			for _, v := range row {
				sum += math.Exp(float64(v))
			}
			wantLoss -= math.Log(math.Exp(float64(row[label])) / sum)
			if predictions[i] == int(label) {
				wantCorrect++
			}
			for j, v := range row {
				delta := math.Exp(float64(v)) / sum
				if j == int(label) {
					delta--
				}
				before["biases"][j] -= float32(lr * delta / batch)
				for k := range in {
					before["weights"][k*out+j] -= float32(lr * delta / batch * float64(wave(7, 1, batch*in)[i*in+k]))
				}
			}
		}
		lossSum, correct, err := trainer.Step(X, y)
		noError(t, err)
		if math.Abs(lossSum-wantLoss) > 1e-5 || correct != wantCorrect {
			t.Errorf("step %d: loss %v and %v correct, expected %v and %v", step, lossSum, correct, wantLoss, wantCorrect)
		}
		for _, p := range net.Parameters() {
			near(t, p.Name(), float32s(t, must(p.Value())(t)), before[p.Name()], 1e-6)
		}
	}
}

// A last batch of another size is one more program, and training goes on.
func TestTrainerPartialBatch(t *testing.T) {
	net, X := initialized(t)
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	for range 2 {
		_, _, err := trainer.Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
		noError(t, err)
		_, correct, err := trainer.Step(waves(2, 1, 1, 1, 8, 8), tensors.FromValue([]int32{1}))
		noError(t, err)
		if correct != 0 && correct != 1 {
			t.Errorf("%v of 1 are correct", correct)
		}
	}
}
