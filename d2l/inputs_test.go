package d2l

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// Two inputs of floating-point numbers, which a Sequential begins with.
type side struct{}

func (side) Kind() string { return "side" }

func (side) Forward(_ *model.Scope, x *graph.Node) *graph.Node { return x }

func (side) ForwardN(_ *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return []*graph.Node{graph.Concatenate(inputs, -1), inputs[0]}
}

func sideNet() *Net {
	return NewNet(Sequential{side{}, Dense{Units: 5, Activation: Tanh}, Dense{Units: 4}})
}

// A net of several inputs learns in Steps what it learns in single steps, on two devices what it learns on one, and
// gives the same in all evaluations.
func TestSeveralInputs(t *testing.T) {
	unseeded(t)
	X := []*tensors.Tensor{waves(1, 1, 7, 3), waves(2, 1, 7, 2)}
	y := tensors.FromValue([]int32{0, 1, 2, 3, 0, 1, 2})
	rows := func(x *tensors.Tensor, from, to int) *tensors.Tensor {
		var picked []int
		for i := from; i < to; i++ {
			picked = append(picked, i)
		}
		return must(pickRows(x, picked))(t)
	}
	data := LoadArrays(X, y, 4, false) // The last batch, of 3, cannot be split over two devices.
	run := func(inSteps bool, devices ...Device) (*Net, *Trainer, []float32) {
		Seed(1)
		net := sideNet()
		noError(t, net.Initialize(devices[0], Xavier))
		trainer := must(NewTrainer(net, Momentum(0.1, 0.9), devices...))(t)
		var losses []float32
		for range 3 {
			if inSteps {
				for _, step := range trainer.Steps(data, nil) {
					losses = append(losses, float32(step.LossSum), float32(step.Correct))
				}
				noError(t, trainer.Err())
				continue
			}
			for _, at := range [][2]int{{0, 4}, {4, 7}} {
				step := must(trainer.StepBatch(train.Batch{
					Inputs: []*tensors.Tensor{rows(X[0], at[0], at[1]), rows(X[1], at[0], at[1])},
					Labels: []*tensors.Tensor{rows(y, at[0], at[1])},
				}))(t)
				losses = append(losses, float32(step.LossSum), float32(step.Correct))
			}
		}
		return net, trainer, losses
	}
	net, trainer, want := run(false, testDevice())
	if _, _, got := run(true, testDevice()); !slices.Equal(got, want) {
		t.Errorf("Steps has the losses %v, and single steps %v", got, want)
	}
	for _, devices := range oneOrTwo()[1:] {
		_, _, got := run(true, devices...)
		near(t, "losses on two devices", got, want, 1e-5)
	}
	yHat := must(net.Forward(X...))(t)
	correct := must(Accuracy(yHat, y))(t)
	if got := must(EvaluateAccuracyGPU(net, data))(t); got != correct/7 {
		t.Errorf("the accuracy is %v, expected %v", got, correct/7)
	}
	if got := must(EvaluateAccuracyGPU(net, data, otherDevice()))(t); got != correct/7 {
		t.Errorf("on another device the accuracy is %v, expected %v", got, correct/7)
	}
	ofAll := must(trainer.EvaluateLoss(LoadArrays(X, y, 7, false)))(t)
	inBatches := must(trainer.EvaluateLoss(FirstBatches(data, 2)))(t)
	near(t, "loss", []float32{float32(inBatches)}, []float32{float32(ofAll)}, 1e-6)
	outputs := must(net.Outputs(X...))(t)
	if got := fmt.Sprintln(outputs[0].Name, outputs[0].Shape(), outputs[2].Name); got != "side0 (7, 5) dense1\n" {
		t.Errorf("the outputs are %s", got)
	}
	if !slices.Equal(float32s(t, outputs[2].Value), float32s(t, yHat)) {
		t.Error("Outputs and Forward differ")
	}
	if got := fmt.Sprint(must(net.Shapes())(t)); got != "[side0: (1, 5) dense0: (1, 5) dense1: (1, 4)]" {
		t.Errorf("the shapes are %s", got)
	}
	vertical := texts(must(DrawVertical(net))(t))
	if flow := texts(must(DrawDataFlow(net))(t)); vertical[0] != "Input (3)" || vertical[1] != "Input (2)" ||
		!slices.Contains(flow, "side") || !slices.Contains(flow, "3") || !slices.Contains(flow, "2") {
		t.Errorf("the drawings have %q and %q", vertical, flow)
	}
}

