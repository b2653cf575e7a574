package kernels_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Programs that run at the same time do not disturb each other: one has the helpers, and the others do without.
func TestProgramsAtTheSameTime(t *testing.T) {
	backend := started(t)
	defer kernels.Threads(4)()
	// Each thread has memory of its own for what it computes of the weights' gradient.
	convolution := kernels.Convolution{Window: [2]int{3, 3}, Strides: [2]int{1, 1}, Activation: activation.TypeTanh}
	exec := d2ltest.Must(graph.NewExec(backend, func(x, weights, biases *graph.Node) *graph.Node {
		return withGradients(convolution.Forward(x, weights, biases, true), []*graph.Node{weights})[1]
	}))(t)
	run := func(seed int) []float32 {
		y, err := exec.Call1(waves(seed, 1, 200, 2, 12, 12).tensor(), waves(seed+1, 1, 3, 3, 2, 8).tensor(), waves(seed+2, 1, 8).tensor())
		if err != nil {
			t.Error(err)
			return nil
		}
		return d2ltest.Must(tensors.CopyFlatData[float32](y))(t)
	}
	want := [][]float32{run(1), run(11), run(21)}
	var group sync.WaitGroup
	for i := range want {
		group.Go(func() {
			for range 50 {
				if got := run(1 + 10*i); !slices.Equal(got, want[i]) {
					t.Errorf("program %d has other results beside others", i)
					return
				}
			}
		})
	}
	group.Wait()
}
