package d2l_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// A file with torchvision's names for ResNet-18 gives PyTorch's outputs, and PyTorch's losses when it is trained with
// frozen statistics; these stay to the bit.
func TestResNet18AgainstPyTorch(t *testing.T) {
	var fixture struct {
		Input                   []int
		Labels                  []int32
		Output, Losses, Trained []float32
	}
	d2ltest.NoError(t, json.Unmarshal(d2ltest.Must(os.ReadFile("testdata/resnet18.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "ResNet-18 from a file with torchvision's names")
	net := torchvisionResNet18([4]int{2, 4, 8, 16}, 5, d2l.BatchNorm{UseGlobalStats: true})
	d2ltest.NoError(t, net.Initialize(d2ltest.Device(d2l.CPU, d2l.GPU), d2l.Xavier))
	report := d2ltest.Must(net.LoadMatchingParameters("testdata/resnet18.safetensors", torchvisionNames.Replace,
		fixture.Input[1:]...))(t)
	if len(report.Missing) > 0 || len(report.Unexpected) > 0 {
		t.Fatal(report)
	}
	X := tensors.FromFlatDataAndDimensions(d2ltest.Wave(33, 3, 4*3*64*64), fixture.Input...)
	outputs := func() []float32 {
		return d2ltest.Must(tensors.CopyFlatData[float32](d2ltest.Must(net.Forward(X))(t)))(t)
	}
	pytorch.Near(t, "outputs", outputs(), fixture.Output)
	statistics := func() (all [][]float32) {
		for _, v := range net.Variables() {
			if !v.Trainable {
				all = append(all, d2ltest.Must(tensors.CopyFlatData[float32](d2ltest.Must(v.Value())(t)))(t))
			}
		}
		return all
	}
	before := statistics()
	trainer := d2ltest.Must(d2l.NewTrainer(net, d2l.SGD(0.05)))(t)
	var losses []float32
	for range fixture.Losses {
		loss, _, err := trainer.Step(X, tensors.FromValue(fixture.Labels))
		d2ltest.NoError(t, err)
		losses = append(losses, float32(loss/float64(len(fixture.Labels))))
	}
	pytorch.Near(t, "losses with frozen statistics", losses, fixture.Losses)
	pytorch.Near(t, "outputs after these steps", outputs(), fixture.Trained)
	if after := statistics(); len(after) != 3*20 || !reflect.DeepEqual(after, before) {
		t.Errorf("training changed the frozen statistics, which are %d", len(after))
	}
}
