package d2l

import (
	"fmt"
	"iter"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/train"
)

// trainSmall trains a small net for two epochs and returns what came of it.
func trainSmall(t *testing.T) (*Result, map[string][]float32) {
	t.Helper()
	net := smallNet()
	var result *Result
	captured(t, &os.Stdout, func() {
		result = must(TrainCh5(net, quadrants(60, 16, true), quadrants(20, 16, false), 2, 0.5, testDevice()))(t)
	})
	result.ExamplesPerSec = 0 // The only figure that may differ.
	return result, values(t, net)
}

func TestTrainCh5Repeats(t *testing.T) {
	unseeded(t)
	Seed(42)
	result, parameters := trainSmall(t)
	Seed(42)
	again, parametersAgain := trainSmall(t)
	if !reflect.DeepEqual(result, again) || !reflect.DeepEqual(parameters, parametersAgain) {
		t.Errorf("the same seed gives %+v and %+v", *result, *again)
	}
	Seed(43)
	other, parametersOther := trainSmall(t)
	if reflect.DeepEqual(other, result) || reflect.DeepEqual(parameters, parametersOther) {
		t.Error("another seed gives the same results")
	}
	seeds.source = nil
	first, parametersFirst := trainSmall(t)
	second, parametersSecond := trainSmall(t)
	if reflect.DeepEqual(first, second) || reflect.DeepEqual(parametersFirst, parametersSecond) {
		t.Error("without a seed, results repeat")
	}
}

func TestTrainCh5Learns(t *testing.T) {
	unseeded(t)
	Seed(1)
	net := smallNet()
	train := quadrants(120, 16, true)
	var result *Result
	var progress string
	printed := captured(t, &os.Stdout, func() {
		progress = captured(t, &os.Stderr, func() {
			result = must(TrainCh5(net, train, quadrants(40, 16, false), 15, 0.5, testDevice()))(t)
		})
	})
	if result.Loss > 0.3 || result.TrainAcc < 0.95 || result.TestAcc < 0.95 || result.Devices.String() != testDevice().String() || !(result.ExamplesPerSec > 0) {
		t.Errorf("after 15 epochs: %+v", *result)
	}
	want := fmt.Sprintf("loss %.3f, train acc %.3f, test acc %.3f\n%.1f examples/sec on %v\n",
		result.Loss, result.TrainAcc, result.TestAcc, result.ExamplesPerSec, testDevice())
	if printed != want {
		t.Errorf("printed %q, expected %q", printed, want)
	}
	if acc := must(EvaluateAccuracyGPU(net, quadrants(40, 16, false)))(t); acc != result.TestAcc {
		t.Errorf("the net's accuracy is %v, expected %v", acc, result.TestAcc)
	}
	if lines := strings.Count(progress, "test acc"); lines != 15 {
		t.Errorf("%d lines of test accuracy, expected one for each of 15 epochs, in\n%s", lines, progress)
	}
}

// On another device training is the same.
func TestTrainCh5Device(t *testing.T) {
	unseeded(t)
	var results []*Result
	for _, device := range []Device{testDevice(), otherDevice()} {
		Seed(1)
		printed := captured(t, &os.Stdout, func() {
			data := quadrants(36, 16, true)
			results = append(results, must(TrainCh5(smallNet(), data, data, 2, 0.5, device))(t))
		})
		wantParts(t, printed, "examples/sec on "+device.String()+"\n")
	}
	if d := results[0].Loss - results[1].Loss; d > 1e-5 || d < -1e-5 {
		t.Errorf("loss %v on %v, %v on %v", results[0].Loss, testDevice(), results[1].Loss, otherDevice())
	}
}

// Points are every 50 batches, or after each fifth and the last in a short epoch, and the test accuracy at the end of
// each epoch.
func TestTrainCh5Progress(t *testing.T) {
	unseeded(t)
	Seed(1)
	const train, test = "  train loss #  train acc #\n", "  test acc #\n"
	for batches, want := range map[int]string{
		235: "epoch 0.21" + train + "epoch 0.42" + train + "epoch 0.63" + train + "epoch 0.85" + train +
			"epoch 1.00" + test,
		22: "epoch 0.14" + train + "epoch 0.32" + train + "epoch 0.50" + train + "epoch 0.68" + train +
			"epoch 0.86" + train + "epoch 0.95" + train + "epoch 1.00" + test,
		3: "epoch 0.00" + train + "epoch 0.33" + train + "epoch 0.67" + train + "epoch 1.00" + test,
		1: "epoch 0.00" + train + "epoch 1.00" + test,
	} {
		var progress string
		captured(t, &os.Stdout, func() {
			progress = captured(t, &os.Stderr, func() {
				data, net := quadrants(batches, 1, true), NewNet(Dense{Units: 4})
				must(TrainCh5(net, data, quadrants(4, 4, false), 1, 0.1, testDevice()))(t)
			})
		})
		got := regexp.MustCompile(`(loss|acc) [0-9.]+`).ReplaceAllString(progress, "$1 #")
		if got, _, _ = strings.Cut(got, "the loss"); got != want {
			t.Errorf("progress of %d batches\n%s, expected\n%s", batches, got, want)
		}
	}
}

// However short an epoch is, its curve has points of training, and the last is after its last batch, or at most 49
// before it.
func TestTrainCh5PointsOfEpochs(t *testing.T) {
	for batches, want := range map[int]int{1: 1, 2: 2, 4: 4, 5: 5, 10: 5, 49: 6, 50: 5, 51: 6, 199: 6, 200: 4} {
		var progress string
		captured(t, &os.Stdout, func() {
			progress = captured(t, &os.Stderr, func() {
				data, net := quadrants(batches, 1, true), NewNet(Dense{Units: 4})
				must(TrainCh5(net, data, quadrants(4, 4, false), 2, 0.1, testDevice()))(t)
			})
		})
		if got := strings.Count(progress, "train loss"); got != 2*want {
			t.Errorf("%d points in two epochs of %d batches, expected %d", got, batches, 2*want)
		}
		last := fmt.Sprintf("epoch %.2f  train loss", 1+float64(batches-1)/float64(batches))
		if !strings.Contains(progress, last) {
			t.Errorf("of %d batches, the last point is not %s", batches, last)
		}
	}
}

