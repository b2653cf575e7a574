package d2l

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// A token that the net does not have is named where its NaN would show.
func TestUnknownTokens(t *testing.T) {
	for _, layer := range []Layer{OneHot{VocabSize: 5}, Embedding{VocabSize: 5, EmbedSize: 2}} {
		net := NewNet(Sequential{layer, Dense{Units: 2}})
		noError(t, net.Initialize(testDevice(), Xavier))
		y := tensors.FromValue([]int32{0})
		for _, token := range []int32{5, -1} {
			X := tensors.FromValue([][]int32{{0, token}})
			want := fmt.Sprintf("X is %d at (0, 1), and the net has the tokens 0 to 4", token)
			trainer := must(NewTrainer(net, SGD(0.1)))(t)
			_, _, err := trainer.Step(X, y)
			wantError(t, err, want, "number the tokens by the vocabulary")
			_, err = trainer.EvaluateLoss(LoadArray(X, y, 1, false))
			wantError(t, err, want)
			_, err = EvaluateAccuracyGPU(net, LoadArray(X, y, 1, false))
			wantError(t, err, want)
			_, err = net.Forward(X)
			wantError(t, err, want)
			_, err = net.Forward(tensors.FromValue([][]int64{{0, int64(token)}}))
			wantError(t, err, want)
			_, err = net.Forward(tensors.FromValue([][]int8{{0, int8(token)}}))
			wantError(t, err, want)
		}
	}
}

// inputsFunc is a layer of one's own.
type inputsFunc func(scope *model.Scope, inputs []*graph.Node) *graph.Node

func (inputsFunc) Kind() string { return "own" }

func (f inputsFunc) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return f(scope, []*graph.Node{x})
}

func (f inputsFunc) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return []*graph.Node{f(scope, inputs)}
}

// The same is said of tokens that are looked up inside of a layer of one's own.
func TestUnknownTokensInside(t *testing.T) {
	embedding := Embedding{VocabSize: 5, EmbedSize: 2}
	look := func(scope *model.Scope, x *graph.Node) *graph.Node {
		return graph.ReduceSum(embedding.Forward(scope.In("words"), x), 1)
	}
	X, one := tensors.FromValue([][]int32{{0, 5}}), Ones(1, 2)
	const ofX = "X is 5 at (0, 1), and the net has the tokens 0 to 4"
	for name, c := range map[string]struct {
		layer Layer
		X     []*tensors.Tensor
		want  string
	}{
		"alone": {inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
			return look(scope, inputs[0])
		}), []*tensors.Tensor{X}, ofX},
		"in a Sequential": {Sequential{Sequential{inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
			return look(scope, inputs[0])
		})}}, []*tensors.Tensor{X}, ofX},
		"of two inputs": {inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
			return graph.Add(inputs[0], look(scope, inputs[1]))
		}), []*tensors.Tensor{one, X}, "X[1] is 5 at (0, 1), and the net has the tokens 0 to 4"},
		"computed": {Sequential{inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
			return look(scope, graph.ConvertDType(graph.MulScalar(inputs[0], 7), dtypes.Int32))
		})}, []*tensors.Tensor{one}, "layer sequential0/own0/words gets the token 7 at (0, 0), and has 0 to 4"},
		"the second of two": {inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
			return graph.Add(look(scope, graph.ZerosLike(inputs[0])), look(scope.In("second"), inputs[0]))
		}), []*tensors.Tensor{X}, ofX},
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(Sequential{c.layer, Dense{Units: 2}})
			noError(t, net.Initialize(testDevice(), Xavier))
			for range 2 {
				_, err := net.Forward(c.X...)
				wantError(t, err, c.want)
				_, err = net.ForwardN(c.X...)
				wantError(t, err, c.want)
			}
			trainer := must(NewTrainer(net, SGD(0.1)))(t)
			_, err := trainer.StepBatch(train.Batch{Inputs: c.X, Labels: []*tensors.Tensor{tensors.FromValue([]int32{0})}})
			wantError(t, err, c.want, "number the tokens by the vocabulary")
		})
	}
}

// A mask that has the shape of valid lengths is told from them where it can be.
func TestMaskAsLengths(t *testing.T) {
	X := waves(1, 1, 2, 3, 4)
	block := EncoderBlock{NumHiddens: 4, FFNHiddens: 2, NumHeads: 2}
	inLayer := inputsFunc(func(scope *model.Scope, inputs []*graph.Node) *graph.Node {
		lens := graph.ConvertDType(inputs[1], dtypes.Int16)
		return DotProductAttention{}.ForwardN(scope, inputs[0], inputs[0], inputs[0], lens)[0]
	})
	const want = "has 0 and 1 alone, as a mask: an attention takes valid lengths"
	for _, c := range []struct {
		layer  Layer
		before []*tensors.Tensor
		name   string
	}{
		{block, []*tensors.Tensor{X}, "X[1], of shape (2, 3), "},
		{DotProductAttention{}, []*tensors.Tensor{X, X, X}, "X[3], of shape (2, 3), "},
		{MultiHeadAttention{NumHiddens: 4, NumHeads: 2}, []*tensors.Tensor{X, X, X}, "X[3], of shape (2, 3), "},
		{inLayer, []*tensors.Tensor{X}, "an array of valid lengths in a layer, of shape (2, 3), "},
	} {
		net := NewNet(c.layer)
		noError(t, net.Initialize(testDevice(), Xavier))
		with := func(lens any) []*tensors.Tensor { return append(slices.Clone(c.before), NewTensor(lens)) }
		for _, lens := range [][][]int32{
			{{1, 2, 3}, {1, 2, 3}}, {{1, 1, 1}, {1, 1, 1}}, {{1, 0, 0}, {1, 1, 1}}, {{0, 1, 2}, {1, 1, 0}},
			{{0, 0, 0}, {0, 0, 1}},
		} {
			outputs := must(net.ForwardN(with(lens)...))(t)
			if found := must(findNonFinite(outputs[0]))(t); found != "" {
				t.Errorf("%T, lengths %v: the output is %s", c.layer, lens, found)
			}
		}
		for _, mask := range []any{
			[][]int32{{1, 1, 1}, {1, 1, 0}}, [][]int64{{0, 1, 1}, {1, 0, 0}}, [][]uint8{{1, 0, 1}, {0, 0, 0}},
		} {
			_, err := net.Forward(with(mask)...)
			wantError(t, err, c.name+want, "give the mask's sum over the keys")
		}
		if net.NumParameters() == 0 {
			continue
		}
		trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
		_, err := trainer.StepBatch(train.Batch{Inputs: with([][]int32{{1, 1, 1}, {1, 1, 0}}), Labels: []*tensors.Tensor{X}})
		wantError(t, err, c.name+want, "give the mask's sum over the keys")
	}
	// With two keys, these are also the lengths of queries that see what is before them.
	net := drawnFor(t, DotProductAttention{}, Ones(1, 2, 4), Ones(1, 2, 4), Ones(1, 2, 4), NewTensor([][]int32{{0, 1}}))
	must(net.Forward(Ones(1, 2, 4), Ones(1, 2, 4), Ones(1, 2, 4), NewTensor([][]int32{{0, 1}})))(t)
}
