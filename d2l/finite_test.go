package d2l

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// allFinite returns for each array whether none of its values is NaN or infinite.
func allFinite(arrays []*graph.Node) []*graph.Node {
	_, finite, _ := keepIfFinite(graph.Const(arrays[0].Graph(), true), arrays, nil, nil)
	return finite
}

// A single value is seen in large arrays, and the largest numbers are finite.
func TestAllFinite(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	finite := must(graph.NewExec(backend, allFinite))(t)
	for _, dims := range [][]int{{3}, {5, 7}, {64, 1, 8, 8}, {4096, 1}, {1, 5000}, {3, 3, 32, 64}, {4096, 2049}} {
		values := slices.Repeat([]float32{math.MaxFloat32}, Shape(dims).size())
		holds := func() bool {
			return tensors.ToScalar[bool](must(finite.Call1(tensors.FromFlatDataAndDimensions(values, dims...)))(t))
		}
		if !holds() {
			t.Errorf("%v of the largest numbers are not finite", dims)
		}
		for _, at := range []int{0, len(values) / 2, len(values) - 1} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				values[at] = float32(bad)
				if holds() {
					t.Errorf("%v with %v at %d are finite", dims, bad, at)
				}
			}
			values[at] = -math.SmallestNonzeroFloat32
		}
		values[0], values[len(values)-1] = float32(math.Inf(1)), float32(math.Inf(-1))
		if holds() {
			t.Errorf("%v with both infinities are finite", dims)
		}
	}
}

// What the kernel guards and what XLA does are kept or left together.
func TestKeepIfFiniteOfSeveralTypes(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	nan := math.NaN()
	for _, c := range []struct {
		wide   float64
		narrow float32
		kept   bool
	}{{1, 1, true}, {nan, 1, false}, {1, float32(nan), false}} {
		outputs := must(graph.CallOnceN(backend, func(after []*graph.Node) []*graph.Node {
			before := []*graph.Node{graph.ZerosLike(after[0]), graph.ZerosLike(after[1]), graph.ZerosLike(after[2])}
			values, _, kept := keepIfFinite(graph.Const(after[0].Graph(), true), nil, after, before)
			return append(values, kept)
		}, c.wide, c.narrow, int32(7)))(t)
		wide, narrow := tensors.ToScalar[float64](outputs[0]), tensors.ToScalar[float32](outputs[1])
		count, kept := tensors.ToScalar[int32](outputs[2]), tensors.ToScalar[bool](outputs[3])
		if all := wide == 1 && narrow == 1 && count == 7; kept != c.kept || all != c.kept || !all && (wide != 0 || narrow != 0 || count != 0) {
			t.Errorf("%v and %v: kept is %v, and there are %v, %v and %v", c.wide, c.narrow, kept, wide, narrow, count)
		}
	}
}

// Each array has an answer of its own, whatever the types; on a GPU only the first of the small ones that is not finite.
func TestAllFiniteOfSeveralTypes(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	inf, nan := math.Inf(1), math.NaN()
	outputs := must(graph.CallOnceN(backend, allFinite, []float64{1, inf}, []float32{1}, int32(3), []float32{float32(nan)},
		[]float64{2}, [][]float32{{1, 2}, {3, float32(inf)}}, float32(4)))(t)
	want := []bool{false, true, true, false, true, false, true}
	for i, finite := range outputs {
		if got := tensors.ToScalar[bool](finite); got != want[i] && !(onGPU() && i == 5) {
			t.Errorf("array %d is finite: %v", i, got)
		}
	}
}

// Of arrays that are looked at together, the first one is found that is not finite, wherever in it the value is.
func TestFiniteTogether(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	sizes := []int{1, 4, 2}
	for bad := range 8 { // Among the values of all arrays; 7 is in none.
		var arrays []any
		at, first := 0, -1
		for i, size := range sizes {
			values := make([]float32, size)
			for j := range values {
				// From bad on nothing is finite.
				if at >= bad {
					values[j] = float32(math.Inf(-1))
				}
				if at == bad {
					first = i
				}
				at++
			}
			arrays = append(arrays, values)
		}
		outputs := must(graph.CallOnceN(backend, func(arrays []*graph.Node) []*graph.Node {
			finite, all := finiteTogether(arrays)
			return []*graph.Node{finite, all}
		}, arrays...))(t)
		for i, got := range must(tensors.CopyFlatData[bool](outputs[0]))(t) {
			if got != (i != first) {
				t.Errorf("from value %d on nothing is finite: array %d is finite: %v", bad, i, got)
			}
		}
		if got := tensors.ToScalar[bool](outputs[1]); got != (first < 0) {
			t.Errorf("from value %d on nothing is finite: all are: %v", bad, got)
		}
	}
}
