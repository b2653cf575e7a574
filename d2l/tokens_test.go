package d2l

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
)

// embedding is a layer of a user's own, for whole numbers: the mean of the vectors
// that it has for the tokens of a sequence.
type embedding struct{ tokens, size int }

func (embedding) Kind() string { return "embedding" }

func (e embedding) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	vectors := layers.Embedding(scope, graph.ExpandAxes(x, -1), dtypes.Float32, e.tokens, e.size)
	return graph.ReduceMean(vectors, 1)
}

func tokenNet() *Net { return NewNet(Sequential{embedding{tokens: 7, size: 3}, Dense{Units: 4}}) }

func tokenBatch() *tensors.Tensor {
	return tensors.FromValue([][]int32{{0, 1, 2}, {3, 4, 5}, {6, 0, 1}, {2, 2, 2}, {5, 6, 4}})
}

// A net for whole numbers trains, is saved, and is loaded by a new net and in a new
// process: its file tells the type of its input too.
func TestIntegerInputIsSavedAndLoaded(t *testing.T) {
	net, X := tokenNet(), tokenBatch()
	noError(t, net.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(net, SGD(0.5)))(t).Step(X, fiveLabels())
	noError(t, err)
	want := float32s(t, must(net.Forward(X))(t))
	path := saved(t, net)

	loaded := tokenNet()
	noError(t, loaded.LoadParameters(path, testDevice()))
	if loaded.input[0].DType != dtypes.Int32 {
		t.Errorf("the loaded net is for inputs %v", loaded.input)
	}
	noError(t, loaded.SaveParameters(filepath.Join(t.TempDir(), "again"))) // Before the first batch.
	if got := float32s(t, must(loaded.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("the loaded net gives %v, expected %v", got, want)
	}
	if got := fmt.Sprint(must(loaded.Shapes(3))(t)); got != "[embedding0: (1, 3) dense0: (1, 4)]" {
		t.Errorf("its layers' outputs are %s", got)
	}
	moved := must(loaded.CopyTo(otherDevice()))(t)
	noError(t, moved.SaveParameters(filepath.Join(t.TempDir(), "moved")))
	_, _, err = must(NewTrainer(loaded, SGD(0.5)))(t).Step(X, fiveLabels())
	noError(t, err)

	if got := said(t, child("tokens", tokensVariable+"="+path)); got != strings.TrimSpace(fmt.Sprint(want)) {
		t.Errorf("a new process gets %s, expected %v", got, want)
	}
}

const tokensVariable = "D2L_TEST_TOKENS"

// childLoadsTokens loads a net for tokens and says what it gives.
func childLoadsTokens() string {
	net := tokenNet()
	if err := net.LoadParameters(os.Getenv(tokensVariable), testDevice()); err != nil {
		return err.Error()
	}
	outputs, err := net.Forward(tokenBatch())
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(tensors.MustCopyFlatData[float32](outputs))
}

func TestTokensOfEightBits(t *testing.T) {
	net := NewNet(OneHot{VocabSize: 300})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	vectors := Values[float32](must(net.Forward(NewTensor([]uint8{5, 255}, 1, 2)))(t))
	for i, value := range vectors {
		if (value == 1) != (i == 5 || i == 300+255) {
			t.Errorf("at %d of 2 vectors of 300 is %v", i, value)
		}
	}
	loss := Compile(func(yHat, y *graph.Node) *graph.Node { return SoftmaxCrossEntropyLoss{}.Forward(yHat, y) })
	equal := NewTensor(make([]float32, 300), 1, 300)
	if got := Values[float32](must(loss(equal, []uint8{5}))(t))[0]; math.Abs(float64(got)-math.Log(300)) > 1e-5 {
		t.Errorf("the loss of a guess among 300 is %v", got)
	}
	for _, layer := range []Layer{OneHot{VocabSize: 256}, Embedding{VocabSize: 256, EmbedSize: 2}} {
		net := NewNet(layer)
		noError(t, net.Initialize(testDevice(), Constant(1)))
		for _, value := range Values[float32](must(net.Forward(NewTensor([]uint8{0, 7, 255}, 1, 3)))(t)) {
			if value != value {
				t.Fatalf("%T: NaN", layer)
			}
		}
	}
}
