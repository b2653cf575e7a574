package d2l

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/netfig"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// AvgPool2D replaces each window of PoolSize × PoolSize by its mean, padding included.
//
// The output for (batch, c, h, w) is (batch, c, h', w'), where
// h' = (h + 2·Padding − PoolSize)/Strides + 1, rounded down, and w' likewise.
//
// Where height and width differ, PoolHW, StridesHW and PaddingHW take the place of
// PoolSize, Strides and Padding, each a pair (height, width):
//
//	AvgPool2D{PoolHW: [2]int{2, 3}, PaddingHW: [2]int{0, 1}, StridesHW: [2]int{2, 3}}
//
// Giving both the number and the pair of a setting panics, and so does, as in PyTorch, a
// padding of more than half the window: there would be windows without any pixel.
//
// Book: nn.AvgPool2D, section "Convolutional Neural Networks (LeNet)".
type AvgPool2D struct {
	PoolSize int // Height and width of the window.
	Strides  int // Step of the window; 0 means PoolSize.
	Padding  int // Rows and columns of zeros added on each side, at most half of PoolSize.

	PoolHW    [2]int // Height and width of the window, if they differ.
	StridesHW [2]int // Steps down and to the right, if they differ; 0 means the window's size.
	PaddingHW [2]int // Rows of zeros above and below, columns left and right, if they differ.
}

// Kind returns "pool".
func (p AvgPool2D) Kind() string { return "pool" }

// Settings returns p with its default: see Layer.
func (p AvgPool2D) Settings() any {
	w := p.window()
	p.PoolSize, p.PoolHW = oneOrPair(w.size)
	p.Strides, p.StridesHW = oneOrPair(w.strides)
	p.Padding, p.PaddingHW = oneOrPair(w.padding)
	return p
}

func (p AvgPool2D) window() window {
	return newWindow(p.PoolSize, p.Strides, p.Padding, p.PoolHW, p.StridesHW, p.PaddingHW, 0)
}

// Notation returns the layer in the book's notation, such as 2×2 AvgPool, stride 2.
func (p AvgPool2D) Notation() string { return p.notation("AvgPool") }

func (p AvgPool2D) notation(name string) string {
	w := p.window()
	return fmt.Sprintf("%s %s%s, stride %s", times(w.size), name, w.padNotation(), short(w.strides))
}

func (p AvgPool2D) look() netfig.Look {
	w := p.window()
	return netfig.Pool(w.size, w.strides, w.padding)
}

// Forward adds the pooling to the graph of x.
func (p AvgPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	p.require("AvgPool2D", x)
	w := p.window()
	x = channelsLast(x)
	var sums *graph.Node
	if w.padding == [2]int{} && w.strides == w.size {
		sums = blockSums(x, w.size)
	} else {
		sums = w.pool(graph.SumPool(x))
	}
	return channelsFirst(graph.DivScalar(sums, float64(w.size[0]*w.size[1])))
}

// blockSums returns the sums of blocks that do not overlap, of x with channels last. XLA computes sums over axes, and
// their gradient, faster than sums over windows, on CPUs and GPUs.
func blockSums(x *graph.Node, size [2]int) *graph.Node {
	d := x.Shape().Dimensions
	rows, columns := d[1]/size[0], d[2]/size[1]
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, rows*size[0]), graph.AxisRange(0, columns*size[1]),
		graph.AxisRange())
	return graph.ReduceSum(graph.Reshape(x, d[0], rows, size[0], columns, size[1], d[3]), 2, 4)
}

// MaxPool2D replaces each window of PoolSize × PoolSize by its maximum. Shapes, pairs
// and panics are those of AvgPool2D; padding is never the maximum. On the CPU, building
// a second derivative panics.
//
// Book: nn.MaxPool2D, section "Pooling".
type MaxPool2D struct {
	PoolSize int // Height and width of the window.
	Strides  int // Step of the window; 0 means PoolSize.
	Padding  int // Rows and columns added on each side, smaller than any value; at most half of PoolSize.

	PoolHW    [2]int // Height and width of the window, if they differ.
	StridesHW [2]int // Steps down and to the right, if they differ; 0 means the window's size.
	PaddingHW [2]int // Rows added above and below, columns left and right, if they differ.
}

// Kind returns "pool".
func (p MaxPool2D) Kind() string { return "pool" }

// Settings returns p with its default: see Layer.
func (p MaxPool2D) Settings() any { return MaxPool2D(AvgPool2D(p).Settings().(AvgPool2D)) }

// Notation returns the layer in the book's notation, such as 2×2 MaxPool, stride 2.
func (p MaxPool2D) Notation() string { return AvgPool2D(p).notation("MaxPool") }

func (p MaxPool2D) look() netfig.Look { return AvgPool2D(p).look() }