// A file tells the shapes and types of all inputs.
func TestSeveralInputsSavedAndLoaded(t *testing.T) {
	unseeded(t)
	net := encoderDecoder()
	noError(t, net.Initialize(testDevice(), Xavier))
	X, y := pairs()
	want := float32s(t, must(net.Forward(X...))(t))
	path := saved(t, net)
	names := d2ltest.Safetensors(t, path)
	for _, name := range []string{"encoder.gru0.weight_ih_l0", "decoder.embedding.weight", "decoder.dense.weight"} {
		if names[name] == nil {
			t.Errorf("the file has no %s", name)
		}
	}
	loaded := encoderDecoder()
	noError(t, loaded.LoadParameters(path, testDevice()))
	if got := loaded.input.String(); got != "(Int32)[5], (Int32)[3], (Int32)" {
		t.Errorf("the loaded net is for inputs %s", got)
	}
	if got := fmt.Sprint(must(loaded.Shapes())(t)); got != "[encoderdecoder: (1, 3, 6)]" {
		t.Errorf("its shapes are %s", got)
	}
	noError(t, loaded.SaveParameters(path)) // Before the first batch.
	matched := encoderDecoder()
	noError(t, matched.Initialize(testDevice(), Xavier))
	if report := must(matched.LoadMatchingParameters(path, nil))(t); len(report.Missing)+len(report.Unexpected) > 0 {
		t.Error(report)
	}
	moved := must(loaded.CopyTo(otherDevice()))(t)
	for name, net := range map[string]*Net{"loaded": loaded, "matched": matched} {
		if got := float32s(t, must(net.Forward(X...))(t)); !slices.Equal(got, want) {
			t.Errorf("the %s net gives %v, expected %v", name, got, want)
		}
	}
	near(t, "copy on another device", float32s(t, must(moved.Forward(X...))(t)), want, 1e-5)
	text := loaded.String()
	if !strings.Contains(text, "encoderdecoder") {
		t.Error(text)
	}
	other := NewNet(EncoderDecoder{loaded.layer.(EncoderDecoder).Encoder, meanDecoder{6, 4, 4}})
	wantError(t, other.LoadParameters(path, testDevice()), "layer encoderdecoder/decoder", `Embed:4`)
	wantError(t, loaded.LoadParameters(path, testDevice(), 5), "the sizes of one example are those of 1 input, and the "+
		"net has 3, with examples of (5,) of Int32, (3,) of Int32 and () of Int32: leave them out")
	_, err := matched.LoadMatchingParameters(path, nil, 5)
	wantError(t, err, "the net has seen examples of shape (5,), (3,) and (), so that its parameters are there")
	_, err = loaded.Shapes(5)
	wantError(t, err, "those of 1 input, and the net has 3")
	_, err = DrawVertical(loaded, 5)
	wantError(t, err, "those of 1 input, and the net has 3")

	trainer := must(NewTrainer(loaded, SGD(0.1)))(t)
	fails := func(X []*tensors.Tensor, want string) {
		t.Helper()
		_, err := trainer.StepBatch(train.Batch{Inputs: X, Labels: []*tensors.Tensor{y}})
		wantError(t, err, want)
	}
	fails(X[:1], "EncoderDecoder takes the encoder's input and the decoder's, 2 or more with lengths and the like, "+
		"and gets 1")
	fails(X[:2], "layer encoderdecoder, which gets (4, 5) of Int32 and (4, 3) of Int32: layer decoder, which gets "+
		"(4, 3) of Int32, (4, 5, 4) and (4, 4): runtime error: index out of range [3] with length 3")
	must(trainer.StepBatch(train.Batch{Inputs: X, Labels: []*tensors.Tensor{y}}))(t)
	fails(X[:2], "training on a batch of shape (4, 5) and (4, 3): the batch has 2 inputs, and had 3 in the first step")
	fails([]*tensors.Tensor{X[0], X[1], tensors.FromValue([]int32{1, 2})}, "X[0] has 4 examples, and X[2] has 2")
	fails([]*tensors.Tensor{X[0], X[1], tensors.FromValue(int32(1))}, "X[2] has no batch axis")
	fails([]*tensors.Tensor{X[0], X[1], tensors.FromValue([]float32{1, 2, 3, 4})},
		"X is Int32, Int32 and Float32, and was Int32, Int32 and Int32 in the first step: convert it")
}

