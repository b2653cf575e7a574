package d2l

import (
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Convolutions of few channels are computed by patches on a GPU, for which the CPU stands here, unless the user leaves
// them to cuDNN.
func TestSuitsPatches(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	suits := func(c Conv2D, dtype dtypes.DType, shape ...int) bool {
		g := graph.NewGraph(backend, "patches")
		defer g.Finalize()
		return c.window().suitsPatches(graph.Parameter(g, "x", shapes.Make(dtype, shape...)), c.Channels)
	}
	first := Conv2D{Channels: 6, KernelSize: 5, Padding: 2}
	freshBackends(t)
	xla.Swap(map[xla.Platform]compute.Backend{xla.CPU: backend})
	if suits(first, dtypes.Float32, 256, 1, 28, 28) {
		t.Error("the CPU computes by patches")
	}
	xla.Swap(map[xla.Platform]compute.Backend{xla.GPU: backend})
	for _, c := range []struct {
		conv  Conv2D
		shape []int
		want  bool
	}{
		{first, []int{256, 1, 28, 28}, true},
		{Conv2D{Channels: 16, KernelSize: 5}, []int{256, 6, 14, 14}, true},
		{Conv2D{Channels: 32, KernelSize: 3, Padding: 1}, []int{128, 16, 5, 5}, true},
		{Conv2D{Channels: 33, KernelSize: 3, Padding: 1}, []int{128, 16, 5, 5}, false},
		{Conv2D{Channels: 16, KernelSize: 3}, []int{128, 29, 5, 5}, false},               // 261 values in a patch.
		{Conv2D{Channels: 16, KernelHW: [2]int{5, 10}}, []int{2, 1, 28, 28}, false},      // 50 places.
		{first, []int{6847, 1, 28, 28}, true},                                            // 25·28²·4 bytes for each image:
		{first, []int{6848, 1, 28, 28}, false},                                           // 512 MB.
		{Conv2D{Channels: 6, KernelSize: 5, Strides: 2}, []int{30000, 1, 28, 28}, true},  // 12² patches.
		{Conv2D{Channels: 96, KernelSize: 11, Strides: 4}, []int{2, 1, 224, 224}, false}, // AlexNet.
	} {
		if got := suits(c.conv, dtypes.Float32, c.shape...); got != c.want {
			t.Errorf("%+v of %v by patches: %v", c.conv, c.shape, got)
		}
	}
	if suits(first, dtypes.Complex64, 2, 1, 28, 28) {
		t.Error("complex numbers by patches")
	}
	t.Setenv(convolutionVariable, "cudnn")
	if suits(first, dtypes.Float32, 256, 1, 28, 28) {
		t.Error("with cudnn it computes by patches")
	}
	t.Setenv(convolutionVariable, "no")
	wantPanic(t, func() { suits(first, dtypes.Float32, 256, 1, 28, 28) }, `D2L_GPU_CONVOLUTIONS is "no": set it to cudnn, or unset it`)
}
