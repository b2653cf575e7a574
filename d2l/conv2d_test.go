package d2l

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sys/cpu"
)

// XLA's convolutions and those by patches have the values and gradients of the sum over the window, with the biases and
// what is added to them: XLA leaves its own to oneDNN where it has it.
func TestConvolutions(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	for _, c := range []struct {
		input []int
		conv  Conv2D
	}{
		{[]int{3, 1, 28, 28}, Conv2D{Channels: 8, KernelSize: 3, Padding: 1}},
		{[]int{2, 1, 30, 30}, Conv2D{Channels: 16, KernelSize: 3, Padding: 2, Strides: 2}},
		{[]int{2, 3, 16, 17}, Conv2D{Channels: 6, KernelHW: [2]int{3, 1}, StridesHW: [2]int{1, 2}}},
		{[]int{3, 8, 14, 14}, Conv2D{Channels: 8, KernelSize: 3, Padding: 1}},
		{[]int{2, 16, 9, 7}, Conv2D{Channels: 24, KernelSize: 3, Padding: 1, Strides: 2}},
		{[]int{2, 5, 12, 11}, Conv2D{Channels: 7, KernelHW: [2]int{5, 2}, StridesHW: [2]int{1, 3}}},
		{[]int{2, 33, 6, 6}, Conv2D{Channels: 17, KernelSize: 1, Strides: 2}},
		{[]int{1, 64, 8, 8}, Conv2D{Channels: 32, KernelSize: 5, Padding: 2}},
	} {
		t.Run(fmt.Sprintf("%+v of %v", c.conv, c.input), func(t *testing.T) {
			w := c.conv.window()
			size := func(axis int) int { return (c.input[2+axis]+2*w.padding[axis]-w.size[axis])/w.strides[axis] + 1 }
			outputs := must(graph.CallOnceN(backend, func(in []*graph.Node) (results []*graph.Node) {
				byPatches := func(x, kernel *graph.Node, w window) *graph.Node { return channelsLast(w.byPatches(x, kernel)) }
				for _, convolution := range []func(x, kernel *graph.Node, w window) *graph.Node{sumOverWindow, convolve, byPatches} {
					y := convolution(in[0], in[1], w)
					y = graph.Add(y, graph.ExpandLeftToRank(in[2], 4))
					added := graph.Reshape(in[3], y.Shape().Dimensions...)
					// oneDNN adds to the array of this square, which nothing else needs.
					y = graph.Add(y, graph.Square(added))
					y = graph.Mul(graph.Sigmoid(y), graph.Add(convolution(in[0], in[1], w), added))
					// A weight of its own for each output, so that no two errors cancel.
					loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(y.Graph(), y.Shape()))))
					results = append(append(results, y), graph.Gradient(loss, in...)...)
				}
				return results
			}, waves(1, 1, c.input...), waves(2, 0.2, w.size[0], w.size[1], c.input[1], c.conv.Channels),
				waves(3, 1, c.conv.Channels), waves(4, 1, c.input[0]*size(0)*size(1)*c.conv.Channels)))(t)
			for i, name := range []string{"output", "dX", "dWeights", "dBiases", "dAdded"} {
				want := must(tensors.CopyFlatData[float32](outputs[i]))(t)
				d2ltest.Near(t, name, must(tensors.CopyFlatData[float32](outputs[5+i]))(t), want, 2e-5)
				d2ltest.Near(t, name+" by patches", must(tensors.CopyFlatData[float32](outputs[10+i]))(t), want, 2e-5)
			}
		})
	}
}

// The plugin that set-up installs on x86-64 contains oneDNN, and uses it unless XLA_FLAGS says otherwise.
func TestOneDNN(t *testing.T) {
	if !cpu.X86.HasAVX2 || runtime.GOOS != "linux" || os.Getenv("PJRT_PLUGIN_LIBRARY_PATH") != "" || onGPU() {
		t.Skip("for the CPU plugin that set-up installs on x86-64, with AVX2")
	}
	for flags, want := range map[string]string{
		"": "[BIAS SUM]", "--xla_cpu_experimental_onednn_custom_call=false": "[]",
	} {
		dir := t.TempDir()
		flags = strings.TrimSpace("--xla_dump_to=" + dir + " " + flags)
		if got := said(t, child("oneDNN", "XLA_FLAGS="+flags, "D2L_TEST_PATH="+dir)); got != want {
			t.Errorf("with XLA_FLAGS=%s oneDNN is used for %s, expected %s", flags, got, want)
		}
	}
}

// childUsesOneDNN says for what besides a convolution oneDNN is used.
func childUsesOneDNN() string {
	x, kernel, biases := waves(1, 1, 2, 8, 9, 9), waves(2, 1, 3, 3, 8, 8), waves(3, 1, 8)
	backend, _, err := CPU(0).Backend()
	Check(err)
	Must(graph.CallOnce(backend, func(x, kernel, biases *graph.Node) *graph.Node {
		y := graph.Add(convolve(x, kernel, Conv2D{KernelSize: 3, Padding: 1}.window()), graph.ExpandLeftToRank(biases, 4))
		return graph.Add(y, graph.Square(channelsLast(x)))
	}, x, kernel, biases))
	var with []string
	for _, file := range Must(filepath.Glob(os.Getenv("D2L_TEST_PATH") + "/*after_optimizations.txt")) {
		for _, line := range strings.Split(string(Must(os.ReadFile(file))), "\n") {
			for _, op := range []string{"BIAS", "SUM"} {
				if strings.Contains(line, "__onednn$convolution") && strings.Contains(line, `"`+op+`"`) {
					with = append(with, op)
				}
			}
		}
	}
	return fmt.Sprint(with)
}

// sumOverWindow is a convolution of images, (batch, channel, height, width), as it is defined, with the channels last.
func sumOverWindow(x, kernel *graph.Node, w window) *graph.Node {
	x = channelsLast(x)
	x = graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), compute.PadAxis{},
		compute.PadAxis{Start: w.padding[0], End: w.padding[0]}, compute.PadAxis{Start: w.padding[1], End: w.padding[1]},
		compute.PadAxis{})
	var sum *graph.Node
	for down := range w.size[0] {
		for right := range w.size[1] {
			seen := graph.Slice(x, graph.AxisRange(),
				graph.AxisRange(down, x.Shape().Dim(1)-w.size[0]+down+1).Stride(w.strides[0]),
				graph.AxisRange(right, x.Shape().Dim(2)-w.size[1]+right+1).Stride(w.strides[1]), graph.AxisRange())
			weight := graph.Squeeze(graph.Slice(kernel, graph.AxisElem(down), graph.AxisElem(right)), 0, 1)
			part := graph.Einsum("bhwi,io->bhwo", seen, weight)
			if sum == nil {
				sum = part
			} else {
				sum = graph.Add(sum, part)
			}
		}
	}
	return sum
}
