package d2l

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A layerCase is one layer of testdata/layers.json.
type layerCase struct {
	Layer, Activation      string
	Pool                   string // After the layer, together with it.
	Size, Strides, Padding int
	SizeHW, StridesHW      [2]int
	PaddingHW              [2]int
	NoBias, Ties           bool
	Input, Shape           []int
	Output, GradX          []float32
	Gradients              [][]float32 // Of the parameters.
}

func (c layerCase) String() string {
	return fmt.Sprintf("%s %d%v %d%v %d%v %s %s of %v, no bias %v, ties %v", c.Layer, c.Size, c.SizeHW, c.Strides,
		c.StridesHW, c.Padding, c.PaddingHW, c.Activation, c.Pool, Shape(c.Input), c.NoBias, c.Ties)
}

// kind is what the case is counted under.
func (c layerCase) kind() string {
	kind := c.Layer
	if c.Layer == "Activation" {
		kind = c.Activation
	}
	if c.Pool != "" {
		kind += " and " + c.Pool + " together"
	}
	if c.Ties {
		kind += " of ties"
	}
	return kind
}

// net returns the layers of a case.
func (c layerCase) net() Sequential {
	switch c.Pool {
	case "AvgPool2D":
		return Sequential{c.layer(), AvgPool2D{PoolSize: 2}}
	case "MaxPool2D":
		return Sequential{c.layer(), MaxPool2D{PoolSize: 2}}
	}
	return Sequential{c.layer()}
}

func (c layerCase) layer() Layer {
	activation := map[string]Activation{"": NoActivation, "Sigmoid": Sigmoid, "ReLU": ReLU, "Tanh": Tanh}[c.Activation]
	switch c.Layer {
	case "Conv2D":
		return c.conv(activation)
	case "Conv2DTranspose":
		return Conv2DTranspose(c.conv(activation))
	case "AvgPool2D":
		return c.pooling()
	case "MaxPool2D":
		return MaxPool2D(c.pooling())
	case "Dense":
		return Dense{Units: 3, Activation: activation, NoBias: c.NoBias}
	case "LayerNorm":
		return LayerNorm{}
	case "Branches":
		return Branches{
			Conv2D{Channels: 2, KernelSize: 1},
			Sequential{Conv2D{Channels: 2, KernelSize: 1, Activation: ReLU}, Conv2D{Channels: 3, KernelSize: 3, Padding: 1}},
			MaxPool2D{PoolSize: 3, Strides: 1, Padding: 1},
		}
	case "Residual":
		body := func(channels int) Layer {
			return Conv2D{Channels: channels, KernelSize: 3, Strides: c.Strides, Padding: 1, Activation: Tanh}
		}
		if c.Strides > 1 {
			return Residual{Body: body(3), Shortcut: Conv2D{Channels: 3, KernelSize: 1, Strides: c.Strides}}
		}
		return Residual{Body: body(c.Input[1])}
	case "Activation":
		return activation
	case "GlobalAvgPool2D":
		return GlobalAvgPool2D{}
	case "Flatten":
		return Flatten{}
	case "Dropout":
		return Dropout{Rate: 0.5}
	}
	panic("no layer " + c.Layer)
}

func (c layerCase) conv(activation Activation) Conv2D {
	return Conv2D{
		Channels: 3, KernelSize: c.Size, Strides: c.Strides, Padding: c.Padding, Activation: activation,
		KernelHW: c.SizeHW, StridesHW: c.StridesHW, PaddingHW: c.PaddingHW, NoBias: c.NoBias,
	}
}

func (c layerCase) pooling() AvgPool2D {
	return AvgPool2D{
		PoolSize: c.Size, Strides: c.Strides, Padding: c.Padding,
		PoolHW: c.SizeHW, StridesHW: c.StridesHW, PaddingHW: c.PaddingHW,
	}
}

// transposed returns values of shape (from, to, window) as (window, to, from):
// PyTorch keeps weights as (out, in, height, width) or (out, in), GoMLX as
// (height, width, in, out) or (in, out).
func transposed(values []float32, from, to, window int) []float32 {
	result := make([]float32, len(values))
	for f := range from {
		for i := range to {
			for w := range window {
				result[(w*to+i)*from+f] = values[(f*to+i)*window+w]
			}
		}
	}
	return result
}

// fixtureParameters initializes as the fixture does.
func fixtureParameters(model.StoreProvider) model.VariableInitializer {
	return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		if shape.Rank() == 1 {
			return graph.Const(g, waves(22, 0.5, shape.Dimensions...))
		}
		values := fromPyTorch(wave(11, 0.5, shape.Size()), shape.Dimensions)
		return graph.Const(g, tensors.FromFlatDataAndDimensions(values, shape.Dimensions...))
	}
}

// fromPyTorch reorders weights, or their gradients, to shape.
func fromPyTorch(values []float32, shape []int) []float32 {
	out, in := shape[len(shape)-1], shape[len(shape)-2]
	return transposed(values, out, in, len(values)/out/in)
}

// X returns the input of a case, with -1, 0 and 1 alone where it has to have ties.
func (c layerCase) X() *tensors.Tensor {
	values := wave(33, 2, Shape(c.Input).size())
	for i, v := range values {
		if c.Ties {
			values[i] = float32(math.RoundToEven(min(max(float64(v), -1.4), 1.4)))
		}
	}
	return tensors.FromFlatDataAndDimensions(values, c.Input...)
}

// Outputs and gradients of each layer, and of a convolution with the pooling after
// it, are PyTorch's.
func TestLayersAgainstPyTorch(t *testing.T) {
	var fixture struct{ Cases []layerCase }
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/layers.json"))(t), &fixture))
	pytorch := d2ltest.AgainstPyTorch(t, "layer")
	for _, c := range fixture.Cases {
		t.Run(c.String(), func(t *testing.T) {
			net, layers := NewNet(c.net()), c.net()
			noError(t, net.Initialize(testDevice(), fixtureParameters))
			var parameters []*model.Variable
			p := must(net.newProgram(xla.Config{Training: c.Layer != "Dropout", Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				if c.Pool != "" && pairsTogether() {
					if _, ok := layers[0].(Conv2D).pooledBy(layers[1], inputs[0]); !ok {
						t.Error("they are not computed together")
					}
				}
				y := net.layer.Forward(scope, inputs[0])
				parameters = net.Parameters()
				variables := []*graph.Node{inputs[0]}
				for _, p := range parameters {
					variables = append(variables, p.NodeValue(y.Graph()))
				}
				return append(graph.Gradient(graph.ReduceAllSum(graph.Mul(y, inputs[1])), variables...), y)
			}}))(t)
			defer p.Finalize()
			results := must(p.Call(c.X(), waves(44, 1, c.Shape...)))(t)
			output := results[len(results)-1]
			if got := ShapeOf(output).String(); got != Shape(c.Shape).String() {
				t.Fatalf("the output is %s, expected %v", got, Shape(c.Shape))
			}
			pytorch.Near(t, c.kind()+": output", float32s(t, output), c.Output)
			pytorch.Near(t, c.kind()+": gradient of X", float32s(t, results[0]), c.GradX)
			if len(parameters) != len(c.Gradients) {
				t.Fatalf("%d parameters, expected %d", len(parameters), len(c.Gradients))
			}
			for i, p := range parameters {
				want := c.Gradients[i]
				if shape := p.Shape().Dimensions; len(shape) > 1 {
					want = fromPyTorch(want, shape)
				}
				pytorch.Near(t, c.kind()+": gradient of the "+p.Name(), float32s(t, results[i+1]), want)
			}
		})
	}
}
