package d2l

import (
	"cmp"
	"fmt"
	"math"

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
// Book: nn.AvgPool2D, section "Convolutional Neural Networks (LeNet)".
type AvgPool2D struct {
	PoolSize int // Height and width of the window.
	Strides  int // Step of the window; 0 means PoolSize.
	Padding  int // Rows and columns of zeros added on each side.
}

// Kind returns "pool".
func (p AvgPool2D) Kind() string { return "pool" }

// Settings returns p with its default: see Layer.
func (p AvgPool2D) Settings() any {
	p.Strides = poolStrides(p.PoolSize, p.Strides)
	return p
}

// Notation returns the layer in the book's notation, such as 2×2 AvgPool, stride 2.
func (p AvgPool2D) Notation() string {
	return poolNotation("AvgPool", p.PoolSize, p.Strides, p.Padding)
}

func (p AvgPool2D) look() netfig.Look { return poolLook(p.PoolSize, p.Strides, p.Padding) }

// Forward adds the pooling to the graph of x.
func (p AvgPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	requirePool("AvgPool2D", p.PoolSize, p.Strides, p.Padding, x)
	x = channelsLast(x)
	var sums *graph.Node
	if p.Padding == 0 && poolStrides(p.PoolSize, p.Strides) == p.PoolSize {
		sums = blockSums(x, p.PoolSize)
	} else {
		sums = pool(graph.SumPool(x), p.PoolSize, p.Strides, p.Padding)
	}
	return channelsFirst(graph.DivScalar(sums, float64(p.PoolSize*p.PoolSize)))
}

// blockSums returns the sums of blocks of size × size that do not overlap, of x with channels last. XLA computes sums
// over axes, and their gradient, faster than sums over windows, on CPUs and GPUs.
func blockSums(x *graph.Node, size int) *graph.Node {
	d := x.Shape().Dimensions
	rows, columns := d[1]/size, d[2]/size
	x = graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, rows*size), graph.AxisRange(0, columns*size), graph.AxisRange())
	return graph.ReduceSum(graph.Reshape(x, d[0], rows, size, columns, size, d[3]), 2, 4)
}

// MaxPool2D replaces each window of PoolSize × PoolSize by its maximum. Shapes are those
// of AvgPool2D; padding is never the maximum.
//
// Book: nn.MaxPool2D, section "Pooling".
type MaxPool2D struct {
	PoolSize int // Height and width of the window.
	Strides  int // Step of the window; 0 means PoolSize.
	Padding  int // Rows and columns added on each side, smaller than any value.
}

// Kind returns "pool".
func (p MaxPool2D) Kind() string { return "pool" }

// Settings returns p with its default: see Layer.
func (p MaxPool2D) Settings() any {
	p.Strides = poolStrides(p.PoolSize, p.Strides)
	return p
}

// Notation returns the layer in the book's notation, such as 2×2 MaxPool, stride 2.
func (p MaxPool2D) Notation() string {
	return poolNotation("MaxPool", p.PoolSize, p.Strides, p.Padding)
}

func (p MaxPool2D) look() netfig.Look { return poolLook(p.PoolSize, p.Strides, p.Padding) }

// Forward adds the pooling to the graph of x.
func (p MaxPool2D) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	requirePool("MaxPool2D", p.PoolSize, p.Strides, p.Padding, x)
	x = channelsLast(x)
	y := pool(graph.MaxPool(x), p.PoolSize, p.Strides, p.Padding)
	if xla.IsCPU(x.Graph().Backend()) && x.DType().IsFloat() {
		// Its maxima drop NaN, unless XLA is told not to, which slows down every net.
		isNaN := graph.ConvertDType(graph.NotEqual(x, x), x.DType())
		n := graph.StopGradient(pool(graph.SumPool(isNaN), p.PoolSize, p.Strides, p.Padding))
		nan := graph.Const(x.Graph(), shapes.CastAsDType(math.NaN(), x.DType()))
		y = graph.Where(graph.Equal(n, graph.ZerosLike(n)), y, graph.BroadcastToShape(nan, y.Shape()))
	}
	return channelsFirst(y)
}

func pool(b *graph.PoolBuilder, size, strides, padding int) *graph.Node {
	b = b.Window(size).Strides(poolStrides(size, strides))
	if padding > 0 {
		b = b.PaddingPerDim([][2]int{{padding, padding}, {padding, padding}})
	}
	return b.Done()
}

func requirePool(layer string, size, strides, padding int, x *graph.Node) {
	requireImages(layer, x)
	if size <= 0 || strides < 0 || padding < 0 {
		panic(fmt.Sprintf("d2l: %s needs a positive PoolSize and no negative Strides or Padding, got %d, %d, %d",
			layer, size, strides, padding))
	}
	requireWindow(layer, size, padding, x)
}

func poolNotation(name string, size, strides, padding int) string {
	return fmt.Sprintf("%d×%[1]d %s%s, stride %d", size, name, padNotation(padding), poolStrides(size, strides))
}

func poolLook(size, strides, padding int) netfig.Look {
	return netfig.Pool(size, poolStrides(size, strides), padding)
}

// poolStrides returns the strides of a pooling: 0 means size.
func poolStrides(size, strides int) int { return cmp.Or(strides, size) }

// pools2x2 reports whether a layer pools blocks of 2 × 2, and whether it takes their
// maximum. It is not a method: a type that embeds a pooling would have it too, perhaps
// with a Forward of its own.
func pools2x2(layer Layer) (isMax, ok bool) {
	switch p := layer.(type) {
	case AvgPool2D:
		return false, p.PoolSize == 2 && poolStrides(p.PoolSize, p.Strides) == 2 && p.Padding == 0
	case MaxPool2D:
		_, ok := pools2x2(AvgPool2D(p))
		return true, ok
	}
	return false, false
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