// Forward adds the pooling to the graph of x.
func (p MaxPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	AvgPool2D(p).require("MaxPool2D", x)
	w := AvgPool2D(p).window()
	kernel := kernels.MaxPool{Window: w.size, Strides: w.strides, Padding: w.padding}
	if xla.IsCPU(x.Graph().Backend()) && kernel.Suits(x) {
		return kernel.Forward(x)
	}
	x = channelsLast(x)
	y := w.pool(graph.MaxPool(x))
	if xla.IsCPU(x.Graph().Backend()) && x.DType().IsFloat() {
		// Its maxima drop NaN, unless XLA is told not to, which slows down every net.
		isNaN := graph.ConvertDType(graph.NotEqual(x, x), x.DType())
		n := graph.StopGradient(w.pool(graph.SumPool(isNaN)))
		nan := graph.Const(x.Graph(), shapes.CastAsDType(math.NaN(), x.DType()))
		y = graph.Where(graph.Equal(n, graph.ZerosLike(n)), y, graph.BroadcastToShape(nan, y.Shape()))
	}
	return channelsFirst(y)
}

func (w window) pool(b *graph.PoolBuilder) *graph.Node {
	b = b.WindowPerAxis(w.size[:]...).StridePerAxis(w.strides[:]...)
	if w.padding != [2]int{} {
		b = b.PaddingPerDim(w.paddings())
	}
	return b.Done()
}

// require panics on settings with which x cannot be pooled.
func (p AvgPool2D) require(layer string, x *graph.Node) {
	requireImages(layer, x)
	requireOnce(layer, "PoolSize", p.PoolSize, p.PoolHW)
	requireOnce(layer, "Strides", p.Strides, p.StridesHW)
	requireOnce(layer, "Padding", p.Padding, p.PaddingHW)
	w := p.window()
	if !w.valid() {
		panic(fmt.Sprintf("d2l: %s needs a positive PoolSize and no negative Strides or Padding, got %+v", layer, p))
	}
	if w.padding[0] > w.size[0]/2 || w.padding[1] > w.size[1]/2 {
		const message = "d2l: %s has a padding of %s, which is more than half of its window, %s: reduce the padding"
		panic(fmt.Sprintf(message, layer, short(w.padding), times(w.size)))
	}
	w.require(layer, x)
}

// pools2x2 returns how a layer pools blocks of 2 × 2 pixels, if it does. It is not a method: a type that embeds a pooling
// would have it too, perhaps with a Forward of its own.
func pools2x2(layer Layer) kernels.Pooling {
	two := window{size: [2]int{2, 2}, strides: [2]int{2, 2}}
	switch p := layer.(type) {
	case AvgPool2D:
		if p.window() == two {
			return kernels.Average
		}
	case MaxPool2D:
		if AvgPool2D(p).window() == two {
			return kernels.Maximum
		}
	}
	return kernels.NoPooling
}

// GlobalAvgPool2D replaces each channel by its mean: the output for (batch, c, h, w) is
// (batch, c, 1, 1).
//
// Book: nn.GlobalAvgPool2D, section "Network in Network (NiN)".
type GlobalAvgPool2D struct{}

// Kind returns "pool".
func (GlobalAvgPool2D) Kind() string { return "pool" }

// Notation returns "Global AvgPool".
func (GlobalAvgPool2D) Notation() string { return "Global AvgPool" }

func (GlobalAvgPool2D) look() netfig.Look { return netfig.GlobalPool }

// Forward adds the pooling to the graph of x.
func (GlobalAvgPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	requireImages("GlobalAvgPool2D", x)
	return graph.ReduceAndKeep(x, graph.ReduceMean, 2, 3)
}

// GlobalMaxPool2D replaces each channel by its maximum: the output for (batch, c, h, w) is
// (batch, c, 1, 1). Of several equal maxima the first gets the gradient, as in MaxPool2D. For
// sequences as images (batch, c, steps, 1) it is the maximum over time.
//
// Book: nn.GlobalMaxPool1D, section "Sentiment Analysis: Using Convolutional Neural Networks".
type GlobalMaxPool2D struct{}

// Kind returns "pool".
func (GlobalMaxPool2D) Kind() string { return "pool" }

// Notation returns "Global MaxPool".
func (GlobalMaxPool2D) Notation() string { return "Global MaxPool" }

func (GlobalMaxPool2D) look() netfig.Look { return netfig.GlobalPool }

// Forward adds the pooling to the graph of x.
func (GlobalMaxPool2D) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	requireImages("GlobalMaxPool2D", x)
	return MaxPool2D{PoolHW: [2]int{x.Shape().Dim(2), x.Shape().Dim(3)}}.Forward(scope, x)
}
