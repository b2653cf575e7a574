package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// A Layer is one step of a network: it adds its computation on x to x's graph
// and returns the result.
//
// Images arrive and leave as (batch, channel, height, width), as in the book;
// inside, a layer may use another layout. Parameters are variables of scope,
// which belongs to this layer alone. Forward panics on shapes that it does not
// support, as all functions that build graphs do; Net turns that into an error.
// A parameter of one axis begins with 0, as a bias, unless scope.WithInitializer has another
// initial value for it.
//
// Whatever GoMLX can build can be a Layer: a residual block, for example, is a
// type whose Forward adds x to the output of other layers. Each layer in it gets a scope of
// its own, as in d2l.Dense{Units: 10}.Forward(scope.In("out"), x). The types are those of
// github.com/gomlx/gomlx/core/graph, with its functions of nodes, and …/ml/model.
//
// A layer that is faster together with the one after it, such as Conv2D before a
// pooling, has one more method:
//
//	ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (y *graph.Node, ok bool)
//
// Sequential calls it first. It adds both layers to x's graph and returns true, or
// adds nothing and returns false; then Forward is called as usual. self is the layer in
// the Sequential: if it is not the receiver, another type embeds the receiver, perhaps
// with a Forward of its own. scope is that of self, so next must not have parameters.
//
// A layer of several inputs, which a net begins with, or of several outputs, has the method
//
//	ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node
//
// It is called in the place of Forward for several inputs, such as those of net.Forward(encX,
// decX), which have a row for each example and any types; and for the outputs of an encoder. For one
// input and one output Forward is called, which may be ForwardN(scope, x)[0]: a type that embeds a layer
// and replaces one of the two replaces both. Of d2l's layers EncoderDecoder, BERTModel and the attentions, such as
// MultiHeadAttention, take several inputs, these and RNN, GRU and LSTM have several outputs, and
// Sequential gives its first layer all inputs and returns all outputs of its last. A net's output
// is the first of them; Net.ForwardN returns all, and a LossFuncN gets all.
//
// A Layer may also have the method
//
//	Settings() any
//
// which returns a struct with the fields that decide, beside the parameters, what the
// layer computes; it may be the layer itself. SaveParameters keeps those of its exported
// fields that are not zero, and LoadParameters refuses a file in which they differ. Of a
// layer without this method they compare the type, and those exported fields that the file and
// the program both have, as far as they are booleans, whole numbers, strings, layers, or structs
// and short lists of these; but no floating-point numbers, such as rates of dropout. So Forward
// leaves such fields as they are.
//
// DrawDataFlow and DrawVertical label a Layer with its Kind or, if it has the method
//
//	Notation() string
//
// with the result, such as 5×5 Conv (6), pad 2.
//
// For files that PyTorch reads or writes, a layer of a Sequential may have the method
//
//	StateDict() map[string]string
//
// which returns what PyTorch calls its variables: for their paths in the layer's scope,
// such as scale or block/scale, names such as weight. Axes keep their order.
//
// On XLA's CPU backend graph.Max and its like drop NaN: max(1, NaN) is 1. Where a layer of your own
// must not hide it, use graph.Where; those of d2l pass it on. The gradient of graph.ReduceMax goes
// in full to each of several equal maxima, such as those of padding: use GlobalMaxPool2D, where the
// first gets it. That of graph.Max goes to its first argument where both are equal. graph.Abs has
// the slope 1 at 0, where PyTorch has 0: use L1Loss. The gradient of graph.L2Norm is NaN where all
// is 0.
//
// Forward is called when a program is compiled, not in each step: to change a layer, make
// a new Trainer.
//
// A type that embeds a Layer inherits all these methods, as Go has it: the settings,
// the notation and the look in drawings are those of the embedded layer, and so is ForwardN,
// unless it writes one beside its Forward. Fields of its own beside a layer with Settings
// are compared only if it has a Settings of its own.
//
// Book: nn.Block, section "Layers and Blocks".
type Layer interface {
	// Kind is the stem of the layer's name: the layers of kind "conv" in a
	// Sequential are called conv0, conv1, …
	Kind() string
	Forward(scope *model.Scope, x *graph.Node) *graph.Node
}

// channelsLast returns images (batch, channel, height, width) as (batch, height, width,
// channel), with which XLA's own convolutions and pooling are fastest. Layers transpose
// on entry and back on exit: the compiler cancels the pair between two of them, and
// moves no data for images of one channel.
func channelsLast(x *graph.Node) *graph.Node { return graph.TransposeAllAxes(x, 0, 2, 3, 1) }

// channelsFirst undoes channelsLast.
func channelsFirst(x *graph.Node) *graph.Node { return graph.TransposeAllAxes(x, 0, 3, 1, 2) }

// requireImages panics unless x is a batch of images.
func requireImages(layer string, x *graph.Node) {
	if x.Rank() != 4 {
		panic(fmt.Sprintf("d2l: %s takes images of shape (batch, channel, height, width), got %v",
			layer, Shape(x.Shape().Dimensions)))
	}
}
