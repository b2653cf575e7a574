package d2l_test

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
)

// Fine tuning: a net gets what another has learnt, but for the output layer, which learns at ten times the rate of the
// others. The running statistics of batch normalization stay as they are.
//
// Both trainings print their two lines, for example, of the second,
//
//	loss 1.553, train acc 0.481, test acc 0.635
//	1514.0 examples/sec on cpu(0)
func ExampleTrainCh13() {
	d2l.Seed(1)
	digits, testDigits := d2l.LoadDataMnist(256)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "digits.params")
	netWith := func(norm d2l.BatchNorm) *d2l.Net {
		return d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 64}, norm, d2l.ReLU, d2l.Dense{Units: 10}})
	}

	pretrained := netWith(d2l.BatchNorm{})
	d2l.Must(d2l.TrainCh5(pretrained, d2l.FirstBatches(digits, 10), d2l.FirstBatches(testDigits, 4), 1, 0.1, d2l.TryGPU(0)))
	d2l.Check(pretrained.SaveParameters(path))

	net := netWith(d2l.BatchNorm{UseGlobalStats: true})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	isOutput := func(name string) bool { return strings.HasPrefix(name, "dense1.") }
	d2l.Must(net.LoadMatchingParameters(path, func(name string) string {
		if isOutput(name) {
			return ""
		}
		return name
	}))
	opt := d2l.SGD(0.01).WithRates(func(name string) float64 {
		if isOutput(name) {
			return 10
		}
		return 1
	})
	d2l.Must(d2l.TrainCh13(net, d2l.FirstBatches(trainIter, 20), d2l.FirstBatches(testIter, 4),
		d2l.SoftmaxCrossEntropyLoss{}, opt, 1))
}

func TestExampleTrainCh13(t *testing.T) {
	printed := printedBy(t, ExampleTrainCh13)
	if !regexp.MustCompile("^" + trainedLines + trainedLines + "$").MatchString(printed) {
		t.Errorf("printed %q, expected twice %s", printed, trainedLines)
	}
}

// doubled is twice the softmax cross-entropy.
type doubled struct{ d2l.SoftmaxCrossEntropyLoss }

func (d doubled) Forward(yHat, y *graph.Node) *graph.Node {
	return graph.MulScalar(d.SoftmaxCrossEntropyLoss.Forward(yHat, y), 2)
}

// TrainCh13 goes on from the parameters that are there: epochs of TrainCh5 at rate 0.1 are as many of both, without a
// shuffle, and a net without parameters is refused.
func TestTrainCh13GoesOn(t *testing.T) {
	_, testIter := d2l.LoadDataFashionMnist(256)
	data := d2l.FirstBatches(testIter, 3)
	device := d2ltest.Device(d2l.CPU, d2l.GPU)
	loss := d2l.SoftmaxCrossEntropyLoss{}
	train := func(first, further int) (result *d2l.Result, weights string) {
		d2l.Seed(3)
		net := d2l.NewNet(mlp)
		d2ltest.Quietly(t, func() {
			result = d2ltest.Must(d2l.TrainCh5(net, data, data, first, 0.1, device))(t)
			if further > 0 {
				result = d2ltest.Must(d2l.TrainCh13(net, data, data, loss, 0.1, further))(t)
			}
		})
		result.ExamplesPerSec = 0
		return result, d2ltest.Must(d2ltest.Must(net.Parameter("dense0.weight"))(t).Value())(t).String()
	}
	want, wantWeights := train(3, 0)
	got, weights := train(1, 2)
	if got.Loss != want.Loss || got.TestAcc != want.TestAcc || got.Devices.String() != want.Devices.String() ||
		weights != wantWeights {
		t.Errorf("one epoch of TrainCh5 and two of TrainCh13: %+v, three of TrainCh5: %+v", got, want)
	}
	lossOf := func(loss d2l.Loss) (first float64) { // Of a step.
		d2l.Seed(3)
		net, batch := d2l.NewNet(mlp), d2l.FirstBatches(testIter, 1)
		d2ltest.NoError(t, net.Initialize(device, d2l.Xavier))
		d2ltest.Quietly(t, func() { first = d2ltest.Must(d2l.TrainCh13(net, batch, batch, loss, 0.1, 1, device))(t).Loss })
		return first
	}
	if single, double := lossOf(loss), lossOf(doubled{}); math.Abs(double-2*single) > 1e-5 {
		t.Errorf("twice the loss %v is %v", single, double)
	}
	_, err := d2l.TrainCh13(d2l.NewNet(mlp), data, data, loss, 0.1, 1)
	d2ltest.WantError(t, err, "the net has no parameters yet")
	d2ltest.WantPanic(t, func() { d2l.TrainCh13(d2l.NewNet(mlp), data, data, loss, 0.1, 0) }, "at least one epoch")
}
