package d2l

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// steps trains a net that was drawn from seed 1 on batches of the given sizes,
// and returns the losses, the correct predictions, the parameters, and what the
// net has learnt beside them.
func steps(t *testing.T, net *Net, opt optimizer.Interface, sizes []int, devices ...Device) (sums []float32, learnt map[string][]float32) {
	t.Helper()
	Seed(1)
	noError(t, net.Initialize(devices[0], Xavier))
	trainer := must(NewTrainer(net, opt, devices...))(t)
	for i, size := range sizes {
		labels := make([]int32, size)
		for j := range labels {
			labels[j] = int32((i + j*j) % 4)
		}
		X := waves(i, 1, size, 1, 8, 8)
		before := float32s(t, X)
		lossSum, correct, err := trainer.Step(X, tensors.FromValue(labels))
		noError(t, err)
		if !slices.Equal(float32s(t, X), before) {
			t.Error("the step changed the batch")
		}
		sums = append(sums, float32(lossSum)/float32(size), float32(correct))
	}
	learnt = values(t, net)
	for path, value := range statistics(t, net) {
		learnt[path] = value
	}
	return sums, learnt
}

// recurrentNet reads an image row by row.
func recurrentNet() *Net {
	rows := layerFunc(func(x *graph.Node) *graph.Node { return graph.Squeeze(x, 1) })
	return NewNet(Sequential{
		rows, GRU{HiddenSize: 6, Bidirectional: true}, LSTM{HiddenSize: 5, NumLayers: 2}, RNN{HiddenSize: 7}, Dense{Units: 4},
	})
}

// On several devices a net learns what it learns on one, whether or not the
// batches can be split evenly.
func TestSeveralDevices(t *testing.T) {
	severalDevices(t)
	unseeded(t)
	for _, c := range []struct {
		name    string
		net     func() *Net
		opt     func() optimizer.Interface
		sizes   []int // Of batches. Each is a compilation, which takes longer with more devices.
		devices [][]Device
	}{
		{"SGD", smallNet, func() optimizer.Interface { return SGD(0.5) }, []int{16, 7}, [][]Device{nth(0, 1, 2), nth(3, 1)}},
		{"Adam", smallNet, adam, []int{7}, [][]Device{nth(0, 1)}},
		// On several devices their steps are unrolled, on one they are a kernel.
		{"recurrent layers", recurrentNet, func() optimizer.Interface { return SGD(0.5) }, []int{16}, [][]Device{nth(0, 1)}},
		// A single device that is not the first takes the same way.
		{"batch normalization and dropout", statefulNet, func() optimizer.Interface { return SGD(0.05) }, []int{7, 5}, [][]Device{nth(1), nth(0, 1, 2, 3)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantSums, want := steps(t, c.net(), c.opt(), c.sizes, testDevice())
			for _, devices := range c.devices {
				sums, got := steps(t, c.net(), c.opt(), c.sizes, devices...)
				on := fmt.Sprintf(" on %v", Devices(devices))
				near(t, "losses and correct predictions"+on, sums, wantSums, 1e-5)
				if len(got) != len(want) {
					t.Errorf("%d variables%s, expected %d", len(got), on, len(want))
				}
				for path, value := range want {
					near(t, path+on, got[path], value, 1e-5)
				}
			}
		})
	}
}

