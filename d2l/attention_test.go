package d2l

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Outputs, weights and all gradients of attentions are PyTorch's, with and without valid lengths; so are the names of the
// parameters.
func TestAttentionAgainstPyTorch(t *testing.T) {
	var fixture struct {
		Cases []struct {
			Name                  string
			Lengths               []int32
			Output, Weights       []float32
			Parameters, Gradients map[string][]float32
			InputGradients        [][]float32
		}
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/attention.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "attentions")
	for _, c := range fixture.Cases {
		layer := map[string]Layer{
			"additive":      AdditiveAttention{NumHiddens: 6, Dropout: 0.5},
			"dot product":   DotProductAttention{Dropout: 0.5},
			"multi-head":    MultiHeadAttention{NumHiddens: 6, NumHeads: 2, Dropout: 0.5, Bias: true},
			"encoder block": EncoderBlock{NumHiddens: 6, FFNHiddens: 5, NumHeads: 2, Dropout: 0.5, Bias: true},
			"decoder block": DecoderBlock{NumHiddens: 6, FFNHiddens: 5, NumHeads: 2, Dropout: 0.5, Bias: true},
		}[c.Name]
		keySize := map[bool]int{true: 5, false: 2}[c.Name == "dot product"]
		X := []*tensors.Tensor{waves(33, 2, 2, 3, 5), waves(44, 2, 2, 4, keySize), waves(55, 2, 2, 4, 3)}
		switch c.Name {
		case "encoder block":
			X = []*tensors.Tensor{waves(33, 2, 2, 4, 6)}
		case "decoder block":
			X = []*tensors.Tensor{waves(33, 2, 2, 3, 6), waves(44, 2, 2, 4, 6)}
		}
		arrays := len(X)
		if n := len(c.Lengths); n > 0 {
			X = append(X, NewTensor(c.Lengths, map[int][]int{2: {2}, 6: {2, 3}}[n]...))
		}
		net := NewNet(layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(X...))(t)
		state := map[string]*Tensor{}
		for name, p := range net.NamedParameters() {
			shape := slices.Clone(p.Shape().Dimensions)
			slices.Reverse(shape) // PyTorch has (out, in).
			state[name] = NewTensor(c.Parameters[name], shape...)
		}
		if len(state) != len(c.Parameters) {
			t.Fatalf("%s has %d parameters, and PyTorch %d", c.Name, len(state), len(c.Parameters))
		}
		if len(state) > 0 {
			path := filepath.Join(t.TempDir(), "state.safetensors")
			noError(t, SaveTensors(path, state))
			must(net.LoadMatchingParameters(path, nil))(t)
		}
		outputs := must(net.ForwardN(X...))(t)
		pytorch.Near(t, c.Name+": outputs", float32s(t, outputs[0]), c.Output)
		if len(c.Weights) > 0 {
			pytorch.Near(t, c.Name+": weights", float32s(t, outputs[1]), c.Weights)
		}

		var of []string
		program := must(net.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			y := net.forward(scope, inputs...)
			with := inputs[:arrays:arrays]
			for name, p := range net.NamedParameters() {
				of, with = append(of, name), append(with, p.NodeValue(y.Graph()))
			}
			factors := graph.Const(y.Graph(), waves(66, 1, y.Shape().Dimensions...))
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(y, factors)), with...)
		}}))(t)
		gradients := must(program.Call(X...))(t)
		for i, gradient := range gradients[:arrays] {
			pytorch.Near(t, c.Name+": gradients", float32s(t, gradient), c.InputGradients[i])
		}
		for i, gradient := range gradients[arrays:] {
			if gradient.Rank() == 2 {
				gradient = must(Compile(func(w *graph.Node) *graph.Node { return graph.Transpose(w, 0, 1) }, testDevice())(gradient))(t)
			}
			size := 0.0
			if strings.HasSuffix(of[i], "W_k.bias") { // It changes no weight, so that its gradient is 0 but for rounding.
				size = 1
			}
			pytorch.NearWithin(t, c.Name+": gradients", float32s(t, gradient), c.Gradients[of[i]], size)
		}
		program.Finalize()
	}
}

