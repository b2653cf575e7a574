package d2l

import (
	"slices"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// keepIfFinite returns the values after a step if ok is true and X and all of them are finite, and those before it
// otherwise; whether each of X and of the values after the step is finite; and whether these are kept. If several are
// not, one at least is said to be.
func keepIfFinite(ok *graph.Node, X, after, before []*graph.Node) (values, finite []*graph.Node, kept *graph.Node) {
	g, arrays := ok.Graph(), slices.Concat(X, after)
	byKernel := make([]bool, len(arrays))
	finite = make([]*graph.Node, len(arrays))
	var kX, kAfter, kBefore []*graph.Node
	var small []int // Among arrays.
	for i, x := range arrays {
		switch {
		case xla.IsCPU(g.Backend()) && kernels.Usable(x):
			byKernel[i] = true
			if i < len(X) {
				kX = append(kX, x)
			} else {
				kAfter, kBefore = append(kAfter, x), append(kBefore, before[i-len(X)])
			}
		case xla.IsGPU(g.Backend()) && x.DType() == dtypes.Float32 && x.Shape().Size() <= maxSmall:
			small = append(small, i)
		case x.DType().IsFloat():
			finite[i] = graph.LogicalAll(graph.IsFinite(x))
			ok = graph.LogicalAnd(ok, finite[i])
		default:
			finite[i] = graph.Const(g, true)
		}
	}
	if len(small) > 0 {
		var together []*graph.Node
		for _, i := range small {
			together = append(together, arrays[i])
		}
		found, all := finiteTogether(together)
		for n, i := range small {
			finite[i] = graph.Reshape(graph.Slice(found, graph.AxisElem(n)))
		}
		ok = graph.LogicalAnd(ok, all)
	}
	kept = ok
	var kValues []*graph.Node
	if slices.Contains(byKernel, true) {
		var found *graph.Node
		kValues, found = kernels.Guard(ok, kX, kAfter, kBefore)
		kept = graph.LogicalAnd(ok, graph.LogicalAll(found))
		n := 0
		for i := range finite {
			if byKernel[i] {
				finite[i] = graph.Reshape(graph.Slice(found, graph.AxisElem(n)))
				n++
			}
		}
	}
	for i := range after {
		if byKernel[len(X)+i] {
			values, kValues = append(values, kValues[0]), kValues[1:]
		} else {
			values = append(values, graph.Where(kept, after[i], before[i]))
		}
	}
	return values, finite, kept
}

// maxSmall is the largest size of an array that finiteTogether is for. Larger ones would be copied.
const maxSmall = 1 << 16

// finiteTogether returns for some arrays, float32, whether each is finite, bool (n), but only for the first that is not,
// and whether all are. On a GPU one kernel for all of them is much faster than one for each.
func finiteTogether(arrays []*graph.Node) (finite, all *graph.Node) {
	g := arrays[0].Graph()
	var flat []*graph.Node
	var starts, ends []int32
	n := int32(0)
	for _, x := range arrays {
		flat, starts = append(flat, graph.Reshape(x, -1)), append(starts, n)
		n += int32(x.Shape().Size())
		ends = append(ends, n)
	}
	values := graph.Concatenate(flat, 0)
	at := graph.Iota(g, shapes.Make(dtypes.Int32, int(n)), 0)
	end := graph.BroadcastToShape(graph.Const(g, n), at.Shape())
	first := graph.ReduceAllMin(graph.Where(graph.IsFinite(values), end, at)) // The first that is not finite, or n.
	firsts := graph.BroadcastToDims(first, len(arrays))
	before, after := graph.LessThan(firsts, graph.Const(g, starts)), graph.GreaterOrEqual(firsts, graph.Const(g, ends))
	return graph.LogicalOr(before, after), graph.Equal(first, graph.Const(g, n))
}
