package kernels_test

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sys/cpu"
)

func TestMain(m *testing.M) {
	remove := d2ltest.OwnCompilationCache()
	code := m.Run()
	remove()
	os.Exit(code)
}

// expected are the kinds of processor that this one is.
func expected() (kinds []string) {
	if cpu.X86.HasAVX512F {
		kinds = append(kinds, "avx512")
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		kinds = append(kinds, "avx2")
	}
	if runtime.GOARCH == "arm64" {
		kinds = append(kinds, "neon")
	}
	return kinds
}

// started returns XLA's backend for the CPU, which has the kernels. On an old processor there are none.
func started(t testing.TB) compute.Backend {
	t.Helper()
	backend := d2ltest.Must(xla.CPU.Start())(t)
	if kernels.Available() != (len(expected()) > 0) {
		t.Fatalf("kernels are available: %v, on a processor of kind %v", kernels.Available(), expected())
	}
	if !kernels.Available() {
		t.Skip("there are no kernels for this processor")
	}
	t.Cleanup(func() { kernels.Use("") })
	return backend
}

// inGo is GoMLX's backend in Go, which computes what the kernels are compared with.
var inGo = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("") })

// values returns the outputs of a graph.
func values(
	t *testing.T, backend compute.Backend, f func(inputs []*graph.Node) []*graph.Node, inputs ...wave,
) [][]float32 {
	t.Helper()
	var args []any
	for _, x := range inputs {
		args = append(args, x.tensor())
	}
	var all [][]float32
	for _, y := range d2ltest.Must(graph.CallOnceN(backend, f, args...))(t) {
		all = append(all, d2ltest.Must(tensors.CopyFlatData[float32](y))(t))
	}
	return all
}

// sameOnThreads tests that the bits of a graph's outputs do not depend on the number of threads.
func sameOnThreads(t *testing.T, f func(inputs []*graph.Node) []*graph.Node, inputs ...wave) {
	t.Helper()
	backend := started(t)
	var want [][]float32
	for _, n := range []int{1, 2, 5} {
		restore := kernels.Threads(n)
		got := values(t, backend, f, inputs...)
		restore()
		if want == nil {
			want = got
		}
		for i := range got {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("with %d threads output %d differs", n, i)
			}
		}
	}
}

// A wave is a tensor of numbers between −scale and scale.
type wave struct {
	seed  int
	scale float64
	dims  []int
}

func waves(seed int, scale float64, dims ...int) wave { return wave{seed, scale, dims} }

func (w wave) tensor() *tensors.Tensor {
	size := 1
	for _, n := range w.dims {
		size *= n
	}
	return tensors.FromFlatDataAndDimensions(d2ltest.Wave(w.seed, w.scale, size), w.dims...)
}

// withGradients returns y and its gradients with respect to the inputs, with a weight of its own for each output, so
// that no two errors cancel.
func withGradients(y *graph.Node, inputs []*graph.Node) []*graph.Node {
	loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
	return append([]*graph.Node{y}, graph.Gradient(loss, inputs...)...)
}

var names = []string{"output", "dX", "dWeights", "dBiases"}

// windows returns, for each place of a window, row by row, what it sees of images at all positions: (batch, channel,
// rows, cols).
func windows(x *graph.Node, window, strides [2]int) (seen []*graph.Node) {
	along := func(axis, first int) graph.SliceAxisSpec {
		positions := (x.Shape().Dim(2+axis)-window[axis])/strides[axis] + 1
		return graph.AxisRange(first, first+(positions-1)*strides[axis]+1).Stride(strides[axis])
	}
	for down := range window[0] {
		for right := range window[1] {
			seen = append(seen, graph.Slice(x, graph.AxisRange(), graph.AxisRange(), along(0, down), along(1, right)))
		}
	}
	return seen
}
