package d2l

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A batchNormCase is one net of testdata/batch_norm.json.
type batchNormCase struct {
	Name                      string
	Input, Shape              []int
	Steps                     int
	Output, GradX             []float32 // Of the last step.
	Gradients                 map[string][]float32
	Mean, Variance, Inference []float32 // After it.
}

func (c batchNormCase) net() *Net {
	if c.Name == "alone" {
		return NewNet(Sequential{BatchNorm{}})
	}
	// Without BatchNorm in between, pooling would be computed with the convolution.
	return NewNet(Sequential{Conv2D{Channels: 2, KernelSize: 3, Padding: 1}, BatchNorm{}, Sigmoid, AvgPool2D{PoolSize: 2}})
}

// Outputs and gradients in training, the running statistics after some steps, and
// outputs with them, are PyTorch's.
func TestBatchNormAgainstPyTorch(t *testing.T) {
	var fixture struct{ Cases []batchNormCase }
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/batch_norm.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "batch normalization")
	for _, c := range fixture.Cases {
		t.Run(c.Name+" "+Shape(c.Input).String(), func(t *testing.T) {
			net := c.net()
			noError(t, net.Initialize(testDevice(), Xavier))
			X := func(step int) *tensors.Tensor { return waves(33+step, 2, c.Input...) }
			must(net.Forward(X(0)))(t) // Draws the parameters, and does no more.
			seeds := map[string]int{"scale": 11, "offset": 12}
			if c.Name != "alone" {
				seeds = map[string]int{"weights": 11, "biases": 12, "scale": 13, "offset": 14}
			}
			for _, p := range net.Parameters() {
				shape := p.Shape().Dimensions
				value := wave(seeds[p.Name()], 0.5, p.Shape().Size())
				if len(shape) > 1 {
					value = fromPyTorch(value, shape)
				}
				noError(t, p.SetValue(tensors.FromFlatDataAndDimensions(value, shape...)))
			}
			step := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				y := net.layer.Forward(scope, inputs[0])
				variables := []*graph.Node{inputs[0]}
				for _, p := range net.Parameters() {
					variables = append(variables, p.NodeValue(y.Graph()))
				}
				return append(graph.Gradient(graph.ReduceAllSum(graph.Mul(y, inputs[1])), variables...), y)
			}}))(t)
			defer step.Finalize()
			var results []*tensors.Tensor
			for i := range c.Steps {
				results = must(step.Call(X(i), waves(44, 1, c.Shape...)))(t)
			}

			pytorch.Near(t, c.Name+": output", float32s(t, results[len(results)-1]), c.Output)
			pytorch.Near(t, c.Name+": gradient of X", float32s(t, results[0]), c.GradX)
			if len(net.Parameters()) != len(c.Gradients) {
				t.Errorf("%d parameters, expected %d", len(net.Parameters()), len(c.Gradients))
			}
			for i, p := range net.Parameters() {
				want := c.Gradients[p.Name()]
				if shape := p.Shape().Dimensions; len(shape) > 1 {
					want = fromPyTorch(want, shape)
				}
				size := 0.0
				if p.Name() == "biases" { // The mean takes them away: what is left of their gradient is rounding.
					size = d2ltest.MeanSize(c.Gradients["weights"])
				}
				pytorch.NearWithin(t, c.Name+": gradient of the "+p.Name(), float32s(t, results[i+1]), want, size)
			}
			learnt := statistics(t, net)
			pytorch.Near(t, c.Name+": running mean", learnt["/net/batchnorm0/mean"], c.Mean)
			pytorch.Near(t, c.Name+": running variance", learnt["/net/batchnorm0/variance"], c.Variance)
			pytorch.Near(t, c.Name+": output in inference", float32s(t, must(net.Forward(X(c.Steps-1)))(t)), c.Inference)
		})
	}
}
