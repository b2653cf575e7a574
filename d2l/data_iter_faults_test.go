package d2l

import (
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// spoiled yields the batches of a DataIter until one that spoil takes the place of.
type spoiled struct {
	DataIter
	after int
	spoil func(yield func(train.Batch, error) bool)
}

func (s spoiled) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		i := 0
		for batch, err := range s.DataIter.Iter() {
			if i++; i > s.after {
				s.spoil(yield)
				return
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// spoils are what may come instead of a batch of the quadrants.
var spoils = map[string]struct {
	spoil func(yield func(train.Batch, error) bool)
	want  []string
}{
	"an error": {func(yield func(train.Batch, error) bool) {
		yield(train.Batch{}, errors.New("the disk is gone"))
	}, []string{"the disk is gone"}},
	"a panic": {func(func(train.Batch, error) bool) {
		panic("the cable is loose")
	}, []string{"quadrants panicked while it made a batch: the cable is loose"}},
	"a panic by the index": {func(func(train.Batch, error) bool) {
		_ = make([]int, 3)[len(os.Args)+3]
	}, []string{
		"quadrants panicked while it made a batch: runtime error: index out of range [",
		", at data_iter_faults_test.go:",
	}},
	"nothing": {func(yield func(train.Batch, error) bool) {
		yield(train.Batch{}, nil)
	}, []string{"quadrants yields a batch without X in Inputs[0]"}},
	"no labels": {
		one(waves(1, 1, 4, 1, 8, 8), nil),
		[]string{"quadrants yields a batch without y in Labels[0]"},
	},
	"two inputs": {func(yield func(train.Batch, error) bool) {
		X, y := waves(1, 1, 4, 1, 8, 8), tensors.FromValue([]int32{0, 1, 2, 3})
		yield(train.Batch{Inputs: []*tensors.Tensor{X, X}, Labels: []*tensors.Tensor{y}}, nil)
	}, []string{"of shape (4, 1, 8, 8) and (4, 1, 8, 8): ", "2"}},
	"two labels": {func(yield func(train.Batch, error) bool) {
		X, y := waves(1, 1, 4, 1, 8, 8), tensors.FromValue([]int32{0, 1, 2, 3})
		yield(train.Batch{Inputs: []*tensors.Tensor{X}, Labels: []*tensors.Tensor{y, y}}, nil)
	}, []string{"batch has 2 arrays of labels, "}},
	"an image of another size": {
		one(waves(1, 1, 4, 1, 6, 6), []int32{0, 1, 2, 3}),
		[]string{"(4, 1, 6, 6): layer dense0"},
	},
	"a loop that is not heeded": {func(yield func(train.Batch, error) bool) {
		yield(train.Batch{}, errors.New("the disk is gone"))
		yield(train.Batch{}, nil)
	}, []string{"the disk is gone"}},
	"a label out of range": {
		one(waves(1, 1, 4, 1, 8, 8), []int32{0, 1, 7, 3}),
		[]string{"the label at index 2 of the batch is 7, but the net has outputs for 0 to 3"},
	},
	"NaN in an image": {
		one(withValue(math.NaN()), []int32{0, 1, 2, 3, 0}),
		[]string{"NaN at (2, 0"},
	},
}

// one returns what yields one batch, without labels if y is nil.
func one(X *tensors.Tensor, y []int32) func(yield func(train.Batch, error) bool) {
	batch := train.Batch{Inputs: []*tensors.Tensor{X}}
	if y != nil {
		batch.Labels = []*tensors.Tensor{tensors.FromValue(y)}
	}
	return func(yield func(train.Batch, error) bool) { yield(batch, nil) }
}

// denseNet is a net for the quadrants that is compiled sooner than smallNet.
func denseNet() *Net { return NewNet(Sequential{Dense{Units: 4}}) }

// trained returns the parameters of such a net after that many steps on the
// quadrants, as TrainCh5 would make them from seed 1.
func trained(t *testing.T, data DataIter, steps int) map[string][]float32 {
	t.Helper()
	Seed(1)
	net := denseNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.5)))(t)
	for batch, err := range data.Iter() {
		noError(t, err)
		_, _, err = trainer.Step(batch.Inputs[0], batch.Labels[0])
		noError(t, err)
		if steps--; steps == 0 {
			break
		}
	}
	return values(t, net)
}

// Training on data that fail in the middle ends in an error, with the parameters
// of the last step, and so does testing, with those of the epoch. Then the same net
// trains on good data.
func TestDataFaults(t *testing.T) {
	unseeded(t)
	data := quadrants(24, 4, false)
	train := func(net *Net, train, test DataIter) (err error) {
		Seed(1)
		quietly(t, func() { _, err = TrainCh5(net, train, test, 1, 0.5, testDevice()) })
		return err
	}
	afterTwo, afterAll := trained(t, data, 2), trained(t, data, 6)
	for name, c := range spoils {
		bad := spoiled{data, 2, c.spoil}
		t.Run(name+" in training", func(t *testing.T) {
			net := denseNet()
			wantError(t, train(net, bad, data), c.want...)
			if !reflect.DeepEqual(values(t, net), afterTwo) {
				t.Error("the parameters are not those of the last step")
			}
			noError(t, train(net, data, data))
			if !reflect.DeepEqual(values(t, net), afterAll) {
				t.Error("the net does not train as one that saw good data alone")
			}
		})
		t.Run(name+" in testing", func(t *testing.T) {
			net := denseNet()
			wantError(t, train(net, data, bad), c.want...)
			if !reflect.DeepEqual(values(t, net), afterAll) {
				t.Error("the parameters are not those of the epoch")
			}
			_, err := EvaluateAccuracyGPU(net, data)
			noError(t, err)
		})
	}
}

