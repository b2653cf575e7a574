package d2l

import (
	"math"
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// fiveLabels go with the batch of initialized.
func fiveLabels() *tensors.Tensor { return tensors.FromValue([]int32{0, 1, 2, 3, 0}) }

func adam() optimizer.Interface { return optimizer.Adam().LearningRate(0.05).Done() }

// A step returns sums of the forward pass before the update, and takes the
// learning rate times the gradient of the mean loss, worked out here by hand
// for a single dense layer, where it is Xᵀ(softmax − onehot)/batch.
func TestTrainerStep(t *testing.T) {
	const batch, in, out, lr = 5, 3, 4, 0.9
	labels := []int32{0, 3, 1, 1, 2}
	X, y := waves(7, 1, batch, in), tensors.FromValue(labels)
	net := NewNet(Dense{Units: out})
	noError(t, net.Initialize(testDevice(), fixtureParameters))
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

// A new Trainer has its own learning rate, and nothing of what an earlier
// optimizer kept: it trains as on a copy of the net that saw no other.
func TestNewTrainerStartsAfresh(t *testing.T) {
	slow, fast := SGD(0.01), SGD(0.5)
	for name, pair := range map[string][2]optimizer.Interface{
		"SGD after slower SGD": {slow, fast},
		"SGD after Adam":       {adam(), slow},
		"Adam after SGD":       {fast, adam()},
		"Adam after Adam":      {adam(), adam()},
		"Momentum twice":       {Momentum(0.5, 0.9), Momentum(0.01, 0.9)},
		"SGD after a schedule": {slow.WithSchedule(func(int) float64 { return 2 }), slow},
	} {
		t.Run(name, func(t *testing.T) {
			net, X := initialized(t)
			train := func(net *Net, opt optimizer.Interface) map[string][]float32 {
				trainer := must(NewTrainer(net, opt))(t)
				for range 3 {
					_, _, err := trainer.Step(X, fiveLabels())
					noError(t, err)
				}
				return values(t, net)
			}
			before := train(net, pair[0])
			alone := smallNet()
			noError(t, alone.LoadParameters(saved(t, net), testDevice()))
			after, want := train(net, pair[1]), train(alone, pair[1])
			if !reflect.DeepEqual(after, want) {
				t.Errorf("the second Trainer makes %v, expected %v", after, want)
			}
			if reflect.DeepEqual(after, before) {
				t.Error("the second Trainer changes nothing")
			}
		})
	}
}

// A Trainer does not train parameters that it was not made for, nor beside
// another.
func TestTrainerOfOtherParameters(t *testing.T) {
	net, X := initialized(t)
	path := saved(t, net)
	for name, replace := range map[string]func() error{
		"Initialize":     func() error { return net.Initialize(testDevice(), Xavier) },
		"LoadParameters": func() error { return net.LoadParameters(path, testDevice()) },
		"NewTrainer":     func() error { _, err := NewTrainer(net, adam()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			trainer := must(NewTrainer(net, SGD(0.1)))(t)
			_, _, err := trainer.Step(X, fiveLabels())
			noError(t, err)
			noError(t, replace())
			must(net.Forward(X))(t)
			before := values(t, net)
			_, _, err = trainer.Step(X, fiveLabels())
			wantError(t, err, "other parameters or another Trainer since this Trainer was made", "make a new one")
			if !reflect.DeepEqual(values(t, net), before) {
				t.Error("the refused step changed the net")
			}
			_, _, err = must(NewTrainer(net, SGD(0.1)))(t).Step(X, fiveLabels())
			noError(t, err)
		})
	}
}

// Labels that the net has no output for are refused, in the first step as well.
func TestTrainerWrongLabel(t *testing.T) {
	X := waves(1, 1, 5, 1, 8, 8)
	for _, c := range []struct {
		labels []int32
		want   string
	}{
		{[]int32{0, 1, 2, 3, 4}, "the label at index 4 of the batch is 4, but the net has outputs for 0 to 3"},
		{[]int32{0, -1, 2, 3, 0}, "the label at index 1 of the batch is -1, but the net has outputs for 0 to 3"},
	} {
		net := smallNet()
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1)))(t)
		_, _, err := trainer.Step(X, tensors.FromValue(c.labels))
		wantError(t, err, "training on a batch of shape (5, 1, 8, 8)", c.want)
		if n := net.NumParameters(); n != 0 {
			t.Errorf("the refused first step drew %d parameters", n)
		}
		_, _, err = trainer.Step(X, fiveLabels())
		noError(t, err)
		before := values(t, net)
		_, _, err = trainer.Step(X, tensors.FromValue(c.labels))
		wantError(t, err, c.want)
		if !reflect.DeepEqual(values(t, net), before) {
			t.Error("the refused step changed the net")
		}
	}
}

func TestTrainerMisuse(t *testing.T) {
	net, X := initialized(t)
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	const want = "Trainer.Step takes int32 labels y of shape (batch,) or (batch, steps), got "
	wantPanic(t, func() { trainer.Step(X, tensors.FromValue([]int64{0, 1, 2, 3, 0})) }, want+"(5,) of Int64; convert them to int32")
	wantPanic(t, func() { trainer.Step(X, tensors.FromValue([]float32{0, 1, 2, 3, 0})) }, want+"(5,) of Float32")
	wantPanic(t, func() { trainer.Step(X, tensors.FromValue(int32(1))) }, want+"() of Int32")
	_, _, err := trainer.Step(X, tensors.FromValue([][]int32{{0}, {1}, {2}, {3}, {0}}))
	wantError(t, err, "output for labels of shape (5, 1) has that shape and the classes, as (batch, steps, classes), but the net's is (5, 4)")
	_, _, err = trainer.Step(tensors.FromValue(float32(1)), fiveLabels())
	wantError(t, err, "shape (): X has no batch axis")
}

// layerFunc is a Layer without parameters.
type layerFunc func(x *graph.Node) *graph.Node

func (layerFunc) Kind() string { return "func" }

func (f layerFunc) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return f(x) }

// The net must be a classifier.
func TestTrainerWrongOutput(t *testing.T) {
	for shape, layer := range map[string]Layer{
		"(5, 3, 8, 8)": Conv2D{Channels: 3, KernelSize: 3, Padding: 1},
		"(5, 8, 8)":    layerFunc(func(x *graph.Node) *graph.Node { return graph.Squeeze(x, 1) }),
		"(5,)":         layerFunc(func(x *graph.Node) *graph.Node { return graph.ReduceMean(x, 1, 2, 3) }),
		"(5, 1, 8, 8)": Sequential{},
		"()":           layerFunc(func(x *graph.Node) *graph.Node { return graph.ReduceAllMean(x) }),
	} {
		t.Run(shape, func(t *testing.T) {
			net := NewNet(layer)
			noError(t, net.Initialize(testDevice(), Xavier))
			_, _, err := must(NewTrainer(net, SGD(0.1)))(t).Step(waves(1, 1, 5, 1, 8, 8), fiveLabels())
			wantError(t, err, "(5, 1, 8, 8)", "a classifier's output has shape (batch, classes)")
		})
	}
}
