package d2l

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// MaskedSoftmax is the softmax of scores over their last axis: X and the result are (batch, queries, keys). Only the
// first validLens keys count: integers of shape (batch), or (batch, queries) where each query has its own, or nil for
// all keys. The other keys get the weight 0; where the length is 0, all keys get the same weight. It is a function of
// nodes, for layers and for Compile, and panics on other shapes or types.
//
// A mask, such as PyTorch's key_padding_mask, is no length: the length is the number of keys that count, and these
// come first. A mask of Bool panics, and so does one of 0 and 1, unless there are as many queries as keys, so that it
// has the shape of lengths. Then it is told by its values: where they are 0 and 1 alone, with a 0 and several 1 in an
// example, all weights are NaN, and that is an error where it is one for Embedding.
//
// Book: masked_softmax, section "Attention Scoring Functions".
func MaskedSoftmax(X, validLens *graph.Node) *graph.Node {
	if X.Rank() != 3 {
		panic(fmt.Sprintf("d2l: MaskedSoftmax takes scores of shape (batch, queries, keys), got %v",
			Shape(X.Shape().Dimensions)))
	}
	if validLens == nil {
		return maskedSoftmax(X, nil, nil)
	}
	dims := X.Shape().Dimensions
	requireLens("MaskedSoftmax", dims[0], dims[1], validLens)
	return maskedSoftmax(X, validLens, demandLens(validLens, dims[2]))
}

// maskedSoftmax is MaskedSoftmax of lengths that fit; isMask is from demandLens, or nil.
func maskedSoftmax(X, validLens, isMask *graph.Node) *graph.Node {
	if validLens == nil {
		return graph.Softmax(X, -1)
	}
	dims := X.Shape().Dimensions
	// A smaller type may not count so far.
	lens := graph.ConvertDType(graph.Reshape(validLens, dims[0], -1, 1), dtypes.Int64)
	key := graph.Iota(X.Graph(), shapes.Make(lens.DType(), 1, 1, dims[2]), 2)
	valid := graph.BroadcastToDims(graph.LessThan(key, lens), dims...)
	lowest := graph.Scalar(X.Graph(), X.DType(), -1e6)
	if X.DType() == dtypes.Float16 {
		lowest = graph.Scalar(X.Graph(), X.DType(), -6e4) // About the lowest that there is.
	}
	if isMask != nil { // Then each query has keys that do not count.
		lowest = graph.Where(isMask, graph.Scalar(X.Graph(), X.DType(), math.NaN()), lowest)
	}
	return graph.Softmax(graph.Where(valid, X, lowest), -1)
}

// demandLens notes that valid lengths for so many keys are no mask, and returns whether they are: 0 and 1 alone, and
// in an example a 0 and several 1, which lengths of each query hardly have. It returns nil where the shape is no
// mask's.
func demandLens(lens *graph.Node, keys int) (isMask *graph.Node) {
	if lens.Rank() != 2 || lens.Shape().Dim(1) != keys {
		return nil
	}
	isOne := graph.Equal(lens, graph.OnesLike(lens))
	ones := graph.ReduceSum(graph.ConvertDType(isOne, dtypes.Int32), -1)
	several := graph.GreaterThan(ones, graph.OnesLike(ones))
	notAll := graph.LessThan(ones, graph.AddScalar(graph.ZerosLike(ones), float64(keys)))
	isMask = graph.LogicalAnd(
		graph.LogicalAll(graph.LogicalOr(isOne, graph.Equal(lens, graph.ZerosLike(lens)))),
		graph.LogicalAny(graph.LogicalAnd(several, notAll)))
	demand{x: lens, unmet: func(name string, x *tensors.Tensor) (cause, remedy string, err error) {
		numbers, err := wholeNumbers(x)
		if err != nil || len(numbers) == 0 {
			return "", "", err
		}
		mask := slices.Max(numbers) == 1 && slices.Min(numbers) == 0
		mixed := slices.ContainsFunc(slices.Collect(slices.Chunk(numbers, keys)), func(example []int64) bool {
			ones := 0
			for _, n := range example {
				ones += int(n)
			}
			return ones > 1 && ones < keys
		})
		if !mask || !mixed {
			return "", "", nil
		}
		if name == "" {
			name = "an array of valid lengths in a layer"
		}
		const message = "%s, of shape %v, has 0 and 1 alone, as a mask: an attention takes valid lengths, of each " +
			"example or query the number of keys that count"
		return fmt.Sprintf(message, name, ShapeOf(x)), "give the mask's sum over the keys, of shape (batch)", nil
	}}.note()
	return isMask
}

// requireLens panics unless a layer with so many queries gets valid lengths.
func requireLens(layer string, batch, queries int, lens *graph.Node) {
	got := lens.Shape().Dimensions
	if !lens.DType().IsInt() || !slices.Equal(got, []int{batch}) && !slices.Equal(got, []int{batch, queries}) {
		remedy := ""
		if lens.DType() == dtypes.Bool || len(got) > 1 {
			remedy = "; of a mask give the number of keys that count"
		}
		const message = "d2l: %s takes valid lengths, how many keys count, as integers of shape %v, or %v for each query " +
			"its own, got %v of %v%s"
		panic(fmt.Sprintf(message, layer, Shape{batch}, Shape{batch, queries}, Shape(got), lens.DType(), remedy))
	}
}
