package d2l

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

func TestGetTokensAndSegments(t *testing.T) {
	for want, got := range map[string]func() ([]string, []int32){
		"[<cls> a b <sep>] [0 0 0 0]": func() ([]string, []int32) { return GetTokensAndSegments([]string{"a", "b"}) },
		"[<cls> a b <sep> c <sep>] [0 0 0 0 1 1]": func() ([]string, []int32) {
			return GetTokensAndSegments([]string{"a", "b"}, []string{"c"})
		},
		"[<cls> <sep> <sep>] [0 0 1]": func() ([]string, []int32) { return GetTokensAndSegments(nil, nil) },
	} {
		if tokens, segments := got(); fmt.Sprint(tokens, segments) != want {
			t.Errorf("%v %v, expected %s", tokens, segments, want)
		}
	}
	sentence := make([]string, 1, 9) // What is behind it is the caller's.
	behind := sentence[:3]
	GetTokensAndSegments(sentence, sentence)
	if behind[1] != "" {
		t.Errorf("behind the sentence is %q", behind[1:])
	}
	three := func() { GetTokensAndSegments(nil, nil, nil) }
	wantPanic(t, three, "d2l: GetTokensAndSegments takes one sentence or two, got 3")
}

var smallBERT = BERTModel{
	VocabSize: 7, NumHiddens: 6, FFNHiddens: 5, NumHeads: 2, NumLayers: 2, MaxLen: 5,
}

// bertFixture is what testdata/bert_fixture.py writes.
type bertFixture struct {
	Tokens, Segments, Positions, Words [][]int32
	Lengths, IsNext                    []int32
	Weights                            [][]float32
	Outputs                            [][]float32
	Losses                             []float32
	Parameters                         map[string]struct {
		Shape            []int
		Values, Gradient []float32
	}
}

func (f bertFixture) inputs() []*tensors.Tensor {
	return []*tensors.Tensor{NewTensor(f.Tokens), NewTensor(f.Segments), NewTensor(f.Lengths), NewTensor(f.Positions)}
}

func (f bertFixture) labels() []*tensors.Tensor {
	return []*tensors.Tensor{NewTensor(f.Weights), NewTensor(f.Words), NewTensor(f.IsNext)}
}

// readBERT returns the fixture and a file of its parameters, as PyTorch writes one.
func readBERT(t *testing.T) (f bertFixture, path string) {
	t.Helper()
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/bert.json"))(t), &f))
	parameters := map[string]*Tensor{}
	for name, p := range f.Parameters {
		parameters[name] = NewTensor(p.Values, p.Shape...)
	}
	path = filepath.Join(t.TempDir(), "bert.safetensors")
	noError(t, SaveTensors(path, parameters))
	return f, path
}

// Outputs, losses and all gradients are PyTorch's, from a file of the names and shapes of the book's classes there.
func TestBERTAgainstPyTorch(t *testing.T) {
	f, path := readBERT(t)
	pytorch := d2ltest.AgainstPyTorch(t, "BERT")
	net := NewNet(smallBERT)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(f.inputs()...))(t)
	noError(t, net.LoadParameters(path, testDevice()))
	for i, output := range must(net.ForwardN(f.inputs()...))(t) {
		pytorch.Near(t, "outputs", float32s(t, output), f.Outputs[i])
	}
	var of []string
	program := must(net.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		mlm, nsp, sum := GetBatchLossBERT(net.layers(scope, inputs[:4], true), inputs[4:])
		var with []*graph.Node
		for name, p := range net.NamedParameters() {
			of, with = append(of, name), append(with, p.NodeValue(sum.Graph()))
		}
		return append(graph.Gradient(sum, with...), mlm, nsp)
	}}))(t)
	defer program.Finalize()
	outputs := must(program.Call(slices.Concat(f.inputs(), f.labels())...))(t)
	if len(of) != len(f.Parameters) {
		t.Fatalf("%d parameters, and PyTorch has %d", len(of), len(f.Parameters))
	}
	for i, name := range of {
		gradient := outputs[i]
		if shape := f.Parameters[name].Shape; len(shape) == 2 && !slices.Contains(tokenVectors, name) {
			turn := Compile(func(w *graph.Node) *graph.Node { return graph.Transpose(w, 0, 1) }, testDevice())
			gradient = must(turn(gradient))(t)
		}
		// Some are 0 but for rounding, such as those of W_k.bias.
		pytorch.NearWithin(t, "gradients", float32s(t, gradient), f.Parameters[name].Gradient, 0.1)
	}
	for i, loss := range outputs[len(of):] {
		pytorch.Near(t, "losses", float32s(t, loss), f.Losses[i:i+1])
	}

	// A step minimizes the sum of both losses, and without positions the logits are those of all steps.
	for _, devices := range oneOrTwo() {
		step := must(bertTrainer(t, net, devices...).StepBatch(train.Batch{Inputs: f.inputs(), Labels: f.labels()}))(t)
		pytorch.Near(t, "loss of a step", []float32{float32(step.LossSum / 2)}, []float32{f.Losses[0] + f.Losses[1]})
		noError(t, net.LoadParameters(path, testDevice()))
	}
	all := must(net.ForwardN(f.inputs()[:3]...))(t)
	at := slices.Concat(float32s(t, all[1])[1*7:2*7], float32s(t, all[1])[3*7:4*7], float32s(t, all[1])[2*7:3*7])
	pytorch.Near(t, "all steps", at, f.Outputs[1][:3*7])
}