// failing is a DataIter that ends with an error.
type failing struct{ DataIter }

func (f failing) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch := range f.DataIter.Iter() {
			if !yield(batch, nil) {
				return
			}
			break
		}
		yield(train.Batch{}, fmt.Errorf("the disk is gone"))
	}
}

func TestTrainCh5Errors(t *testing.T) {
	good := quadrants(8, 4, false)
	var printed string
	train := func(net *Net, train, test DataIter, device Device) (err error) {
		printed = captured(t, &os.Stdout, func() { _, err = TrainCh5(net, train, test, 1, 0.1, device) })
		return err
	}
	wantError(t, train(smallNet(), failing{good}, good, testDevice()), "the disk is gone")
	wantError(t, train(smallNet(), good, failing{good}, testDevice()), "the disk is gone")
	wantError(t, train(smallNet(), good, good, missingDevice()), "there is no "+missingDevice().String())
	wantError(t, train(NewNet(Dense{}), good, good, testDevice()), "Dense needs positive Units")
	none := quadrants(0, 4, false)
	none.name = "an empty set"
	wantError(t, train(smallNet(), none, good, testDevice()), "there are no examples in an empty set")
	wantError(t, train(smallNet(), good, none, testDevice()), "there are no examples in an empty set")
	if printed != "" {
		t.Errorf("a training that failed prints %q", printed)
	}
}

func TestTrainCh5Misuse(t *testing.T) {
	net, X := initialized(t)
	before, good := values(t, net), quadrants(8, 4, false)
	for _, numEpochs := range []int{0, -1} {
		wantPanic(t, func() { TrainCh5(net, good, good, numEpochs, 0.1, testDevice()) }, "d2l: TrainCh5 needs data, at least one epoch")
	}
	must(net.Forward(X))(t)
	if !reflect.DeepEqual(values(t, net), before) {
		t.Error("a training that was refused initialized the parameters")
	}
}

func TestEvaluateAccuracyGPU(t *testing.T) {
	net, _ := initialized(t)
	data := quadrants(50, 16, false)
	correct := 0.0
	for batch, err := range data.Iter() {
		noError(t, err)
		correct += must(Accuracy(must(net.Forward(batch.Inputs[0]))(t), batch.Labels[0]))(t)
	}
	for _, devices := range [][]Device{nil, {testDevice()}, {otherDevice()}} {
		if got := must(EvaluateAccuracyGPU(net, data, devices...))(t); got != correct/50 {
			t.Errorf("on %v: accuracy %v, expected %v", devices, got, correct/50)
		}
	}
	if _, err := EvaluateAccuracyGPU(net, failing{data}); err == nil {
		t.Error("a failing source is no error")
	}
	// Of several devices only the first is used.
	if got := must(EvaluateAccuracyGPU(net, data, otherDevice(), missingDevice()))(t); got != correct/50 {
		t.Errorf("on the first of two devices: accuracy %v, expected %v", got, correct/50)
	}
	if len(data.onDevice) != 2 {
		t.Errorf("%d devices keep the images, expected %v and %v", len(data.onDevice), testDevice(), otherDevice())
	}
	_, err := EvaluateAccuracyGPU(net, data, missingDevice())
	wantError(t, err, missingDevice().String())
	none := quadrants(0, 4, false)
	none.name = "an empty set"
	_, err = EvaluateAccuracyGPU(net, none)
	wantError(t, err, "there are no examples in an empty set")
}

// For lr there may be a number, also the constant 1, or an Optimizer, and TrainCh6
// is the same function.
func TestTrainCh5Rates(t *testing.T) {
	unseeded(t)
	type training = func() (*Result, error)
	train, test := quadrants(24, 8, true), quadrants(8, 8, false)
	net := func() *Net { return NewNet(Dense{Units: 4}) }
	run := func(training training) (result *Result) {
		Seed(1)
		captured(t, &os.Stdout, func() { result = must(training())(t) })
		result.ExamplesPerSec = 0
		return result
	}
	lr, losses := 0.5, map[float64]bool{}
	for _, group := range [][]training{
		{
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, 0.5, testDevice()) },
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, lr, testDevice()) },
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, SGD(0.5), testDevice()) },
			func() (*Result, error) { return TrainCh6(net(), train, test, 2, 0.5, testDevice()) },
		},
		{
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, 1.0, testDevice()) },
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, 1, testDevice()) },
		},
		{
			func() (*Result, error) { return TrainCh5(net(), train, test, 2, Adam(0.01), testDevice()) },
			func() (*Result, error) { return TrainCh6(net(), train, test, 2, Adam(0.01), testDevice()) },
		},
		{
			func() (*Result, error) {
				return TrainCh5(net(), train, test, 2, Momentum(0.1, 0.9).WithSchedule(MultiFactorScheduler{Step: []int{3}, Factor: 0.5, BaseLR: 0.1}.At), testDevice())
			},
		},
	} {
		want := run(group[0])
		if losses[want.Loss] {
			t.Errorf("the loss %v is that of another rate", want.Loss)
		}
		losses[want.Loss] = true
		for i, training := range group[1:] {
			if got := run(training); !reflect.DeepEqual(got, want) {
				t.Errorf("call %d gives %+v, expected %+v", i+1, *got, *want)
			}
		}
	}
}
