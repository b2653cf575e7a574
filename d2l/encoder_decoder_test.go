package d2l

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// A lengthsApart is an encoder that leaves the valid lengths to the decoder.
type lengthsApart struct{ Sequential }

func (e lengthsApart) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return e.Sequential.ForwardN(scope, inputs[0])
}

// A meanDecoder is a decoder whose context is the mean of the encoder's outputs over the valid lengths.
type meanDecoder struct{ Vocab, Embed, Hidden int }

func (meanDecoder) Kind() string { return "meandecoder" }

func (d meanDecoder) Settings() any { return d }

func (d meanDecoder) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d.ForwardN(scope, x)[0]
}

func (d meanDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	x, outputs, state, lengths := inputs[0], inputs[1], inputs[2], inputs[3]
	n := graph.ExpandAxes(lengths, -1)
	ends := graph.BroadcastToDims(n, n.Shape().Dim(0), outputs.Shape().Dim(1))
	valid := graph.ConvertDType(graph.LessThan(graph.Iota(x.Graph(), ends.Shape(), 1), ends), outputs.DType())
	sum := graph.ReduceSum(graph.Mul(outputs, graph.ExpandAxes(valid, -1)), 1)
	context := graph.ExpandAxes(graph.Div(sum, graph.ConvertDType(n, outputs.DType())), 1)
	context = graph.BroadcastToDims(context, x.Shape().Dim(0), x.Shape().Dim(1), d.Hidden)
	embedded := Embedding{VocabSize: d.Vocab, EmbedSize: d.Embed}.Forward(scope.In("embedding"), x)
	y, last := GRU{HiddenSize: d.Hidden}.ForwardFrom(scope.In("gru"),
		graph.Concatenate([]*graph.Node{embedded, context}, -1), []*graph.Node{state})
	return append([]*graph.Node{Dense{Units: d.Vocab, LastAxis: true}.Forward(scope.In("dense"), y)}, last...)
}

func encoderDecoder() *Net {
	return NewNet(EncoderDecoder{
		Encoder: lengthsApart{Sequential{Embedding{VocabSize: 7, EmbedSize: 3}, GRU{HiddenSize: 4}}},
		Decoder: meanDecoder{6, 3, 4},
	})
}

// scattered returns tokens from a formula.
func scattered(vocab, seed int, shape ...int) *tensors.Tensor {
	tokens := make([]int32, Shape(shape).size())
	for k := range tokens {
		tokens[k] = int32((k*k*3 + k*5 + seed) % vocab)
	}
	return tensors.FromFlatDataAndDimensions(tokens, shape...)
}

// pairs returns a batch of four examples for encoderDecoder.
func pairs() (X []*tensors.Tensor, y *tensors.Tensor) {
	return []*tensors.Tensor{scattered(7, 0, 4, 5), scattered(6, 2, 4, 3), tensors.FromValue([]int32{5, 2, 3, 1})},
		scattered(6, 4, 4, 3)
}

// A net of three inputs has PyTorch's outputs, gradients, losses of five steps, and parameters after them.
func TestEncoderDecoderAgainstPyTorch(t *testing.T) {
	var fixture struct {
		Output, Losses   []float32
		Gradients, After map[string][]float32
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/encoder_decoder.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "net of several inputs")
	net := encoderDecoder()
	noError(t, net.Initialize(testDevice(), inOrder()))
	X, y := pairs()
	pytorch.Near(t, "outputs", float32s(t, must(net.Forward(X...))(t)), fixture.Output)
	loss := MaskedSoftmaxCELoss{Padding: 1}
	program := must(net.newProgram(xla.Config{Training: true,
		Build: func(scope *model.Scope, inputs []*graph.Node) (gradients []*graph.Node) {
			mean := graph.ReduceAllMean(loss.Forward(net.forward(scope, inputs[:3]...), inputs[3]))
			var of []*graph.Node
			for _, v := range net.Variables() {
				of = append(of, v.NodeValue(mean.Graph()))
			}
			return graph.Gradient(mean, of...)
		}}))(t)
	defer program.Finalize()
	gradients := must(program.Call(append(slices.Clone(X), y)...))(t)
	names := must(weights.Names(net.store.Scope(netScope), net.stateRules()))(t)
	for i, v := range net.Variables() {
		name := names[v]
		got := gradients[i]
		if name == "decoder.dense.weight" { // PyTorch has (out, in).
			got = must(Compile(func(w *graph.Node) *graph.Node { return graph.Transpose(w, 0, 1) }, testDevice())(got))(t)
		}
		pytorch.Near(t, "gradients", float32s(t, got), fixture.Gradients[name])
	}
	trainer := must(NewTrainer(net, SGD(0.5)))(t).WithLoss(loss)
	for _, want := range fixture.Losses {
		step := must(trainer.StepBatch(train.Batch{Inputs: X, Labels: []*tensors.Tensor{y}}))(t)
		pytorch.Near(t, "losses of 5 steps", []float32{float32(step.LossSum / step.Examples)}, []float32{want})
	}
	after := d2ltest.Safetensors(t, saved(t, net))
	if len(after) != 12 || len(fixture.After) != 12 {
		t.Errorf("%d parameters, and PyTorch has %d", len(after), len(fixture.After))
	}
	for name, value := range after {
		pytorch.Near(t, "parameters after 5 steps", value, fixture.After[name])
	}

	// A file of PyTorch does not tell the inputs.
	state := map[string]weights.Tensor{}
	for _, v := range net.Variables() {
		name, sizes := names[v], slices.Clone(v.Shape().Dimensions)
		if name == "decoder.dense.weight" {
			slices.Reverse(sizes)
		}
		state[name] = f32(sizes, fixture.After[name]...)
	}
	path, loaded := filepath.Join(t.TempDir(), "net.safetensors"), encoderDecoder()
	put(t, path, fileOf(t, state, ""))
	wantError(t, loaded.LoadParameters(path, testDevice()), "or, for several inputs, a batch to Net.Forward first")
	noError(t, loaded.Initialize(testDevice(), Xavier))
	must(loaded.Forward(X...))(t)
	noError(t, loaded.LoadParameters(path, testDevice()))
	want := float32s(t, must(net.Forward(X...))(t))
	near(t, "outputs of the loaded net", float32s(t, must(loaded.Forward(X...))(t)), want, 1e-5)
}

