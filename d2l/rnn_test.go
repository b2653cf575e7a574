package d2l

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// A recurrentLayer is RNN, GRU or LSTM.
type recurrentLayer interface {
	Layer
	ForwardFrom(scope *model.Scope, x *graph.Node, state []*graph.Node) (y *graph.Node, next []*graph.Node)
}

func recurrentLayerOf(name string, hidden, layers int, bidirectional bool) recurrentLayer {
	switch name {
	case "RNN":
		return RNN{HiddenSize: hidden, NumLayers: layers, Bidirectional: bidirectional}
	case "RNN of ReLU":
		return RNN{HiddenSize: hidden, NumLayers: layers, Bidirectional: bidirectional, Activation: ReLU}
	case "GRU":
		return GRU{HiddenSize: hidden, NumLayers: layers, Bidirectional: bidirectional}
	default:
		return LSTM{HiddenSize: hidden, NumLayers: layers, Bidirectional: bidirectional}
	}
}

// inOrder initializes the variables with the waves of the seeds from 11 on, in the order in which they are made.
func inOrder() Initializer {
	seed := 10
	return func(model.StoreProvider) model.VariableInitializer {
		return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
			seed++
			return graph.Const(g, waves(seed, 1, shape.Dimensions...))
		}
	}
}

// A recurrentFixture is one layer of testdata/rnn.json.
type recurrentFixture struct {
	Name                 string
	Layers               int
	Bidirectional, Start bool
	Output, GradX        []float32
	Last                 [][]float32
	Gradients            map[string][]float32
}

// Outputs, last states and all gradients of recurrent layers are PyTorch's, from 0 and from another state, of several
// layers and in both directions; the parameters have PyTorch's names.
func TestRecurrentLayersAgainstPyTorch(t *testing.T) {
	const batch, steps, features, hidden = 2, 4, 3, 2
	var fixture struct{ Cases []recurrentFixture }
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/rnn.json"))(t), &fixture))
	if len(fixture.Cases) != 12 {
		t.Errorf("%d cases", len(fixture.Cases))
	}
	pytorch := d2ltest.AgainstPyTorch(t, "recurrent layer")
	test := func(c recurrentFixture, device Device, kernel bool) {
		name := fmt.Sprintf("%s of %d, bidirectional %v, on %v", c.Name, c.Layers, c.Bidirectional, device)
		t.Run(name, func(t *testing.T) {
			layer := recurrentLayerOf(c.Name, hidden, c.Layers, c.Bidirectional)
			net := NewNet(layer)
			noError(t, net.Initialize(device, inOrder()))
			X, states := waves(33, 2, batch, steps, features), len(c.Last)
			cells := len(c.Last[0]) / batch / hidden
			var names []string
			program := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				x := inputs[0]
				g := x.Graph()
				var state []*graph.Node
				for i := range cells * states * map[bool]int{true: 1}[c.Start] {
					all := graph.Const(g, waves(66+i%states, 1, cells, batch, hidden))
					state = append(state, graph.Squeeze(graph.SliceAxis(all, 0, graph.AxisElem(i/states)), 0))
				}
				y, last := layer.ForwardFrom(scope, x, state)
				if got := callsFunctions(g); got != kernel {
					t.Errorf("it is a kernel: %v, expected %v", got, kernel)
				}
				weights := graph.Const(g, waves(44, 1, y.Shape().Dimensions...))
				of := []*graph.Node{x}
				names = nil
				for v := range scope.IterVariables() {
					names, of = append(names, v.Name()), append(of, v.NodeValue(g))
				}
				return slices.Concat([]*graph.Node{y}, last, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, weights)), of...))
			}}))(t)
			defer program.Finalize()
			results := must(program.Call(X))(t)
			pytorch.Near(t, c.Name, float32s(t, results[0]), c.Output)
			for i := range cells * states {
				size := batch * hidden
				pytorch.Near(t, c.Name+": last state", float32s(t, results[1+i]), c.Last[i%states][i/states*size:][:size])
			}
			gradients := results[1+cells*states:]
			pytorch.Near(t, c.Name+": gradients", float32s(t, gradients[0]), c.GradX)
			if len(names) != len(c.Gradients) {
				t.Errorf("the parameters are %v", names)
			}
			for i, name := range names {
				pytorch.Near(t, c.Name+": gradients", float32s(t, gradients[1+i]), c.Gradients[name])
			}
			if !c.Start {
				pytorch.Near(t, c.Name, float32s(t, must(net.Forward(X))(t)), c.Output)
			}
		})
	}
	for _, c := range fixture.Cases {
		test(c, testDevice(), pairsTogether())
		test(c, Device{platform: xla.Go}, false) // Step by step.
	}
}

// languageModel predicts the next of 4 tokens.
func languageModel(stateful bool) *Net {
	return NewNet(Sequential{
		Embedding{VocabSize: 4, EmbedSize: 3},
		GRU{HiddenSize: 8, NumLayers: 2, Stateful: stateful},
		Dense{Units: 4, LastAxis: true},
	})
}