// tokenVectors are the matrices that have the same axes in files and in the net.
var tokenVectors = []string{"encoder.token_embedding.weight", "encoder.segment_embedding.weight"}

func bertTrainer(t *testing.T, net *Net, devices ...Device) *Trainer {
	t.Helper()
	return must(NewTrainer(net, SGD(0.1), devices...))(t).WithLoss(BERTLoss{})
}

// A pretrained encoder goes on in a net for another task, and its vectors are drawn as the book's.
func TestBERTEncoderOfAModel(t *testing.T) {
	f, _ := readBERT(t)
	X := f.inputs()
	pretrained := NewNet(smallBERT)
	noError(t, pretrained.Initialize(testDevice(), Constant(0.5)))
	want := float32s(t, must(pretrained.ForwardN(X...))(t)[0])
	for _, name := range []string{"encoder.token_embedding.weight", "encoder.pos_embedding"} {
		values := must(must(pretrained.Parameter(name))(t).Value())(t)
		sum := 0.0
		for _, v := range float32s(t, values) {
			sum += float64(v) * float64(v)
		}
		if mean := sum / float64(values.Size()); mean < 0.4 || mean > 2 { // Of 30 or more squares of expectation 1.
			t.Errorf("the mean square of %s is %v", name, mean)
		}
	}
	path := saved(t, pretrained)
	net := NewNet(Sequential{BERTEncoder(smallBERT)})
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(X[:3]...))(t)
	report := must(net.LoadMatchingParameters(path, func(name string) string {
		if len(name) > 8 && name[:8] == "encoder." {
			return "encoder0." + name[8:]
		}
		return ""
	}))(t)
	if len(report.Missing) > 0 || len(report.Loaded) != 3+2*16 {
		t.Errorf("loaded: %v", report)
	}
	if got := float32s(t, must(net.Forward(X[:3]...))(t)); !reflect.DeepEqual(got, want) {
		t.Errorf("the encoder's output is %v, expected %v", got, want)
	}
	same := smallBERT
	same.Dropout = 0.5
	noError(t, NewNet(same).LoadParameters(path, testDevice()))
	same.MaxLen = 4
	wantError(t, NewNet(same).LoadParameters(path, testDevice()), "MaxLen")
	long, thousand := BERTEncoder(smallBERT), BERTEncoder(smallBERT)
	long.MaxLen, thousand.MaxLen = 0, 1000
	if long.Settings() != thousand.Settings() || long.Settings() == BERTEncoder(smallBERT).Settings() {
		t.Errorf("the settings are %v", long.Settings())
	}
}

// In training parts of the blocks are dropped.
func TestBERTDropout(t *testing.T) {
	f, _ := readBERT(t)
	for dropout, same := range map[float64]bool{0: true, 0.5: false} {
		layer := BERTEncoder(smallBERT)
		layer.Dropout = dropout
		net := drawnFor(t, layer, f.inputs()[:3]...)
		build := func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{net.forward(scope, inputs...)}
		}
		program := must(net.newProgram(xla.Config{Training: true, Build: build}))(t)
		once := float32s(t, must(program.Call(f.inputs()[:3]...))(t)[0])
		if slices.Equal(once, float32s(t, must(program.Call(f.inputs()[:3]...))(t)[0])) != same {
			t.Errorf("with dropout %v two outputs are the same: %v", dropout, !same)
		}
		program.Finalize()
	}
}