// TrainSeq2Seq has PyTorch's losses, with Adam on gradients that are clipped. The loss that the book prints is that
// divided by the number of steps.
func TestTrainSeq2SeqAgainstPyTorch(t *testing.T) {
	var fixture struct {
		Translating []float32
		AsBook      float32 `json:"as_book"`
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/encoder_decoder.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "training to translate")
	X, y := pairs()
	vocab := NewVocab([][]string{{"a", "b"}}, 0, "<pad>", "<bos>", "<eos>")
	for i, want := range fixture.Translating {
		net := NewNet(WithInit(encoderDecoder().layer, inOrder()))
		var loss float64
		d2ltest.Quietly(t, func() {
			loss = must(TrainSeq2Seq(net, LoadArrays(X, y, 4, true), 0.1, i+1, vocab, testDevice()))(t)
		})
		pytorch.Near(t, "losses of 8 steps", []float32{float32(loss)}, []float32{want})
		if steps := y.Shape().Dim(1); i == 0 {
			pytorch.Near(t, "the book's loss", []float32{float32(loss / float64(steps))}, []float32{fixture.AsBook})
		}
	}
	if len(fixture.Translating) != 8 {
		t.Errorf("%d losses", len(fixture.Translating))
	}
}

// A stateDecoder is a decoder that starts with the encoder's last state.
type stateDecoder struct{ side }

func (stateDecoder) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return GRU{HiddenSize: 4}.ForwardN(scope, OneHot{6}.Forward(scope, inputs[0]), inputs[2])
}

// Encoder and decoder may be Sequentials, and shared; what the encoder does not take is named.
func TestEncoderDecoderOfSequentials(t *testing.T) {
	for name, wrap := range map[string]func(Layer) Layer{
		"as it is": func(layer Layer) Layer { return layer }, "shared": Share,
		"drawn on its own": func(layer Layer) Layer { return WithInit(layer, Uniform(0.5)) },
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(wrap(EncoderDecoder{
				wrap(Sequential{Embedding{VocabSize: 7, EmbedSize: 3}, GRU{HiddenSize: 4}}),
				Sequential{wrap(stateDecoder{}), Dense{Units: 6, LastAxis: true}},
			}))
			noError(t, net.Initialize(testDevice(), Xavier))
			X, y := pairs()
			trainer := must(NewTrainer(net, SGD(0.1)))(t)
			must(trainer.StepBatch(train.Batch{Inputs: X[:2], Labels: []*tensors.Tensor{y}}))(t)
			noError(t, tensors.MutableFlatData(X[0], func(tokens []int32) { tokens[6] = 9 }))
			_, err := trainer.StepBatch(train.Batch{Inputs: X[:2], Labels: []*tensors.Tensor{y}})
			wantError(t, err, "X[0] is 9 at (1, 1), and the net has the tokens 0 to 6")
			_, err = net.Forward(X...)
			wantError(t, err, "layer encoder, which gets", "layer embedding0, which gets",
				"type d2l.Embedding takes 1 input and gets 2")
		})
	}
	stateful := NewNet(EncoderDecoder{LSTM{HiddenSize: 4, Stateful: true}, side{}})
	noError(t, stateful.Initialize(testDevice(), Xavier))
	_, err := stateful.Forward(waves(1, 1, 2, 3, 4), waves(1, 1, 2, 3, 4))
	wantError(t, err, "a Stateful LSTM in an encoder or decoder would not keep its state: leave Stateful out")
}
