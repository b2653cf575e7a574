package d2l

import (
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestNetTooEarly(t *testing.T) {
	net, X := smallNet(), waves(1, 1, 5, 1, 8, 8)
	if net.NumParameters() != 0 || net.Parameters() != nil {
		t.Error("a new net has parameters")
	}
	for name, use := range map[string]func() error{
		"Forward":             func() error { _, err := net.Forward(X); return err },
		"Outputs":             func() error { _, err := net.Outputs(X); return err },
		"NewTrainer":          func() error { _, err := NewTrainer(net, SGD(0.1)); return err },
		"SaveParameters":      func() error { return net.SaveParameters(t.TempDir() + "/p") },
		"EvaluateAccuracyGPU": func() error { _, err := EvaluateAccuracyGPU(net, quadrants(4, 4, false)); return err },
	} {
		if err := use(); !errors.Is(err, errNoParameters) {
			t.Errorf("%s of a new net: %v", name, err)
		}
	}
	noError(t, net.Initialize(testDevice(), Xavier))
	if net.NumParameters() != 0 {
		t.Error("parameters are there before the first batch shows their shapes")
	}
	must(net.Forward(X))(t)
	if got, want := net.NumParameters(), 3*9+3+3*16*4+4; got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}
}

// A batch of a wrong shape is an error, and the net works on.
func TestNetWrongShape(t *testing.T) {
	net, X := initialized(t)
	want := float32s(t, must(net.Forward(X))(t))
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	for _, shape := range [][]int{{5, 1, 12, 12}, {5, 2, 8, 8}, {5, 64}, {5}} {
		wrong := waves(1, 1, shape...)
		_, err := net.Forward(wrong)
		wantError(t, err, Shape(shape).String())
		_, err = net.Outputs(wrong)
		wantError(t, err, Shape(shape).String())
		_, _, err = trainer.Step(wrong, tensors.FromValue([]int32{0, 1, 2, 3, 0}))
		wantError(t, err, Shape(shape).String())
	}
	path := saved(t, net) // With the shape of the input that the net takes.
	_, _, err := trainer.Step(X, tensors.FromValue([]int32{0, 1}))
	wantError(t, err, "(5, 1, 8, 8)")
	if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
		t.Error("refused batches changed the net")
	}
	if got := net.NumParameters(); got != 226 {
		t.Errorf("%d parameters after refused batches, expected 226", got)
	}
	noError(t, net.LoadParameters(path, testDevice()))
	must(net.Forward(waves(1, 1, 3, 1, 8, 8)))(t) // Another size of batch is no wrong shape.
}

func TestXavier(t *testing.T) {
	unseeded(t)
	Seed(1)
	net := NewNet(Sequential{
		Conv2D{Channels: 16, KernelSize: 5},
		Dense{Units: 30},
	})
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(waves(1, 1, 2, 6, 8, 8)))(t)
	bounds := []float64{math.Sqrt(6. / (6*25 + 16*25)), math.Sqrt(6. / (16*16 + 30))}
	for i, p := range net.Parameters() {
		values := float32s(t, must(p.Value())(t))
		if p.Name() == "biases" {
			near(t, p.Path(), values, make([]float32, len(values)), 0)
			continue
		}
		bound := bounds[i/2]
		mean := 0.0
		for _, v := range values {
			mean += float64(v) / float64(len(values))
		}
		if low, high := float64(slices.Min(values)), float64(slices.Max(values)); low < -bound || high > bound || low > -0.97*bound || high < 0.97*bound {
			t.Errorf("%s goes from %.4f to %.4f, expected ±%.4f", p.Path(), low, high, bound)
		}
		// Five standard deviations of the mean of uniform numbers.
		if math.Abs(mean) > 5*bound/math.Sqrt(3*float64(len(values))) {
			t.Errorf("%s has mean %v", p.Path(), mean)
		}
	}
}

