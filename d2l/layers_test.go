package d2l

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
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

func TestLayerMisuse(t *testing.T) {
	images, vectors := waves(1, 1, 2, 1, 6, 6), waves(1, 1, 2, 6)
	for _, c := range []struct {
		layer Layer
		X     *tensors.Tensor
		want  string
	}{
		{Conv2D{Channels: 3, KernelSize: 3}, vectors, "takes images of shape (batch, channel, height, width), got (2, 6)"},
		{Conv2D{KernelSize: 3}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3, KernelSize: 3, Strides: -1}, images, "no negative Strides"},
		{Conv2D{Channels: 3, KernelSize: 3, Padding: -1}, images, "no negative Strides or Padding"},
		{Conv2D{Channels: 3, KernelSize: 3}, vectors, "Conv2D takes images"},
		{AvgPool2D{PoolSize: 2}, vectors, "AvgPool2D takes images"},
		{AvgPool2D{}, images, "AvgPool2D needs a positive PoolSize"},
		{MaxPool2D{PoolSize: 2}, vectors, "MaxPool2D takes images"},
		{MaxPool2D{PoolSize: 2, Padding: -1}, images, "MaxPool2D needs"},
		{Conv2D{Channels: 3, KernelSize: 3, KernelHW: [2]int{1, 2}}, images,
			"Conv2D has both KernelSize, 3, and KernelHW, [1 2]: give one of them"},
		{Conv2D{Channels: 3, KernelHW: [2]int{0, 2}}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3, KernelHW: [2]int{7, 9}}, images,
			"the window of Conv2D, (7, 9), is larger than its images, (6, 6) (height, width) with a padding of 0"},
		{Conv2D{Channels: 3, KernelHW: [2]int{9, 1}, PaddingHW: [2]int{1, 0}}, images, "with a padding of (1, 0)"},
		{Conv2DTranspose{Channels: 3, KernelSize: 2, Strides: 1, StridesHW: [2]int{1, 2}}, images,
			"Conv2DTranspose has both Strides, 1, and StridesHW, [1 2]: give one of them"},
		{Conv2DTranspose{Channels: 3}, images, "Conv2DTranspose needs positive Channels and KernelSize"},
		{Conv2DTranspose{Channels: 3, KernelSize: 1, Padding: 3}, images, "leaves nothing of images (6, 6)"},
		{AvgPool2D{PoolSize: 2, PoolHW: [2]int{2, 3}}, images, "AvgPool2D has both PoolSize, 2, and PoolHW, [2 3]"},
		{MaxPool2D{PoolSize: 2, Padding: 1, PaddingHW: [2]int{0, 1}}, images, "MaxPool2D has both Padding, 1, and PaddingHW"},
		// As in PyTorch.
		{AvgPool2D{PoolSize: 3, Padding: 2}, images,
			"AvgPool2D has a padding of 2, which is more than half of its window, 3×3: reduce the padding"},
		{MaxPool2D{PoolHW: [2]int{4, 1}, PaddingHW: [2]int{2, 1}}, images,
			"MaxPool2D has a padding of 2×1, which is more than half of its window, 4×1: reduce the padding"},
		{LayerNorm{}, waves(1, 1, 2), "LayerNorm takes a batch of floating-point numbers"},
		{Branches{}, images, "Branches needs at least one layer"},
		{Branches{ReLU, MaxPool2D{PoolSize: 2}}, images, "the branches relu0 and pool0 give (2, 1, 6, 6) and " +
			"(2, 1, 3, 3), which cannot be concatenated: all but axis 1 must agree"},
		{Branches{ReLU, Dense{}}, vectors, "layer dense0, which gets (2, 6): d2l: Dense needs positive Units"},
		{Residual{Body: Conv2D{Channels: 1, KernelSize: 3}}, images, "Residual cannot add (2, 1, 6, 6) to the output of " +
			"its Body, (2, 1, 4, 4): give a Shortcut"},
		{GlobalAvgPool2D{}, vectors, "GlobalAvgPool2D takes images"},
		{GlobalMaxPool2D{}, vectors, "GlobalMaxPool2D takes images"},
		{BatchNorm{}, waves(1, 1, 2, 3, 4), "(batch, channel, height, width) or (batch, features), got (2, 3, 4)"},
		{BatchNorm{}, waves(1, 1, 2), "BatchNorm takes a batch"},
		{Dropout{1}, vectors, "Dropout needs a Rate of at least 0 and less than 1, got 1"},
		{Dropout{-0.1}, vectors, "Dropout needs a Rate"},
		{Dropout{math.NaN()}, vectors, "Dropout needs a Rate"},
		{Dense{}, vectors, "Dense needs positive Units"},
		{Dense{Units: 4}, waves(1, 1, 2, 0), "a layer with weights gets no features"},
		{Dense{Units: 4, LastAxis: true}, waves(1, 1, 2, 3, 0), "a layer with weights gets no features"},
		{GRU{HiddenSize: 4}, waves(1, 1, 2, 3, 0), "GRU takes sequences of shape (batch, steps, features)"},
		{LSTM{HiddenSize: 4, Dropout: 1}, waves(1, 1, 2, 3, 4), "LSTM needs a Dropout from 0 to below 1, got 1"},
	} {
		t.Run(fmt.Sprintf("%T", c.layer), func(t *testing.T) {
			net := NewNet(c.layer)
			noError(t, net.Initialize(testDevice(), Xavier))
			_, err := net.Forward(c.X)
			wantError(t, err, c.want, ShapeOf(c.X).String())
		})
	}
}

// A window larger than the image is an error of the first batch, with the sizes as height and width.
func TestLayerTooSmallImage(t *testing.T) {
	for name, layer := range map[string]Layer{
		"Conv2D":    Conv2D{Channels: 3, KernelSize: 7},
		"AvgPool2D": AvgPool2D{PoolSize: 7},
		"MaxPool2D": MaxPool2D{PoolSize: 7},
	} {
		for _, layers := range []Sequential{{ReLU, layer}, {ReLU, layer, AvgPool2D{PoolSize: 2}}} {
			net := NewNet(layers)
			noError(t, net.Initialize(testDevice(), Xavier))
			_, err := net.Forward(waves(1, 1, 2, 1, 6, 8))
			const want = "0, which gets (2, 1, 6, 8): d2l: the window of %s, (7, 7), is larger than its images, (6, 8) " +
				"(height, width) with a padding of 0"
			wantError(t, err, "layer "+layer.Kind()+fmt.Sprintf(want, name))
		}
	}
	// The padding counts, on both sides.
	_, err := NewNet(Sequential{MaxPool2D{PoolSize: 8, Padding: 1}, Flatten{}}).Shapes(1, 6, 8)
	noError(t, err)
	_, err = NewNet(Sequential{AvgPool2D{PoolSize: 9, Padding: 1}}).Shapes(1, 9, 6)
	wantError(t, err, "(9, 9), is larger than its images, (9, 6) (height, width) with a padding of 1")
}

// Layers with weights refuse whole numbers, which would make weights of whole numbers.
func TestWeightsOfIntegerImages(t *testing.T) {
	for _, layer := range []Layer{Dense{Units: 4}, Conv2D{Channels: 2, KernelSize: 3}} {
		net := NewNet(Sequential{layer})
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := net.Forward(tensors.FromShape(shapes.Make(dtypes.Uint8, 2, 1, 8, 8)))
		wantError(t, err, "take floating-point numbers, got Uint8: convert X to Float32")
		must(net.Forward(waves(1, 1, 2, 1, 8, 8)))(t)
	}
}