// Where no key counts, all have the same weight, as in the book; what does not fit is said in the layer's words.
func TestAttentionMisuse(t *testing.T) {
	X := []*tensors.Tensor{Ones(2, 3, 4), Ones(2, 5, 4), Ones(2, 5, 6)}
	run := func(layer Layer, X ...*tensors.Tensor) ([]*tensors.Tensor, error) {
		net := NewNet(layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		return net.ForwardN(X...)
	}
	none := must(run(DotProductAttention{}, append(slices.Clone(X), NewTensor([]int32{0, 5}))...))(t)
	near(t, "weights", float32s(t, none[1])[:5], []float32{0.2, 0.2, 0.2, 0.2, 0.2}, 1e-6)
	// Lengths count in whatever type they have.
	small := must(CompileN(func(X, lens *graph.Node) []*graph.Node { return []*graph.Node{MaskedSoftmax(X, lens)} },
		testDevice())(Zeros(2, 1, 300), NewTensor([]uint8{3, 2})))(t)
	near(t, "weights of 8 bits", float32s(t, small[0])[2:260], append([]float32{1. / 3}, make([]float32, 257)...), 1e-6)
	half := must(Compile(func(X, lens *graph.Node) *graph.Node {
		return graph.ConvertDType(MaskedSoftmax(graph.ConvertDType(X, dtypes.Float16), lens), dtypes.Float32)
	}, testDevice())(Zeros(1, 1, 4), NewTensor([]int32{0})))(t)
	near(t, "weights in half precision", float32s(t, half), []float32{0.25, 0.25, 0.25, 0.25}, 1e-3)
	heads := must(run(MultiHeadAttention{NumHiddens: 8, NumHeads: 4}, append(slices.Clone(X), NewTensor([]int32{1, 5}))...))(t)
	if got := ShapeOf(heads[1]).String(); got != "(2, 4, 3, 5)" {
		t.Errorf("weights of the heads have shape %s", got)
	}
	for want, c := range map[string]struct {
		layer Layer
		X     []*tensors.Tensor
	}{
		"d2l: DotProductAttention takes queries, keys and values, and perhaps valid lengths, and gets 1 inputs": {DotProductAttention{}, X[:1]},
		"d2l: DotProductAttention takes queries and keys of one size, got 4 and 6":                              {DotProductAttention{}, []*tensors.Tensor{X[0], X[2], X[2]}},
		"d2l: AdditiveAttention takes a value for each key, got 3 and 5":                                        {AdditiveAttention{NumHiddens: 2}, []*tensors.Tensor{X[0], X[1], X[0]}},
		"d2l: AdditiveAttention takes queries, keys and values of shape (batch, steps, size)":                   {AdditiveAttention{NumHiddens: 2}, []*tensors.Tensor{X[0], X[1], Ones(2, 5)}},
		"d2l: MultiHeadAttention needs positive NumHiddens and NumHeads, of which the second divides the first, got 8 and 3": {
			MultiHeadAttention{NumHiddens: 8, NumHeads: 3}, X},
		"d2l: MaskedSoftmax takes valid lengths, how many keys count, as integers of shape (2,), or (2, 3) for each query its own, got (2, 4) of Int32": {
			DotProductAttention{}, append(slices.Clone(X), NewTensor(make([]int32, 8), 2, 4))},
		"d2l: MultiHeadAttention takes valid lengths, how many keys count, as integers of shape (2,), or (2, 3) for each query its own, got (2,) of Bool": {
			MultiHeadAttention{NumHiddens: 8, NumHeads: 2}, append(slices.Clone(X), NewTensor([]bool{true, false}))},
		"got (2,) of Float32": {DotProductAttention{}, append(slices.Clone(X), Ones(2))},
		"d2l: AddNorm takes two inputs of one shape and type": {AddNorm{}, X[:2]},
		"d2l: EncoderBlock takes X of shape (batch, steps, 8), as its NumHiddens, got (2, 3, 4)": {
			EncoderBlock{NumHiddens: 8, NumHeads: 2, FFNHiddens: 2}, X[:1]},
		"d2l: DecoderBlock takes X, the encoder's output and perhaps its valid lengths, and gets 1 inputs": {
			DecoderBlock{NumHiddens: 4, NumHeads: 2, FFNHiddens: 2}, X[:1]},
		"d2l: TransformerEncoder needs positive NumLayers, got 0": {TransformerEncoder{VocabSize: 3, NumHiddens: 4}, []*tensors.Tensor{
			NewTensor([][]int32{{1, 2}})}},
		"it is for the Decoder of an EncoderDecoder whose Encoder is a TransformerEncoder": {TransformerDecoder{NumLayers: 1}, X[:1]},
		"d2l: PositionalEncoding takes (batch, steps, size) of floating-point numbers, got (2, 5) of Float32": {
			PositionalEncoding{}, []*tensors.Tensor{Ones(2, 5)}},
	} {
		_, err := run(c.layer, c.X...)
		wantError(t, err, want)
	}
}

// In training parts of the attention and of the sums are dropped, in inference nothing.
func TestAttentionDropout(t *testing.T) {
	X := []*tensors.Tensor{waves(1, 1, 2, 3, 4), waves(2, 1, 2, 5, 4), waves(3, 1, 2, 5, 4)}
	tokens := NewTensor([][]int32{{1, 2, 0}})
	for name, c := range map[string]struct {
		with, without Layer
		X             []*tensors.Tensor
	}{
		"dot product":  {DotProductAttention{Dropout: 0.5}, DotProductAttention{}, X},
		"additive":     {AdditiveAttention{NumHiddens: 4, Dropout: 0.5}, AdditiveAttention{NumHiddens: 4}, X},
		"multi-head":   {MultiHeadAttention{NumHiddens: 4, NumHeads: 2, Dropout: 0.5}, MultiHeadAttention{NumHiddens: 4, NumHeads: 2}, X},
		"positions":    {PositionalEncoding{Dropout: 0.5}, PositionalEncoding{}, X[:1]},
		"add and norm": {AddNorm{Dropout: 0.5}, AddNorm{}, []*tensors.Tensor{X[1], X[2]}},
		"encoder": {TransformerEncoder{VocabSize: 3, NumHiddens: 4, FFNHiddens: 4, NumHeads: 2, NumLayers: 1, Dropout: 0.5},
			TransformerEncoder{VocabSize: 3, NumHiddens: 4, FFNHiddens: 4, NumHeads: 2, NumLayers: 1}, []*tensors.Tensor{tokens}},
	} {
		for _, layer := range []Layer{c.with, c.without} {
			net := drawnFor(t, layer, c.X...)
			program := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				return []*graph.Node{net.forward(scope, inputs...)}
			}}))(t)
			trains := float32s(t, must(program.Call(c.X...))(t)[0])
			again := float32s(t, must(program.Call(c.X...))(t)[0])
			program.Finalize()
			infers := float32s(t, must(net.Forward(c.X...))(t))
			if drops := layer == c.with; slices.Equal(trains, again) == drops || slices.Equal(trains, infers) == drops {
				t.Errorf("%s with dropout %v: two outputs in training are equal: %v; one and that of inference: %v", name, drops,
					slices.Equal(trains, again), slices.Equal(trains, infers))
			}
		}
	}
}
