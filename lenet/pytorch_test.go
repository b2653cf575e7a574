package lenet

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A fixture is testdata/lenet.json: what PyTorch computes with LeNet.
type fixture struct {
	LR                         float64
	Batch                      int
	Logits, LossSums           []float32
	Correct                    []float64
	Gradients, After1, After20 samples
	ExactGradients, Exact20    samples // In float64.
	Xavier                     map[string]struct{ Bound, Mean, Variance float64 }
}

// samples are some values of each parameter, and a sum of all.
type samples map[string]struct {
	Stride int
	Sum    float64
	Values []float32
}

func readFixture(t *testing.T) (f fixture) {
	t.Helper()
	content, err := os.ReadFile("testdata/lenet.json")
	d2ltest.NoError(t, err)
	d2ltest.NoError(t, json.Unmarshal(content, &f))
	return f
}

// batch returns the images and labels of a step.
func (f fixture) batch(step int) (X, y *tensors.Tensor) {
	pixels, labels := d2ltest.Wave(77+10007*step, 0.5, f.Batch*784), make([]int32, f.Batch)
	for i := range labels {
		labels[i] = int32((i*i + i/7) % 10)
	}
	for i := range pixels {
		pixels[i] += 0.5
		row, first := i%784/28, 2*int(labels[i/784]) // A bright band, whose position is the label.
		if row >= first && row < first+8 {
			pixels[i]++
		}
	}
	return tensors.FromFlatDataAndDimensions(pixels, f.Batch, 1, 28, 28), tensors.FromValue(labels)
}

// near checks parameters, or their gradients, against samples.
func near(t *testing.T, p *d2ltest.PyTorch, check string, got map[string][]float32, want samples) {
	t.Helper()
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
		t.Fatalf("%s: there are %v", check, names)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		sample := want[name]
		var values []float32
		sum, size := 0.0, 0.0
		weights := d2ltest.Wave(5, 1, len(got[name]))
		for i, v := range got[name] {
			if i%sample.Stride == 0 {
				values = append(values, v)
			}
			sum += float64(v) * float64(weights[i])
			size += math.Abs(float64(v)) * math.Abs(float64(weights[i]))
		}
		p.Near(t, check+" "+name, values, sample.Values)
		if difference := math.Abs(sum-sample.Sum) / size; !(difference <= d2ltest.Tolerance) {
			t.Errorf("%s %s: the sum of all values differs by %.1e of its summands", check, name, difference)
		}
	}
}

// initial returns LeNet with the parameters in the file that PyTorch has written.
func initial(t *testing.T) *d2l.Net {
	t.Helper()
	net := New()
	d2ltest.NoError(t, net.LoadParameters("testdata/lenet.safetensors", testDevice(), 1, 28, 28))
	return net
}

// gradients is an optimizer that replaces the parameters by their gradients.
type gradients struct{}

func (gradients) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	all := scope.BuildTrainableVariablesGradientsGraph(loss)
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			v.SetNodeValue(all[0])
			all = all[1:]
		}
	}
}

func (gradients) Clear(*model.Scope) error { return nil }

// Outputs, losses, correct predictions, gradients, and parameters after one and
// after twenty steps are PyTorch's, from the parameters that PyTorch has saved.
func TestAgainstPyTorch(t *testing.T) {
	p, f := d2ltest.AgainstPyTorch(t, "LeNet"), readFixture(t)

	net := initial(t)
	X, y := f.batch(0)
	yHat, err := net.Forward(X)
	d2ltest.NoError(t, err)
	logits, err := tensors.CopyFlatData[float32](yHat)
	d2ltest.NoError(t, err)
	p.Near(t, "logits", logits, f.Logits)
	n, err := d2l.Accuracy(yHat, y)
	d2ltest.NoError(t, err)
	p.Equal(t, "correct in evaluation", []float64{n}, f.Correct[:1])

	trainer, err := d2l.NewTrainer(net, gradients{})
	d2ltest.NoError(t, err)
	_, _, err = trainer.Step(X, y)
	d2ltest.NoError(t, err)
	got := parameters(t, net)
	near(t, p, "gradient of", got, f.Gradients)
	near(t, p, "gradient, by float64, of", got, f.ExactGradients)

	net = initial(t)
	trainer, err = d2l.NewTrainer(net, d2l.SGD(f.LR))
	d2ltest.NoError(t, err)
	var losses []float32
	var correct []float64
	for step := range f.LossSums {
		lossSum, n, err := trainer.Step(f.batch(step))
		d2ltest.NoError(t, err)
		losses, correct = append(losses, float32(lossSum)), append(correct, n)
		if step == 0 {
			near(t, p, "after 1 step,", parameters(t, net), f.After1)
		}
	}
	p.Near(t, "losses of 20 steps", losses, f.LossSums)
	p.Equal(t, "correct in 20 steps", correct, f.Correct)
	after := parameters(t, net)
	near(t, p, "after 20 steps,", after, f.After20)
	near(t, p, "after 20 steps, by float64,", after, f.Exact20)
}

// LeNet's saved parameters are those in the file that PyTorch has written, bit for
// bit, also after another round.
func TestSafetensorsAreThoseOfPyTorch(t *testing.T) {
	net := initial(t)
	want := d2ltest.Safetensors(t, "testdata/lenet.safetensors")
	if len(want) != 10 || net.NumParameters() != 61706 {
		t.Errorf("%d tensors, %d parameters", len(want), net.NumParameters())
	}
	for round := range 2 {
		path := t.TempDir() + "/lenet.safetensors"
		d2ltest.NoError(t, net.SaveParameters(path))
		got := d2ltest.Safetensors(t, path)
		if !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("round %d: other parameters are saved than were loaded", round)
		}
		net = New()
		d2ltest.NoError(t, net.LoadParameters(path, testDevice())) // The file tells the input.
	}
}

// A name that the file does not have is an error that lists the names it has.
func TestSafetensorsOfOtherNames(t *testing.T) {
	net := d2l.NewNet(d2l.Sequential{d2l.Flatten{}, d2l.BatchNorm{}, d2l.Dense{Units: 10}})
	err := net.LoadParameters("testdata/lenet.safetensors", testDevice(), 1, 28, 28)
	if err == nil || !strings.Contains(err.Error(), "no batchnorm0.weight") || !strings.Contains(err.Error(), "conv0.bias, conv0.weight") {
		t.Errorf("the error is %v", err)
	}
}
