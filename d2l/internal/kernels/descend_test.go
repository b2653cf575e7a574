package kernels_test

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
)

func TestDescend(t *testing.T) {
	backend := started(t)
	inputs := []wave{
		waves(1, 1), waves(2, 1, 3, 7001), waves(3, 1), waves(4, 1, 17), // The rate, a scalar, and what ends within a register.
		waves(5, 3, 3, 7001), waves(6, 3), waves(7, 3, 17),
	}
	want := values(t, d2ltest.Must(inGo())(t), func(in []*graph.Node) (all []*graph.Node) {
		for i := range 3 {
			all = append(all, graph.Sub(in[1+i], graph.Mul(in[4+i], in[0])))
		}
		return all
	}, inputs...)
	for _, kind := range expected() {
		kernels.Use(kind)
		got := values(t, backend, func(in []*graph.Node) []*graph.Node { return kernels.Descend(in[0], in[1:4], in[4:]) }, inputs...)
		for i := range want {
			d2ltest.Near(t, kind, got[i], want[i], 1e-6)
		}
	}
}
