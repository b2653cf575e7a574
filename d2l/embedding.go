package d2l

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Embedding turns each token, a whole number from 0 to below VocabSize, into a vector that it
// learns: the output for (batch, steps), int32, is (batch, steps, EmbedSize). Its parameter is
// weight (VocabSize, EmbedSize). For another number the vector is NaN, and that is an error in a training step, in
// Trainer.EvaluateLoss, Accuracy and Predict, and in Net.Forward, wherever in the net the layer is, but not inside of a
// graph.While.
//
// The vectors are drawn by the net's Initializer, as in Gluon. PyTorch draws them with a standard deviation of 1, as
// WithInit(Embedding{…}, Normal(1)) does.
//
// Book: nn.Embedding, section "Pretraining word2vec".
type Embedding struct {
	VocabSize int // Tokens.
	EmbedSize int // Length of the vectors.
}

// Kind returns "embedding".
func (Embedding) Kind() string { return "embedding" }

// Notation returns the layer's name and sizes, such as Embedding (28, 32).
func (e Embedding) Notation() string {
	return fmt.Sprintf("Embedding (%d, %d)", e.VocabSize, e.EmbedSize)
}

// Settings returns e: see Layer.
func (e Embedding) Settings() any { return e }

// Forward adds the layer to the graph of x.
func (e Embedding) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if e.VocabSize <= 0 || e.EmbedSize <= 0 {
		panic(fmt.Sprintf("d2l: Embedding needs positive VocabSize and EmbedSize, got %d and %d", e.VocabSize, e.EmbedSize))
	}
	requireTokens("Embedding", x)
	w := newVariable(scope, "weight", shapes.Make(dtypes.Float32, e.VocabSize, e.EmbedSize)).NodeValue(x.Graph())
	vectors := graph.Gather(w, graph.ExpandAxes(x, -1))
	// XLA takes the nearest vector for a number that has none.
	known := graph.BroadcastToShape(graph.ExpandAxes(demandTokens(scope, x, e.VocabSize), -1), vectors.Shape())
	return graph.Where(known, vectors, graph.MulScalar(graph.OnesLike(vectors), math.NaN()))
}

// OneHot turns each token, a whole number from 0 to below VocabSize, into a vector of zeros with a
// one at its place: the output for (batch, steps), int32, is (batch, steps, VocabSize). For another
// number the vector is NaN, as in Embedding.
//
// Book: npx.one_hot, section "Implementation of Recurrent Neural Networks from Scratch".
type OneHot struct{ VocabSize int }

// Kind returns "onehot".
func (OneHot) Kind() string { return "onehot" }

// Notation returns the layer's name and size, such as OneHot (28).
func (o OneHot) Notation() string { return fmt.Sprintf("OneHot (%d)", o.VocabSize) }

// Settings returns o: see Layer.
func (o OneHot) Settings() any { return o }

// Forward adds the layer to the graph of x.
func (o OneHot) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if o.VocabSize <= 0 {
		panic(fmt.Sprintf("d2l: OneHot needs a positive VocabSize, got %d", o.VocabSize))
	}
	requireTokens("OneHot", x)
	vectors := oneHot(x, o.VocabSize, dtypes.Float32)
	known := graph.BroadcastToShape(graph.ExpandAxes(demandTokens(scope, x, o.VocabSize), -1), vectors.Shape())
	return graph.Where(known, vectors, graph.MulScalar(graph.OnesLike(vectors), math.NaN()))
}

// oneHot is graph.OneHot, which counts in the type of x: to 300 in 8 bits, tokens have several ones.
func oneHot(x *graph.Node, n int, dtype dtypes.DType) *graph.Node {
	if x.DType().Size() < 4 {
		x = graph.ConvertDType(x, dtypes.Int32)
	}
	return graph.OneHot(x, n, dtype)
}

// within returns where x, whole numbers, is from 0 to below n.
func within(x *graph.Node, n int) *graph.Node {
	x = graph.ConvertDType(x, dtypes.Int64) // In a smaller type n could be another number.
	zeros := graph.ZerosLike(x)
	return graph.LogicalAnd(graph.GreaterOrEqual(x, zeros), graph.LessThan(x, graph.AddScalar(zeros, float64(n))))
}

// requireTokens panics unless x has whole numbers.
func requireTokens(layer string, x *graph.Node) {
	if !x.DType().IsInt() {
		const message = "d2l: %s takes tokens, whole numbers such as int32 of shape (batch, steps), got %v"
		panic(noTokens{fmt.Errorf(message, layer, x.DType()), x})
	}
}

// noTokens is the error of a layer that takes tokens and gets x.
type noTokens struct {
	error
	x *graph.Node
}

// demandTokens notes that x, the tokens of the layer in a scope, are from 0 to below n, and returns where they are.
func demandTokens(scope *model.Scope, x *graph.Node, n int) (known *graph.Node) {
	demand{x: x, unmet: func(name string, x *tensors.Tensor) (cause, remedy string, err error) {
		tokens, err := wholeNumbers(x)
		i := slices.IndexFunc(tokens, func(token int64) bool { return token < 0 || token >= int64(n) })
		if err != nil || i < 0 {
			return "", "", err
		}
		at := indexOf(i, ShapeOf(x))
		cause = fmt.Sprintf("%s is %d at %v, and the net has the tokens 0 to %d", name, tokens[i], at, n-1)
		if name == "" {
			cause = fmt.Sprintf("%s gets the token %d at %v, and has 0 to %d", inLayers(scope), tokens[i], at, n-1)
		}
		return cause, "number the tokens by the vocabulary that the net is for", nil
	}}.note()
	return within(x, n)
}

// wholeNumbers returns a copy of the integers in x, of whatever type.
func wholeNumbers(x *tensors.Tensor) (all []int64, err error) {
	err = x.ConstFlatData(func(flat any) {
		numbers := reflect.ValueOf(flat)
		if numbers.Len() != x.Size() { // Several to a byte; GoMLX has no tokens of them.
			return
		}
		for i := range numbers.Len() {
			if n := numbers.Index(i); n.CanInt() {
				all = append(all, n.Int())
			} else {
				all = append(all, int64(n.Uint())) // What is too large becomes negative, and is no token either.
			}
		}
	})
	return all, err
}
