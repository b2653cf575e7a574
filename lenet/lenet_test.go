package lenet

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// initialized returns a net whose parameters have been drawn.
func initialized(t *testing.T) *d2l.Net {
	t.Helper()
	net := New()
	d2ltest.NoError(t, net.Initialize(d2l.CPU(0), d2l.Xavier))
	_, err := net.Forward(tensors.FromFlatDataAndDimensions(d2ltest.Wave(0, 1, 784), 1, 1, 28, 28))
	d2ltest.NoError(t, err)
	return net
}

// parameters returns the values of a net's parameters by the layer's name and
// the kind, such as dense0/weights, in PyTorch's order: weights are
// (out, in, height, width) or (out, in).
func parameters(t *testing.T, net *d2l.Net) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range net.Parameters() {
		value, err := p.Value()
		d2ltest.NoError(t, err)
		values, err := tensors.CopyFlatData[float32](value)
		d2ltest.NoError(t, err)
		if shape := p.Shape().Dimensions; len(shape) > 1 {
			values = reordered(values, shape, func(ours, theirs int, from, to []float32) { to[theirs] = from[ours] })
		}
		all[key(p.Path())] = values
	}
	return all
}

// key makes dense0/weights of /net/dense0/weights.
func key(path string) string {
	names := strings.Split(strings.TrimPrefix(path, "/net/"), "/")
	return names[0] + "/" + names[len(names)-1]
}

// reordered copies values of shape (window…, in, out) to or from the order
// (out, in, window…).
func reordered(values []float32, shape []int, set func(ours, theirs int, from, to []float32)) []float32 {
	out, in := shape[len(shape)-1], shape[len(shape)-2]
	window := len(values) / out / in
	result := make([]float32, len(values))
	for w := range window {
		for i := range in {
			for o := range out {
				set((w*in+i)*out+o, (o*in+i)*window+w, values, result)
			}
		}
	}
	return result
}

func TestXavier(t *testing.T) {
	bounds := map[string]float64{ // √(6/(fan_in + fan_out)), rounded up.
		"conv0/weights": 0.1852, "conv1/weights": 0.1045, "dense0/weights": 0.1075, "dense1/weights": 0.1715, "dense2/weights": 0.2527,
	}
	for name, values := range parameters(t, initialized(t)) {
		if strings.HasSuffix(name, "/biases") {
			if slices.Min(values) != 0 || slices.Max(values) != 0 {
				t.Errorf("%s are not zero", name)
			}
			continue
		}
		bound := bounds[name]
		mean := 0.0
		for _, v := range values {
			mean += float64(v) / float64(len(values))
		}
		if least, greatest := float64(slices.Min(values)), float64(slices.Max(values)); least < -bound || greatest > bound || max(-least, greatest) < 0.9*bound {
			t.Errorf("%s go from %.4f to %.4f, expected close to ±%.4f", name, least, greatest, bound)
		}
		if math.Abs(mean) > 5*bound/math.Sqrt(3*float64(len(values))) { // Five standard deviations.
			t.Errorf("%s have mean %v", name, mean)
		}
		delete(bounds, name)
	}
	if len(bounds) > 0 {
		t.Errorf("there are no %v", bounds)
	}
}

// sample is some of a parameter's values in testdata/lenet.json.
type sample struct {
	Stride int
	Sum    float64
	Values []float32
}

// Outputs, losses and parameters after some steps are PyTorch's.
func TestAgainstPyTorch(t *testing.T) {
	var fixture struct {
		LR             float64
		Labels         []int32
		Logits         []float32
		LossSums       []float64
		Correct        []float64
		After1, After5 map[string]sample
	}
	content, err := os.ReadFile("testdata/lenet.json")
	d2ltest.NoError(t, err)
	d2ltest.NoError(t, json.Unmarshal(content, &fixture))

	net := initialized(t)
	for _, p := range net.Parameters() {
		layer := slices.Index([]string{"conv0", "conv1", "dense0", "dense1", "dense2"}, strings.Split(key(p.Path()), "/")[0])
		shape := p.Shape().Dimensions
		values := d2ltest.Wave(1000*layer+500, 0.1, p.Shape().Size())
		if len(shape) > 1 {
			fanIn := p.Shape().Size() / shape[len(shape)-1]
			values = reordered(d2ltest.Wave(1000*layer, 2/math.Sqrt(float64(fanIn)), p.Shape().Size()), shape,
				func(ours, theirs int, from, to []float32) { to[ours] = from[theirs] })
		}
		d2ltest.NoError(t, p.SetValue(tensors.FromFlatDataAndDimensions(values, shape...)))
	}
	pixels := d2ltest.Wave(77, 0.5, 4*784)
	for i := range pixels {
		pixels[i] += 0.5
	}
	X, y := tensors.FromFlatDataAndDimensions(pixels, 4, 1, 28, 28), tensors.FromValue(fixture.Labels)

	yHat, err := net.Forward(X)
	d2ltest.NoError(t, err)
	logits, err := tensors.CopyFlatData[float32](yHat)
	d2ltest.NoError(t, err)
	d2ltest.Near(t, "logits", logits, fixture.Logits, 1e-5)

	trainer, err := d2l.NewTrainer(net, d2l.SGD(fixture.LR))
	d2ltest.NoError(t, err)
	for step := range 5 {
		lossSum, correct, err := trainer.Step(X, y)
		d2ltest.NoError(t, err)
		if math.Abs(lossSum-fixture.LossSums[step]) > 1e-4*fixture.LossSums[step] || correct != fixture.Correct[step] {
			t.Errorf("step %d: loss %v and %v correct, expected %v and %v", step+1, lossSum, correct, fixture.LossSums[step], fixture.Correct[step])
		}
		switch step + 1 {
		case 1:
			compare(t, "after step 1, ", parameters(t, net), fixture.After1, 2e-6)
		case 5:
			compare(t, "after step 5, ", parameters(t, net), fixture.After5, 2e-5)
		}
	}
}

// compare checks parameters against samples of them and their sums.
func compare(t *testing.T, when string, got map[string][]float32, want map[string]sample, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s%d parameters, expected %d", when, len(got), len(want))
	}
	for name, sample := range want {
		var values []float32
		sum := 0.0
		for i, v := range got[name] {
			if i%sample.Stride == 0 {
				values = append(values, v)
			}
			sum += float64(v)
		}
		d2ltest.Near(t, when+name, values, sample.Values, tolerance)
		if n := float64(len(got[name])); math.Abs(sum-sample.Sum) > tolerance*n {
			t.Errorf("%sthe sum of %s is %v, expected %v", when, name, sum, sample.Sum)
		}
	}
}
