package kernels_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// The values after a step are there if all are finite, and otherwise those before it, while what else uses them sees what
// they were.
func TestGuard(t *testing.T) {
	backend := started(t)
	nan := float32(math.NaN())
	for _, kind := range expected() {
		kernels.Use(kind)
		for name, c := range map[string]struct {
			ok      bool
			x, a, b float32
			keeps   bool
		}{
			"all is finite":         {true, 1, 2, 3, true},
			"the loss is not":       {false, 1, 2, 3, false},
			"an input is not":       {true, nan, 2, 3, false},
			"a value is not":        {true, 1, 2, nan, false},
			"another is not either": {true, 1, float32(math.Inf(1)), nan, false},
		} {
			outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
				computed := graph.AddScalar(graph.BroadcastToDims(in[1], 70, 500), 1)
				after := []*graph.Node{computed, in[2]}
				values, finite := kernels.Guard(in[3], []*graph.Node{in[0]}, after, []*graph.Node{graph.ZerosLike(computed), graph.ZerosLike(in[2])})
				return append(values, finite, graph.ReduceAllMax(computed), in[2])
			}, []float32{c.x, 1}, c.a, c.b, c.ok))(t)
			first := d2ltest.Must(tensors.CopyFlatData[float32](outputs[0]))(t)
			want := []float32{0, 0}
			if c.keeps {
				want = []float32{c.a + 1, c.b}
			}
			got := []float32{first[0], tensors.ToScalar[float32](outputs[1])}
			if !slices.Equal(got, want) || first[len(first)-1] != first[0] {
				t.Errorf("%s, %s: %v, expected %v", kind, name, got, want)
			}
			isFinite := func(x float32) bool { return x-x == 0 }
			finite := d2ltest.Must(tensors.CopyFlatData[bool](outputs[2]))(t)
			if want := []bool{isFinite(c.x), isFinite(c.a), isFinite(c.b)}; !slices.Equal(finite, want) {
				t.Errorf("%s, %s: finite is %v, expected %v", kind, name, finite, want)
			}
			others := []float32{tensors.ToScalar[float32](outputs[3]), tensors.ToScalar[float32](outputs[4])}
			if isFinite(c.a) && others[0] != c.a+1 || isFinite(c.b) && others[1] != c.b {
				t.Errorf("%s, %s: the values after the step became %v", kind, name, others)
			}
		}
	}
}

// Values that change places, and one that is there twice: no result takes the memory of what is still needed.
func TestGuardOfEachOthersValues(t *testing.T) {
	backend := started(t)
	for _, x := range []float32{1, float32(math.NaN())} {
		outputs := d2ltest.Must(graph.CallOnceN(backend, func(in []*graph.Node) []*graph.Node {
			after := []*graph.Node{in[2], in[1], in[1]}
			values, _ := kernels.Guard(graph.Const(in[0].Graph(), true), in[:1], after, []*graph.Node{in[1], in[2], in[2]})
			return append(values, in[1], in[2])
		}, []float32{x}, []float32{1, 2}, []float32{3, 4}))(t)
		want := [][]float32{{3, 4}, {1, 2}, {1, 2}, {1, 2}, {3, 4}}
		if x != 1 {
			want = [][]float32{{1, 2}, {3, 4}, {3, 4}, {1, 2}, {3, 4}}
		}
		for i, output := range outputs {
			if got := d2ltest.Must(tensors.CopyFlatData[float32](output))(t); !slices.Equal(got, want[i]) {
				t.Errorf("with the input %v output %d is %v, expected %v", x, i, got, want[i])
			}
		}
	}
}

func TestGuardSearches(t *testing.T) {
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
				_, finite := kernels.Guard(graph.Const(scalar.Graph(), true), []*graph.Node{graph.Reshape(in[0], 1, size), in[1], scalar}, nil, nil)
				return []*graph.Node{finite}
			}, c.a, c.b))(t)
			if got := d2ltest.Must(tensors.CopyFlatData[bool](outputs[0]))(t); !slices.Equal(got, c.want) {
				t.Errorf("%s: finite is %v, expected %v", kind, got, c.want)
			}
		}
	}
}

// What a guard of a step on 256 of LeNet's images takes (scripts/bench guard): a program with some guards, each of images
// of its own, which are in no core's cache by then, against one that takes the same and has none.
func BenchmarkGuard(b *testing.B) {
	const batches = 16
	backend := started(b)
	var arguments []any
	for i := range batches {
		arguments = append(arguments, waves(i, 1, 256, 1, 28, 28).tensor())
	}
	for i, dims := range [][]int{
		{5, 5, 1, 6}, {6}, {5, 5, 6, 16}, {16}, {400, 120}, {120}, {120, 84}, {84}, {84, 10}, {10},
	} {
		arguments = append(arguments, waves(i, 1, dims...).tensor())
	}
	// program returns a function that runs a program with so many guards, and how long that takes.
	program := func(guards int) func() time.Duration {
		exec := d2ltest.Must(graph.NewExec(backend, func(inputs []*graph.Node) []*graph.Node {
			X, before := inputs[:batches], inputs[batches:]
			after, ok := make([]*graph.Node, len(before)), graph.Const(before[0].Graph(), true)
			for i, v := range before {
				after[i] = graph.Neg(v)
			}
			loss := graph.ReduceAllSum(before[1])
			for _, x := range X[:guards] {
				after, _ = kernels.Guard(ok, []*graph.Node{x, loss}, after, before)
			}
			return after
		}))(b)
		return func() time.Duration {
			start := time.Now()
			outputs := d2ltest.Must(exec.Exec(arguments...))(b)
			took := time.Since(start)
			for _, y := range outputs {
				y.MustFinalizeAll()
			}
			return took
		}
	}
	with, without := program(batches), program(0)
	var took []float64
	for b.Loop() {
		with1, without1 := with(), without()
		without2, with2 := without(), with()
		took = append(took, float64(with1-without1)/batches, float64(with2-without2)/batches)
	}
	took = took[len(took)/10:] // Without the first ones, which are slower.
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ns/guard")
	b.ReportMetric(0, "ns/op")
}
