package kernels_test

import (
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestFinite(t *testing.T) {
	backend := started(t)
	const size = 40_001 // Several threads' parts, and not a whole number of registers.
	large := func(at int, value float64) []float32 {
		x := make([]float32, size)
		for i := range x {
			x[i] = math.MaxFloat32
		}
		if at >= 0 {
			x[at] = float32(value)
		}
		return x
	}
	for _, kind := range expected() {
		kernels.Use(kind)
		for _, c := range []struct {
			a, b []float32
			want []bool
		}{
			{large(-1, 0), []float32{1}, []bool{true, true, true}},
			{large(0, math.NaN()), []float32{1}, []bool{false, true, true}},
			{large(size-1, math.Inf(1)), []float32{1}, []bool{false, true, true}},
			{large(20_000, math.Inf(-1)), []float32{float32(math.NaN())}, []bool{false, false, true}},
		} {
			outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
				scalar := graph.ReduceAllSum(graph.ZerosLike(in[0]))
				return []*graph.Node{kernels.Finite([]*graph.Node{graph.Reshape(in[0], 1, size), in[1], scalar})}
			}, c.a, c.b))(t)
			if got := d2ltest.Must(tensors.CopyFlatData[bool](outputs[0]))(t); !slices.Equal(got, c.want) {
				t.Errorf("%s: finite is %v, expected %v", kind, got, c.want)
			}
		}
	}
}
