package lenet

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// batchNormNet has what LeNet lacks: running statistics and nested layers.
func batchNormNet() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 4, KernelSize: 3, Padding: 1}, d2l.BatchNorm{}, d2l.ReLU, d2l.MaxPool2D{PoolSize: 2},
		d2l.Sequential{d2l.Conv2D{Channels: 3, KernelSize: 2, Strides: 3}, d2l.BatchNorm{}, d2l.Tanh},
		d2l.Dropout{Rate: 0.5}, d2l.Dense{Units: 10},
	})
}

// A net that was trained here computes the same in PyTorch, and what PyTorch saves
// of it is the same net here. The variable D2L_PYTORCH names a Python that has
// PyTorch: scripts/pytorch weights sets it.
func TestNetsThroughPyTorch(t *testing.T) {
	python := os.Getenv("D2L_PYTORCH")
	if python == "" {
		t.Skip("there is no PyTorch: run scripts/pytorch weights")
	}
	p := d2ltest.AgainstPyTorch(t, "through PyTorch")
	X := tensors.FromFlatDataAndDimensions(d2ltest.Wave(3, 1, 5*784), 5, 1, 28, 28)
	for name, build := range map[string]func() *d2l.Net{"lenet": New, "batchnorm": batchNormNet} {
		t.Run(name, func(t *testing.T) {
			net := build()
			d2ltest.NoError(t, net.Initialize(testDevice(), d2l.Xavier))
			trainer, err := d2l.NewTrainer(net, d2l.SGD(0.1))
			d2ltest.NoError(t, err)
			for range 3 {
				_, _, err = trainer.Step(X, tensors.FromValue([]int32{0, 1, 2, 3, 4}))
				d2ltest.NoError(t, err)
			}
			ours, theirs := filepath.Join(t.TempDir(), "ours.safetensors"), filepath.Join(t.TempDir(), "theirs.safetensors")
			d2ltest.NoError(t, net.SaveParameters(ours))
			command := exec.Command(python, "testdata/through_pytorch.py", name, ours, theirs)
			command.Stderr = os.Stderr
			printed, err := command.Output()
			d2ltest.NoError(t, err)
			var want []float32
			d2ltest.NoError(t, json.Unmarshal(printed, &want))
			outputs := func(net *d2l.Net) []float32 {
				y, err := net.Forward(X)
				d2ltest.NoError(t, err)
				values, err := tensors.CopyFlatData[float32](y)
				d2ltest.NoError(t, err)
				return values
			}
			p.Near(t, name+": outputs", outputs(net), want)
			if !reflect.DeepEqual(d2ltest.Safetensors(t, theirs), d2ltest.Safetensors(t, ours)) {
				t.Error("PyTorch saves other parameters than it has loaded")
			}
			back := build()
			d2ltest.NoError(t, back.LoadParameters(theirs, testDevice(), 1, 28, 28))
			if !reflect.DeepEqual(outputs(back), outputs(net)) {
				t.Error("after the round trip through PyTorch the net computes something else")
			}
		})
	}
}