// A loop that panics itself is not taken for its data.
func TestOnDeviceLoopPanics(t *testing.T) {
	wantPanic(t, func() {
		for range OnDevice(failing{quadrants(8, 4, false)}, testDevice()).Iter() {
			panic("the loop is broken")
		}
	}, "the loop is broken")
}

// A batch may be larger than the data: it is all of them.
func TestBatchLargerThanData(t *testing.T) {
	data := quadrants(6, 64, true)
	if data.Len() != 1 {
		t.Errorf("%d batches, expected 1", data.Len())
	}
	quietly(t, func() {
		result := must(TrainCh5(denseNet(), data, data, 2, 0.5, testDevice()))(t)
		if !(result.Loss > 0) || math.Mod(result.TestAcc*6, 1) > 1e-9 {
			t.Errorf("result %+v", *result)
		}
	})
}

// A net whose output is not a classifier's, or lacks a column for some label.
func TestWrongOutputs(t *testing.T) {
	const classifier = "a classifier's output has shape (batch, classes), but for 4 labels the net's is "
	data := quadrants(8, 4, false)
	for name, c := range map[string]struct {
		layer Layer
		want  string
	}{
		"too few":    {Dense{Units: 3}, "the label at index 3 of the batch is 3, but the net has outputs for 0 to 2"},
		"no columns": {Conv2D{Channels: 2, KernelSize: 3}, classifier + "(4, 2, 6, 6)"},
		"one number": {layerFunc(func(x *graph.Node) *graph.Node { return graph.ReduceAllMean(x) }), classifier + "()"},
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(c.layer)
			_, err := TrainCh5(net, data, data, 1, 0.5, testDevice())
			wantError(t, err, c.want)
			if n := net.NumParameters(); n != 0 {
				t.Errorf("the refused first step drew %d parameters", n)
			}
		})
	}
	t.Run("fewer for another batch", func(t *testing.T) {
		net := NewNet(Sequential{Conv2D{Channels: 1, KernelSize: 1}, Flatten{}})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.5)))(t)
		_, _, err := trainer.Step(waves(1, 1, 1, 1, 2, 2), tensors.FromValue([]int32{3}))
		noError(t, err)
		before := values(t, net)
		_, _, err = trainer.Step(waves(1, 1, 1, 1, 1, 2), tensors.FromValue([]int32{3}))
		wantError(t, err, "the net's output has 2 classes for this batch, and had 4 in the first step")
		if !reflect.DeepEqual(values(t, net), before) {
			t.Error("the failed step changed the net")
		}
	})
	t.Run("too few, in testing", func(t *testing.T) {
		net := NewNet(Dense{Units: 3})
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := EvaluateAccuracyGPU(net, data)
		wantError(t, err, "the label at index 3 of the batch is 3, but the net has outputs for 0 to 2")
	})
	t.Run("no columns, in testing", func(t *testing.T) {
		net := NewNet(Conv2D{Channels: 2, KernelSize: 3})
		noError(t, net.Initialize(testDevice(), Xavier))
		wantPanic(t, func() { EvaluateAccuracyGPU(net, data) }, "yHat of shape (batch, classes)", "(4, 2, 6, 6)")
	})
}

// Progress that cannot be written is no reason to end a training.
func TestAnimatorFaults(t *testing.T) {
	unseeded(t)
	data := quadrants(60, 1, false)
	want := trained(t, data, 60)
	read, closedPipe, err := os.Pipe()
	noError(t, err)
	noError(t, read.Close())
	defer closedPipe.Close()
	closed := must(os.Create(filepath.Join(t.TempDir(), "closed")))(t)
	noError(t, closed.Close())
	writers := map[string]*os.File{"a closed pipe": closedPipe, "a closed file": closed}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		defer full.Close()
		writers["a full disk"] = full
	}
	for name, file := range writers {
		t.Run(name, func(t *testing.T) {
			saved := os.Stderr
			os.Stderr = file
			defer func() { os.Stderr = saved }()
			Seed(1)
			net := denseNet()
			must(TrainCh5(net, data, data, 1, 0.5, testDevice()))(t)
			if !reflect.DeepEqual(values(t, net), want) {
				t.Error("the parameters are not those of the last step")
			}
		})
	}
	t.Run("one's own writer", func(t *testing.T) {
		animator := NewAnimator(PlotOptions{})
		animator.text = brokenWriter{}
		said := captured(t, &os.Stderr, func() {
			for range 2 {
				wantError(t, animator.Add(1, 2), "writing the progress: "+io.ErrShortWrite.Error())
			}
		})
		if want := "a plot cannot be shown: writing the progress: short write\n"; said != want {
			t.Errorf("said %q, expected %q once", said, want)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