// After a training on several devices the net is one like any other, and may be
// trained on others.
func TestSeveralDevicesThenOne(t *testing.T) {
	severalDevices(t)
	unseeded(t)
	X, y := waves(1, 1, 5, 1, 8, 8), fiveLabels()
	run := func(each ...[]Device) (*Net, []float32) {
		t.Helper()
		Seed(1)
		net := smallNet()
		noError(t, net.Initialize(each[0][0], Xavier))
		for _, devices := range each {
			trainer := must(NewTrainer(net, SGD(0.5), devices...))(t)
			for range 2 {
				_, _, err := trainer.Step(X, y)
				noError(t, err)
				must(net.Forward(X))(t) // In between as well.
			}
		}
		return net, float32s(t, must(net.Forward(X))(t))
	}
	one := nth(0)
	_, want := run(one, one, one, one)
	net, got := run(nth(0, 1), one, nth(0, 1, 2, 3), nth(0, 2))
	near(t, "output", got, want, 1e-5)
	_, got = run(nth(2, 0), nth(2), nth(2, 1, 3), nth(2))
	near(t, "output of a net on another device", got, want, 1e-5)

	if net.Device() != testDevice() {
		t.Errorf("the net is on %v", net.Device())
	}
	loaded := smallNet()
	noError(t, loaded.LoadParameters(saved(t, net), nth(1)[0]))
	near(t, "output once loaded", float32s(t, must(loaded.Forward(X))(t)), want, 1e-5)
	copied := must(net.CopyTo(nth(3)[0]))(t)
	near(t, "output of a copy", float32s(t, must(copied.Forward(X))(t)), want, 1e-5)
}

// TrainCh5 on several devices gives the results of one.
func TestTrainCh5SeveralDevices(t *testing.T) {
	severalDevices(t)
	unseeded(t)
	run := func(devices ...Device) (result *Result) {
		Seed(1)
		net, test := smallNet(), quadrants(20, 16, false)
		printed := captured(t, &os.Stdout, func() {
			result = must(TrainCh5(net, quadrants(39, 16, true), test, 3, 0.5, devices...))(t) // The last batch has 7.
		})
		wantParts(t, printed, " examples/sec on "+result.Devices.String()+"\n")
		if !reflect.DeepEqual(result.Devices, Devices(devices)) {
			t.Errorf("the devices were %v, expected %v", result.Devices, Devices(devices))
		}
		for _, ctx := range [][]Device{nil, nth(0), nth(3)} {
			if acc := must(EvaluateAccuracyGPU(net, test, ctx...))(t); acc != result.TestAcc {
				t.Errorf("on %v: accuracy %v, expected %v", ctx, acc, result.TestAcc)
			}
		}
		return result
	}
	want := run(testDevice())
	for _, devices := range [][]Device{nth(0, 1), nth(0, 1, 2)} {
		got := run(devices...)
		if math.Abs(got.Loss-want.Loss) > 1e-5 || got.TrainAcc != want.TrainAcc || got.TestAcc != want.TestAcc {
			t.Errorf("%+v, expected %+v", *got, *want)
		}
	}
}

// Of the outputs of all devices a step has those of one.
func TestSeveralDevicesHaveOneResult(t *testing.T) {
	severalDevices(t)
	net, X := initialized(t)
	trainer := must(NewTrainer(net, SGD(0.1), nth(0, 1)...))(t)
	if outputs := must(trainer.step.Call(X, fiveLabels()))(t); len(outputs) != 1 {
		t.Errorf("%d outputs, expected one", len(outputs))
	}
}

// Several devices repeat their results for a seed.
func TestSeveralDevicesRepeat(t *testing.T) {
	severalDevices(t)
	unseeded(t)
	sizes := []int{7, 7}
	sums, learnt := steps(t, statefulNet(), adam(), sizes, nth(0, 1)...)
	again, learntAgain := steps(t, statefulNet(), adam(), sizes, nth(0, 1)...)
	if !slices.Equal(sums, again) || !reflect.DeepEqual(learnt, learntAgain) {
		t.Errorf("the same seed gives %v and %v", sums, again)
	}
}

// Where a net computes in between does not matter, nor that its parameters are
// not drawn by the step.
func TestSeveralDevicesForwardFirst(t *testing.T) {
	severalDevices(t)
	net, X := smallNet(), waves(1, 1, 5, 1, 8, 8)
	noError(t, net.Initialize(nth(1)[0], Xavier))
	trainer := must(NewTrainer(net, adam(), nth(1, 0)...))(t)
	_, err := trainer.step.Call(waves(1, 1, 5, 64), fiveLabels()) // Refused, but known to the program.
	wantError(t, err, "conv0")
	must(net.Forward(X))(t)
	for range 2 {
		_, _, err = trainer.Step(X, fiveLabels())
		noError(t, err)
		must(net.Forward(X))(t)
	}
}