// A boundedSum does not show that its second input is infinite.
type boundedSum struct{ side }

func (boundedSum) ForwardN(_ *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return []*graph.Node{graph.Add(inputs[0], graph.Tanh(inputs[1]))}
}

// What several inputs are wrong for is said with both numbers, and NaN in any of them is found.
// blockOf has the method ForwardN of what it embeds.
type blockOf struct{ Sequential }

// drawnFor returns a net whose parameters have been drawn for such inputs.
func drawnFor(t *testing.T, layer Layer, X ...*tensors.Tensor) *Net {
	t.Helper()
	net := NewNet(layer)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.ForwardN(X...))(t)
	return net
}

// Fewer inputs than before are named where a layer fails for it.
func TestFewerInputs(t *testing.T) {
	net := NewNet(secondInput{})
	noError(t, net.Initialize(testDevice(), Xavier))
	X := waves(1, 1, 5, 3)
	must(net.Forward(X, X))(t)
	_, err := net.Forward(X)
	wantError(t, err, "the batch has 1 inputs, and an earlier one had 2: ", "slice bounds out of range")
}

// secondInput needs two inputs.
type secondInput struct{}

func (secondInput) Kind() string { return "second" }

func (s secondInput) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return s.ForwardN(scope, x)[0]
}

func (secondInput) ForwardN(_ *model.Scope, inputs ...*graph.Node) []*graph.Node { return inputs[1:2] }

// A scope that is taken twice is said in the words of d2l, which has no Shared.
func TestScopeTakenTwice(t *testing.T) {
	net := NewNet(Sequential{twoHeads{}})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, err := net.Forward(waves(1, 1, 5, 3))
	wantError(t, err, "the scope /net/twoheads0/head is taken twice", `scope.In("head2")`, "d2l.Share")
}

// twoHeads takes one scope for two layers.
type twoHeads struct{}

func (twoHeads) Kind() string { return "twoheads" }

func (twoHeads) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	x = Dense{Units: 3}.Forward(scope.In("head"), x)
	return Dense{Units: 3}.Forward(scope.In("head"), x)
}

