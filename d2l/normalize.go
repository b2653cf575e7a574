package d2l

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Normalize is a Layer that subtracts from each channel of images, (batch, channel, height, width), its Mean, and
// divides by its Std. A net with the parameters of one that was trained on normalized images begins with it, so that
// training, evaluation and files of parameters agree. For most of PyTorch's these are
//
//	d2l.Normalize{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
//
// of red, green and blue in [0, 1]. It has no parameters. The first batch is an error unless there is a Mean and a
// positive Std for each channel.
//
// Book: transforms.Normalize, section "Fine-Tuning".
type Normalize struct{ Mean, Std []float64 }

// Kind returns "normalize".
func (Normalize) Kind() string { return "normalize" }

// Notation returns "Normalize".
func (Normalize) Notation() string { return "Normalize" }

// Settings returns n: see Layer.
func (n Normalize) Settings() any { return n }

// Forward adds the normalization to the graph of x.
func (n Normalize) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() != 4 || !x.DType().IsFloat() {
		panic(fmt.Sprintf("d2l: Normalize takes images, float32 (batch, channel, height, width), got %v of %v",
			Shape(x.Shape().Dimensions), x.DType()))
	}
	channels := x.Shape().Dim(1)
	notPositive := slices.ContainsFunc(n.Std, func(s float64) bool { return !(s > 0) })
	if len(n.Mean) != channels || len(n.Std) != channels || notPositive {
		panic(fmt.Sprintf("d2l: Normalize needs a Mean and a positive Std for each of %d channels, got %v and %v", channels,
			n.Mean, n.Std))
	}
	each := func(values []float64) *graph.Node {
		node := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(values, channels, 1, 1))
		return graph.ExpandLeftToRank(graph.ConvertDType(node, x.DType()), 4)
	}
	return graph.Div(graph.Sub(x, each(n.Mean)), each(n.Std))
}