// A batch that is refused leaves the net as it is, and the Trainer works on.
func TestSeveralDevicesWrongBatch(t *testing.T) {
	severalDevices(t)
	net, X := initialized(t)
	before := values(t, net)
	trainer := must(NewTrainer(net, SGD(0.1), nth(0, 1)...))(t)
	_, _, err := trainer.Step(waves(1, 1, 5, 1, 12, 12), fiveLabels())
	wantError(t, err, "(5, 1, 12, 12)")
	_, _, err = trainer.Step(X, tensors.FromValue([]int32{0, 1}))
	wantError(t, err, "there are 2 labels for 5 examples")
	_, _, err = trainer.Step(tensors.FromValue(float32(1)), fiveLabels())
	wantError(t, err, "X has no batch axis")
	if !reflect.DeepEqual(values(t, net), before) {
		t.Error("refused batches changed the net")
	}
	_, _, err = trainer.Step(X, fiveLabels())
	noError(t, err)
	if reflect.DeepEqual(values(t, net), before) {
		t.Error("a good batch did not change the net")
	}
}

// Each device checks its part of a batch, which they cannot split evenly.
func TestSeveralDevicesNotFinite(t *testing.T) {
	severalDevices(t)
	net := smallNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.1), nth(0, 1)...))(t)
	X := waves(1, 1, 5, 1, 32, 32)
	change := func(value float32) {
		noError(t, tensors.MutableFlatData(X, func(x []float32) { x[len(x)-1] = value }))
	}
	change(float32(math.NaN()))
	_, _, err := trainer.Step(X, fiveLabels())
	wantError(t, err, "NaN")
	change(0)
	_, _, err = trainer.Step(X, fiveLabels())
	noError(t, err)
}

func TestSeveralDevicesMisuse(t *testing.T) {
	needsCPU(t)
	net, _ := initialized(t)
	data := quadrants(8, 4, false)
	for _, c := range []struct {
		devices []Device
		want    string
	}{
		{[]Device{CPU(0), CPU(1), CPU(0)}, "NewTrainer takes each device once, got [cpu(0), cpu(1), cpu(0)]"},
		{[]Device{CPU(0), GPU(0)}, "NewTrainer takes devices of one kind, got [cpu(0), gpu(0)]"},
	} {
		wantPanic(t, func() { NewTrainer(net, SGD(0.1), c.devices...) }, "d2l: ", c.want)
		wantPanic(t, func() { TrainCh5(smallNet(), data, data, 1, 0.1, c.devices...) }, "d2l: ", c.want)
	}
	wantPanic(t, func() { TrainCh5(net, data, data, 1, 0.1) }, "d2l: TrainCh5 needs data, at least one epoch, and a device, such as TryGPU(0)")
	_, err := NewTrainer(net, SGD(0.1), nth(1, 0)...)
	wantError(t, err, "the net is on "+testDevice().String(), "start its devices with "+nth(1)[0].String())
	_, err = NewTrainer(net, SGD(0.1), testDevice(), missingDevice())
	wantError(t, err, "there is no "+missingDevice().String())
	_, err = TrainCh5(smallNet(), data, data, 1, 0.1, testDevice(), missingDevice())
	wantError(t, err, "there is no "+missingDevice().String())
}

func TestDevicesString(t *testing.T) {
	for want, devices := range map[string]Devices{
		"gpu(0)": {GPU(0)}, "[cpu(0), cpu(1)]": {CPU(0), CPU(1)}, "[gpu(0), gpu(1), gpu(2)]": {GPU(0), GPU(1), GPU(2)},
	} {
		if got := devices.String(); got != want {
			t.Errorf("prints as %s, expected %s", got, want)
		}
	}
}