func TestWrongInputs(t *testing.T) {
	X, y := []*tensors.Tensor{waves(1, 1, 5, 3), waves(2, 1, 5, 2)}, fiveLabels()
	one := NewNet(Sequential{Dense{Units: 4}})
	noError(t, one.Initialize(testDevice(), Xavier))
	_, err := one.Forward(X...)
	wantError(t, err, "computing the net's output for X of shape (5, 3) and (5, 2): layer dense0, which gets (5, 3) and "+
		"(5, 2): d2l: a layer of type d2l.Dense takes 1 input and gets 2: give it one, or write a layer with the method ForwardN")
	alone := NewNet(Dense{Units: 4})
	noError(t, alone.Initialize(testDevice(), Xavier))
	_, err = alone.Forward(X...)
	wantError(t, err, "a layer of type d2l.Dense takes 1 input and gets 2")
	wantPanic(t, func() { one.Forward() }, "d2l: Net.Forward got no X")
	wantPanic(t, func() { one.Outputs() }, "d2l: Net.Outputs got no X")

	// The second would not get what it could take.
	for _, again := range []Layer{side{}, Share(side{}), Sequential{side{}, Dense{Units: 4}}} {
		twice := NewNet(Sequential{side{}, again})
		noError(t, twice.Initialize(testDevice(), Xavier))
		_, err = twice.Forward(X...)
		wantError(t, err, " of a Sequential of 2 inputs has the method ForwardN, too", "ForwardN of a layer of your own")
		must(twice.Forward(X[0]))(t)
	}
	for _, ofOne := range []Layer{blockOf{Sequential{Dense{Units: 4}}}, struct{ Layer }{side{}}} {
		must(drawnFor(t, Sequential{side{}, ofOne}, X...).Forward(X...))(t)
	}

	net := sideNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	wantPanic(t, func() {
		trainer.StepBatch(train.Batch{Inputs: []*tensors.Tensor{X[0], nil}, Labels: []*tensors.Tensor{y}})
	}, "d2l: Trainer.StepBatch got a batch without X in Inputs[1]")
	wantPanic(t, func() {
		trainer.StepBatch(train.Batch{Inputs: X, Labels: []*tensors.Tensor{y, nil}})
	}, "d2l: Trainer.StepBatch got a batch without y in Labels[1]")
	noError(t, tensors.MutableFlatData(X[1], func(x []float32) { x[3] = float32(math.NaN()) }))
	_, err = trainer.StepBatch(train.Batch{Inputs: X, Labels: []*tensors.Tensor{y}})
	wantError(t, err, "X[1] is NaN at (1, 1)")
	bounded := NewNet(Sequential{boundedSum{}, Dense{Units: 4}})
	noError(t, bounded.Initialize(testDevice(), Xavier))
	infinite := waves(2, 1, 5, 3)
	noError(t, tensors.MutableFlatData(infinite, func(x []float32) { x[4] = float32(math.Inf(1)) }))
	_, err = must(NewTrainer(bounded, SGD(0.1)))(t).StepBatch(
		train.Batch{Inputs: []*tensors.Tensor{X[0], infinite}, Labels: []*tensors.Tensor{y}})
	wantError(t, err, "X[1] is +Inf at (1, 1)")
	wantPanic(t, func() { LoadArrays([]*tensors.Tensor{X[0], waves(1, 1, 4)}, y, 2, false) },
		"d2l: LoadArrays needs X and y with the same number of examples, at least one, got (5, 3), (4,) and (5,)")
	wantPanic(t, func() { NewNet(EncoderDecoder{Encoder: side{}}) }, "the Decoder of an EncoderDecoder is nil: give a layer")
}

// ForwardN has all outputs of a layer, also for one input, and the first of them is Forward's.
func TestNetForwardN(t *testing.T) {
	net := NewNet(Sequential{Embedding{VocabSize: 5, EmbedSize: 3}, GRU{HiddenSize: 4, NumLayers: 2}})
	Check(net.Initialize(TryGPU(0), Xavier))
	X := NewTensor([][]int32{{1, 2, 3}, {4, 0, 1}})
	outputs := Must(net.ForwardN(X))
	if len(outputs) != 3 || !outputs[0].Equal(Must(net.Forward(X))) || ShapeOf(outputs[2]).String() != "(2, 4)" {
		t.Errorf("got %d outputs: %v", len(outputs), outputs)
	}
	if net = NewNet(Dense{Units: 1}); net != nil {
		if _, err := net.ForwardN(X); err == nil {
			t.Error("a net without parameters has outputs")
		}
	}
}