func TestInitializeAnew(t *testing.T) {
	unseeded(t)
	draw := func(net *Net) []float32 {
		noError(t, net.Initialize(testDevice(), Xavier))
		return float32s(t, must(net.Forward(waves(1, 1, 5, 1, 8, 8)))(t))
	}
	net := smallNet()
	Seed(3)
	first, second := draw(net), draw(net)
	if slices.Equal(first, second) {
		t.Error("initialized twice, the net has the same parameters")
	}
	Seed(3)
	if !slices.Equal(first, draw(smallNet())) {
		t.Error("the same seed gives other parameters")
	}
	seeds.source = nil
	if slices.Equal(draw(net), draw(net)) {
		t.Error("without a seed the parameters repeat")
	}
}

func TestOutputs(t *testing.T) {
	net, X := initialized(t)
	outputs := must(net.Outputs(X))(t)
	var names []string
	for _, output := range outputs {
		names = append(names, output.Name+" "+output.Shape().String())
	}
	if want := []string{"conv0 (5, 3, 8, 8)", "pool0 (5, 3, 4, 4)", "dense0 (5, 4)"}; !slices.Equal(names, want) {
		t.Errorf("outputs %q, expected %q", names, want)
	}
	near(t, "last output", float32s(t, outputs[2].Value), float32s(t, must(net.Forward(X))(t)), 1e-6)

	// Before anything else has shown the net a batch.
	fresh := NewNet(Dense{Units: 2})
	noError(t, fresh.Initialize(testDevice(), Xavier))
	if outputs := must(fresh.Outputs(X))(t); len(outputs) != 1 || outputs[0].Name != "dense" || outputs[0].Shape().String() != "(5, 2)" {
		t.Errorf("outputs of a single layer: %v", outputs)
	}
}

// residual adds its input to the output of its layers.
type residual struct{ Sequential }

func (residual) Kind() string { return "residual" }

func (r residual) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Add(x, r.Sequential.Forward(scope, x))
}

// A net that is not a chain of layers trains like any other.
func TestResidualNetTrains(t *testing.T) {
	unseeded(t)
	Seed(1)
	block := residual{Sequential{
		Conv2D{Channels: 2, KernelSize: 3, Padding: 1, Activation: ReLU},
		Conv2D{Channels: 1, KernelSize: 3, Padding: 1},
	}}
	net := NewNet(Sequential{block, MaxPool2D{PoolSize: 2}, block, Flatten{}, Dense{Units: 4}})
	train := quadrants(64, 16, true)
	var result *Result
	captured(t, &os.Stdout, func() { result = must(TrainCh5(net, train, train, 10, 0.1, testDevice()))(t) })
	if result.TestAcc != 1 {
		t.Errorf("test accuracy %v, expected 1", result.TestAcc)
	}
	if got, want := net.NumParameters(), 2*(20+19)+16*4+4; got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}
}

// A batch that was refused before there were parameters decides nothing about
// them.
func TestRefusedFirstBatch(t *testing.T) {
	net := NewNet(Sequential{Conv2D{Channels: 2, KernelSize: 5}, Dense{Units: 3}})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, err := net.Forward(waves(1, 1, 4, 3, 2, 2)) // Smaller than the window.
	wantError(t, err, "layer conv0", "(4, 3, 2, 2)")
	must(net.Forward(waves(1, 1, 4, 1, 8, 8)))(t)
}

// Each size of batch is a program of its own, and there is no limit to them.
func TestManyBatchSizes(t *testing.T) {
	net := NewNet(Dense{Units: 2})
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	for size := 1; size <= 40; size++ {
		X := waves(size, 1, size, 3)
		if got := ShapeOf(must(net.Forward(X))(t)); got[0] != size {
			t.Fatalf("the output has shape %v for a batch of %d", got, size)
		}
		_, _, err := trainer.Step(X, tensors.FromValue(make([]int32, size)))
		noError(t, err)
	}
}