// tokens returns a batch (batch, steps) of numbers that go up by one, and what comes next.
func tokenSteps(batch, steps int) (X, y *tensors.Tensor) {
	all := make([][]int32, 2)
	for i := range batch * steps {
		all[0] = append(all[0], int32((i+i/steps)%4))
		all[1] = append(all[1], int32((i+i/steps+1)%4))
	}
	return tensors.FromFlatDataAndDimensions(all[0], batch, steps), tensors.FromFlatDataAndDimensions(all[1], batch, steps)
}

// A net for sequences of tokens trains with labels for each step, knows its shapes before, is saved with PyTorch's names,
// and is loaded.
func TestLanguageModel(t *testing.T) {
	unseeded(t)
	Seed(1)
	net := languageModel(false)
	if got := fmt.Sprint(must(net.Shapes(5))(t)); got != "[embedding0: (1, 5, 3) gru0: (1, 5, 8) dense0: (1, 5, 4)]" {
		t.Errorf("the shapes are %s", got)
	}
	for _, devices := range oneOrTwo() {
		noError(t, net.Initialize(testDevice(), Xavier))
		X, y := tokenSteps(3, 5) // Two devices get an example more.
		trainer := must(NewTrainer(net, Adam(0.05), devices...))(t)
		var lossSum, correct float64
		for range 60 {
			var err error
			lossSum, correct, err = trainer.Step(X, y)
			noError(t, err)
		}
		if correct != 15 || lossSum > 3 {
			t.Errorf("on %v, after training the loss is %v of 15 labels, of which %v are right", devices, lossSum, correct)
		}
	}
	X, _ := tokenSteps(2, 7)
	want := float32s(t, must(net.Forward(X))(t))
	path := saved(t, net)
	names := d2ltest.Safetensors(t, path)
	for _, name := range []string{"embedding0.weight", "gru0.weight_ih_l0", "gru0.bias_hh_l1", "dense0.weight"} {
		if names[name] == nil {
			t.Errorf("the file has no %s", name)
		}
	}
	loaded := languageModel(true) // What training is like does not matter.
	noError(t, loaded.LoadParameters(path, testDevice()))
	if got := float32s(t, must(loaded.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("the loaded net gives %v, expected %v", got, want)
	}
	wantError(t, NewNet(Sequential{Embedding{4, 3}, GRU{HiddenSize: 8}, Dense{Units: 4, LastAxis: true}}).LoadParameters(path, testDevice()), "NumLayers")
	wantError(t, NewNet(Sequential{Embedding{4, 3}, GRU{HiddenSize: 8, NumLayers: 2}, Dense{Units: 4}}).LoadParameters(path, testDevice()), "LastAxis")
}

// What these layers do not take is an error that says what to do.
func TestSequenceFaults(t *testing.T) {
	tokens, _ := tokenSteps(2, 3)
	for _, c := range []struct {
		layer Layer
		X     *tensors.Tensor
		want  string
	}{
		{RNN{HiddenSize: 2}, tokens, "RNN takes sequences of shape (batch, steps, features) of floating-point numbers, got (2, 3) of Int32: for tokens put Embedding or OneHot before it"},
		{GRU{}, waves(1, 1, 2, 3, 4), "GRU needs a positive HiddenSize and NumLayers, got 0 and 0"},
		{Embedding{VocabSize: 4, EmbedSize: 2}, waves(1, 1, 2, 3), "Embedding takes tokens, whole numbers such as int32 of shape (batch, steps), got Float32"},
		{Embedding{VocabSize: 4}, tokens, "Embedding needs positive VocabSize and EmbedSize, got 4 and 0"},
		{OneHot{}, tokens, "OneHot needs a positive VocabSize, got 0"},
		{startedGRU(3), waves(1, 1, 2, 3, 4), "the state of this GRU has arrays of shape (2, 5), (batch, HiddenSize), of Float32, got (3, 5) of Float32"},
	} {
		net := NewNet(c.layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := net.Forward(c.X)
		wantError(t, err, c.want)
	}
	twice := Share(RNN{HiddenSize: 3, Stateful: true})
	for want, layers := range map[string]Sequential{
		"a Bidirectional LSTM cannot be Stateful": {LSTM{HiddenSize: 2, Bidirectional: true, Stateful: true}, Dense{Units: 4}},
		"a Stateful RNN that is shared":           {twice, twice, Dense{Units: 4}},
	} {
		net := NewNet(layers)
		noError(t, net.Initialize(testDevice(), initializerOf(initializer.One)))
		_, _, err := must(NewTrainer(net, SGD(1)))(t).Step(waves(1, 1, 5, 2, 3), fiveLabels())
		wantError(t, err, want)
	}
	said := d2ltest.Captured(t, &os.Stderr, func() {
		net := NewNet(GRU{HiddenSize: 2, Dropout: 0.5})
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(waves(1, 1, 5, 2, 3)))(t)
	})
	d2ltest.WantParts(t, said, "the Dropout of 0.5 of a GRU with one layer does nothing")
}

// startedGRU starts with a state for so many examples.
type startedGRU int

func (startedGRU) Kind() string { return "gru" }

func (n startedGRU) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	y, _ := GRU{HiddenSize: 5}.ForwardFrom(scope, x, []*graph.Node{graph.Zeros(x.Graph(), shapes.Make(x.DType(), int(n), 5))})
	return y
}

// initializerOf gives all variables the same.
func initializerOf(all model.VariableInitializer) Initializer {
	return func(model.StoreProvider) model.VariableInitializer { return all }
}
