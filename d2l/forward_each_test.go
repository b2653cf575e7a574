package d2l

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// wantOutputs checks that ForwardEach yields what Forward returns for each batch, but for rounding.
func wantOutputs(t *testing.T, net *Net, data DataIter) {
	t.Helper()
	var got []LabeledOutput
	for output, err := range net.ForwardEach(data) {
		noError(t, err)
		got = append(got, output)
	}
	i := 0
	for batch, err := range data.Iter() {
		noError(t, err)
		want := must(net.Forward(batch.Inputs[0]))(t)
		if i >= len(got) {
			t.Fatalf("%d outputs", len(got))
		}
		if shape := ShapeOf(got[i].YHat); !slices.Equal(shape, ShapeOf(want)) {
			t.Fatalf("output %d has shape %v, expected %v", i, shape, ShapeOf(want))
		}
		near(t, fmt.Sprint("output ", i), float32s(t, got[i].YHat), float32s(t, want), 1e-6)
		y, wantY := must(tensors.CopyFlatData[int32](got[i].Y))(t), must(tensors.CopyFlatData[int32](batch.Labels[0]))(t)
		if !slices.Equal(y, wantY) {
			t.Errorf("labels %d are %v, expected %v", i, y, wantY)
		}
		i++
	}
	if len(got) != i {
		t.Errorf("%d outputs, expected %d", len(got), i)
	}
}

// The outputs for many batches in one program are those of Forward, of the smaller batch at the end as well, for a net
// that has seen no batch before, and for outputs so large that few fit into one program.
func TestForwardEach(t *testing.T) {
	large := layerFunc(func(x *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(x, -1, 1, 64), x.Shape().Dim(0), 8000, 64)
	})
	for _, size := range []int{0, 3} {
		inLoops(t, size)
		for _, net := range []*Net{NewNet(Sequential{BatchNorm{}, Dense{Units: 3}}), NewNet(large)} {
			noError(t, net.Initialize(testDevice(), Xavier))
			wantOutputs(t, net, quadrants(83, 16, false))
			wantOutputs(t, net, quadrants(32, 16, false))
			for shape, loop := range net.loops {
				if loop.program == nil {
					t.Errorf("%v is not computed in a loop", shape)
				}
			}
			if got := len(net.loops); got != 3 && size > 0 { // The last batch has its own, and so has each number of images.
				t.Errorf("%d loops", got)
			}
		}
	}
}

// An output that is its input stays what it is when the batch's memory is freed.
func TestForwardEachOfInputs(t *testing.T) {
	for _, device := range []Device{testDevice(), {platform: xla.Go}} {
		net := NewNet(layerFunc(func(x *graph.Node) *graph.Node { return x }))
		noError(t, net.Initialize(device, Xavier))
		wantOutputs(t, net, quadrants(83, 16, false))
	}
}

// Errors of the data and of the net end the iteration.
func TestForwardEachErrors(t *testing.T) {
	broken := quadrants(20, 8, false)
	broken.load = func() ([]byte, []byte, error) { return nil, nil, os.ErrNotExist }
	for _, size := range []int{0, 50} {
		inLoops(t, size)
		wantFirst := func(net *Net, data DataIter, parts ...string) {
			t.Helper()
			n := 0
			for _, err := range net.ForwardEach(data) {
				n++
				wantError(t, err, parts...)
			}
			if n != 1 {
				t.Errorf("%d outputs", n)
			}
		}
		net := smallNet()
		wantFirst(net, quadrants(20, 8, false), "the net has no parameters yet")
		noError(t, net.Initialize(testDevice(), Xavier))
		wantFirst(net, broken, "quadrants: file does not exist")
		wide := quadrants(5, 5, false)
		wide.resize = 3
		must(net.Forward(waves(1, 1, 5, 1, 8, 8)))(t)
		wantFirst(net, wide, "computing the net's output for X of shape (5, 1, 3, 3): layer dense0")
	}
}
