package d2l

import (
	"fmt"
	"os"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// On a GPU, convolutions with few channels are products of matrices: the weights times the patches that the window sees.
// XLA computes its own convolutions by cuDNN, which cannot be part of a CUDA graph made by XLA: a step with one is
// several graphs, with cuDNN's calls between them, and a loop of steps returns to the host in each round. A loop without
// is one graph.

const (
	// Limits of the convolutions that are computed by patches. With more channels, cuDNN has kernels for them.
	maxPlaces        = 49        // In a window. For each XLA compiles a slice, and an addition in the gradient.
	maxPatch         = 256       // Values in a patch: the places in the window, times the channels of x.
	maxPatchChannels = 32        // Of the output.
	maxPatchBytes    = 512 << 20 // All patches of a batch, which a training step holds in the GPU's memory.
)

// convolutionVariable leaves all convolutions to cuDNN on a GPU if it is "cudnn".
const convolutionVariable = "D2L_GPU_CONVOLUTIONS"

// suitsPatches reports whether to compute the convolution of x, (batch, in, height, width), by patches.
func (w window) suitsPatches(x *graph.Node, out int) bool {
	if !xla.IsGPU(x.Graph().Backend()) {
		return false
	}
	switch choice := os.Getenv(convolutionVariable); choice {
	case "":
	case "cudnn":
		return false
	default:
		panic(fmt.Sprintf("d2l: %s is %q: set it to cudnn, or unset it", convolutionVariable, choice))
	}
	places := w.size[0] * w.size[1]
	patch := places * x.Shape().Dim(1)
	height, width := w.outputSize(x)
	bytes := patch * x.Shape().Dim(0) * height * width * x.DType().Size()
	return x.DType().IsFloat() &&
		places <= maxPlaces && patch <= maxPatch && out <= maxPatchChannels && bytes <= maxPatchBytes
}

// byPatches returns the convolution of x, (batch, in, height, width), with weights, (height, width, in, out), as (batch,
// out, height, width).
func (w window) byPatches(x, weights *graph.Node) *graph.Node {
	height, width := w.outputSize(x)
	// The channel comes first, so that patches are the rows of a matrix and neighbors in memory are pixels of one row.
	x = graph.TransposeAllAxes(x, 1, 0, 2, 3)
	if w.padding != [2]int{} {
		rows, columns := w.padding[0], w.padding[1]
		x = graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), compute.PadAxis{}, compute.PadAxis{},
			compute.PadAxis{Start: rows, End: rows}, compute.PadAxis{Start: columns, End: columns})
	}
	var patches []*graph.Node // For each place in the window, the pixels that it sees.
	for i := range w.size[0] {
		for j := range w.size[1] {
			seen := graph.Slice(x, graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(i, i+(height-1)*w.strides[0]+1).Stride(w.strides[0]),
				graph.AxisRange(j, j+(width-1)*w.strides[1]+1).Stride(w.strides[1]))
			patches = append(patches, graph.ExpandAxes(seen, 0))
		}
	}
	in, batch, out := x.Shape().Dim(0), x.Shape().Dim(1), weights.Shape().Dim(3)
	patch := len(patches) * in
	y := graph.DotGeneral(
		graph.Reshape(weights, patch, out), []int{0}, nil,
		graph.Reshape(graph.Concatenate(patches, 0), patch, batch*height*width), []int{0}, nil)
	return graph.TransposeAllAxes(graph.Reshape(y, out, batch, height, width), 1, 0, 2, 3)
}

// outputSize returns height and width of what the window makes of images x.
func (w window) outputSize(x *graph.Node) (height, width int) {
	size := func(axis int) int {
		return (x.Shape().Dim(2+axis)+2*w.padding[axis]-w.size[axis])/w.strides[axis] + 1
	}
	return size(0), size(1)
}