func TestBERTMisuse(t *testing.T) {
	tokens, lens := NewTensor(make([]int32, 8), 2, 4), NewTensor([]int32{4, 3})
	positions := NewTensor([][]int32{{1}, {3}})
	encoder := BERTEncoder(smallBERT)
	none, negative := encoder, encoder
	none.NumLayers, negative.MaxLen = 0, -1
	long := NewTensor(make([]int32, 12), 2, 6)
	for want, c := range map[string]struct {
		layer Layer
		X     []*tensors.Tensor
	}{
		"d2l: BERTEncoder takes tokens, segments and perhaps valid lengths, and gets 1 input": {encoder,
			[]*tensors.Tensor{tokens}},
		"d2l: BERTEncoder takes tokens, segments and perhaps valid lengths, and gets 4 inputs": {encoder,
			[]*tensors.Tensor{tokens, tokens, lens, positions}},
		"d2l: BERTModel takes tokens, segments and perhaps valid lengths and positions to predict, and gets 5 inputs": {
			smallBERT, []*tensors.Tensor{tokens, tokens, lens, positions, positions}},
		"d2l: BERTModel takes tokens and segments of one shape, (batch, steps), got (2, 4) and (2, 6)": {smallBERT,
			[]*tensors.Tensor{tokens, long}},
		"d2l: BERTEncoder takes tokens and segments of one shape, (batch, steps), got (2,) and (2,)": {encoder,
			[]*tensors.Tensor{lens, lens}},
		"d2l: BERTEncoder has vectors for 5 positions, and gets 6 steps: give a larger MaxLen, or shorter sentences": {
			encoder, []*tensors.Tensor{long, long}},
		"d2l: BERTEncoder needs positive NumLayers and NumHiddens, and no negative MaxLen, got 0, 6 and 5": {none,
			[]*tensors.Tensor{tokens, tokens}},
		"no negative MaxLen, got 2, 6 and -1": {negative, []*tensors.Tensor{tokens, tokens}},
		"takes tokens, whole numbers":         {encoder, []*tensors.Tensor{tokens, Ones(2, 4)}},
		"X[3] is 4 at (1, 0), and the sentences have the steps 0 to 3: give positions of tokens": {smallBERT,
			[]*tensors.Tensor{tokens, tokens, lens, NewTensor([][]int32{{0}, {4}})}},
		"X[3] is -1 at (0, 1), and the sentences have the steps 0 to 3": {smallBERT,
			[]*tensors.Tensor{tokens, tokens, lens, NewTensor([][]int32{{0, -1}, {3, 2}})}},
		"d2l: MaskLM takes positions as integers of shape (2, number), got (2,) of Int32": {smallBERT,
			[]*tensors.Tensor{tokens, tokens, lens, lens}},
		"d2l: MaskLM takes X of shape (batch, steps, size), and perhaps positions, and gets (2, 4)": {
			MaskLM{VocabSize: 3, NumHiddens: 2}, []*tensors.Tensor{Ones(2, 4)}},
	} {
		net := NewNet(c.layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := net.ForwardN(c.X...)
		wantError(t, err, want)
	}

	f, path := readBERT(t)
	net := NewNet(smallBERT)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(f.inputs()...))(t)
	noError(t, net.LoadParameters(path, testDevice()))
	for want, labels := range map[string][]*tensors.Tensor{
		"three outputs of BERTModel and three arrays of labels, those of LoadDataBERT, got 3 and 2": f.labels()[:2],
		"d2l: GetBatchLossBERT takes a weight for each token to predict, got weights of (2, 2) and tokens of (2, 3)": {
			Ones(2, 2), f.labels()[1], f.labels()[2]},
	} {
		_, err := bertTrainer(t, net).StepBatch(train.Batch{Inputs: f.inputs(), Labels: labels})
		wantError(t, err, want)
	}
	// A position without a step is no step of training either.
	X := f.inputs()
	X[3] = NewTensor([][]int32{{1, 3, 9}, {1, 0, 0}})
	_, err := bertTrainer(t, net).StepBatch(train.Batch{Inputs: X, Labels: f.labels()})
	wantError(t, err, "X[3] is 9 at (0, 2), and the sentences have the steps 0 to 3")
}
