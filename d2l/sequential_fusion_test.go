package d2l

import (
	"fmt"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// A convolution and a pooling that are computed together have the outputs of the two
// layers, and the gradients with respect to the input and the parameters.
func TestConvPoolIsConvThenPool(t *testing.T) {
	if !pairsTogether() {
		t.Skip("they are not computed together on ", testDevice())
	}
	average, maximum := AvgPool2D{PoolSize: 2}, MaxPool2D{PoolSize: 2, Strides: 2}
	gelu := Activation(activation.TypeGelu)
	overlapping, padded := AvgPool2D{PoolSize: 2, Strides: 1}, MaxPool2D{PoolSize: 2, Padding: 1}
	for _, c := range []struct {
		conv     Conv2D
		pool     Layer
		input    []int
		together bool
	}{
		{Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: Sigmoid}, average, []int{4, 1, 28, 28}, true},
		{Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: ReLU}, maximum, []int{4, 1, 28, 28}, true},
		{Conv2D{Channels: 16, KernelSize: 5, Activation: Sigmoid}, average, []int{3, 6, 14, 14}, true},
		{Conv2D{Channels: 16, KernelSize: 5, Activation: Sigmoid}, maximum, []int{3, 6, 14, 14}, true},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, average, []int{66, 1, 10, 10}, true}, // Two groups of 33.
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, average, []int{256, 2, 10, 10}, true},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, average, []int{96, 2, 10, 10}, true},        // Three groups.
		{Conv2D{Channels: 4, KernelSize: 5, Padding: 2, Activation: ReLU}, average, []int{1, 3, 9, 12}, true}, // Odd height.
		{Conv2D{Channels: 3, KernelSize: 5, Padding: 1, Strides: 1, Activation: Tanh}, average, []int{2, 2, 11, 8}, true},
		{Conv2D{Channels: 3, KernelSize: 7, Padding: 3}, average, []int{2, 2, 7, 10}, true},
		{Conv2D{Channels: 3, KernelSize: 7, Padding: 3}, maximum, []int{2, 2, 9, 11}, true},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, average, []int{2, 1, 6, 7}, true}, // One block is left.
		{Conv2D{Channels: 2, KernelSize: 5, Padding: 6, Activation: Sigmoid}, average, []int{2, 1, 6, 6}, true},
		{Conv2D{Channels: 2, KernelSize: 4, Activation: Sigmoid}, average, []int{2, 1, 8, 9}, true},
		{Conv2D{Channels: 5, KernelSize: 3, Padding: 1, Activation: ReLU}, maximum, []int{2, 3, 9, 8}, true},
		{Conv2D{Channels: 2, KernelSize: 1, Activation: Tanh}, maximum, []int{2, 3, 5, 4}, true},
		{Conv2D{Channels: 2, KernelSize: 4, Activation: Sigmoid}, average, []int{2, 3, 8, 8}, true},
		{Conv2D{Channels: 200, KernelSize: 1, Activation: Sigmoid}, average, []int{2, 3, 8, 8}, true},
		{Conv2D{Channels: 200, KernelSize: 1, Activation: Sigmoid}, average, []int{2, 3, 32, 32}, false}, // Too large.
		{Conv2D{Channels: 2, KernelSize: 5, Strides: 2, Activation: Sigmoid}, average, []int{2, 1, 12, 12}, true},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: gelu}, average, []int{2, 1, 12, 12}, false},
		{Conv2D{Channels: 64, KernelSize: 5, Activation: Sigmoid}, average, []int{2, 3, 12, 12}, true},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, overlapping, []int{2, 1, 12, 12}, false},
		{Conv2D{Channels: 2, KernelSize: 5, Activation: Sigmoid}, padded, []int{2, 1, 12, 12}, false},
	} {
		t.Run(fmt.Sprintf("%+v then %+v of %v", c.conv, c.pool, c.input), func(t *testing.T) {
			layers := Sequential{c.conv, c.pool}
			net := NewNet(layers)
			noError(t, net.Initialize(testDevice(), fixtureParameters))
			p := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				x := inputs[0]
				if _, got := c.conv.pooledBy(c.pool, x); got != c.together {
					t.Errorf("done together: %v, expected %v", got, c.together)
				}
				onebyone := net.forwardEach(scope, []*graph.Node{x})[1]
				together := layers.Forward(model.GetStore(x).Scope(netScope), x)
				results := []*graph.Node{onebyone, together}
				for _, y := range []*graph.Node{onebyone, together} {
					of := []*graph.Node{x}
					for _, v := range net.Parameters() {
						of = append(of, v.NodeValue(x.Graph()))
					}
					// A weight of its own for each output, so that no two errors cancel.
					weight := graph.Sin(graph.IotaFull(x.Graph(), y.Shape()))
					results = append(results, graph.Gradient(graph.ReduceAllSum(graph.Mul(y, weight)), of...)...)
				}
				return results
			}}))(t)
			defer p.Finalize()
			for _, height := range []float64{1, 0} { // Without waves, all values that are pooled are equal.
				results := must(p.Call(waves(21, height, c.input...)))(t)
				near(t, "output", float32s(t, results[1]), float32s(t, results[0]), 1e-5)
				for i, of := range []string{"X", "weights", "biases"} {
					near(t, "gradient of "+of, float32s(t, results[5+i]), float32s(t, results[2+i]), 1e-5)
				}
			}
		})
	}
}

// A factor is a layer that multiplies by a number; two in a row are one multiplication.
type factor float64

func (factor) Kind() string { return "factor" }

func (f factor) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.MulScalar(x, float64(f))
}

func (f factor) ForwardWith(scope *model.Scope, x *graph.Node, self, next Layer) (*graph.Node, bool) {
	other, ok := next.(factor)
	if !ok || self != Layer(f) {
		return nil, false
	}
	if f == 0 {
		panic("no factor")
	}
	return (f * other).Forward(scope, x), true
}

// factorPlusOne embeds a layer that can be fused, but computes something else.
type factorPlusOne struct{ factor }

func (f factorPlusOne) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.AddScalar(f.factor.Forward(scope, x), 1)
}

// doubledConv and doubledPool do so with layers of d2l.
type (
	doubledConv struct{ Conv2D }
	doubledPool struct{ AvgPool2D }
)

func (c doubledConv) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.MulScalar(c.Conv2D.Forward(scope, x), 2)
}

func (p doubledPool) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.MulScalar(p.AvgPool2D.Forward(scope, x), 2)
}

// A layer of the user's is computed together with the next one if it has the method
// for that, and one that only embeds such a layer keeps its own Forward.
func TestLayersOfTheUsersFuse(t *testing.T) {
	conv, pool := Conv2D{Channels: 2, KernelSize: 5}, AvgPool2D{PoolSize: 2}
	for _, c := range []struct {
		layer, next Layer
		fused       bool
	}{
		{factor(2), factor(3), true},
		{factor(2), ReLU, false},
		{factorPlusOne{factor(2)}, factor(3), false},
		{factor(2), factorPlusOne{factor(3)}, false},
		{conv, pool, pairsTogether()},
		{doubledConv{conv}, pool, false},
		{conv, doubledPool{pool}, false},
	} {
		t.Run(fmt.Sprintf("%T%+[1]v then %T%+[2]v", c.layer, c.next), func(t *testing.T) {
			net, X := NewNet(Sequential{c.layer, c.next, factor(4)}), waves(3, 1, 2, 1, 12, 12)
			noError(t, net.Initialize(testDevice(), fixtureParameters))
			p := must(net.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				y, fused := forwardFused("layer", c.layer, c.next, scope, inputs[0])
				if fused != c.fused {
					t.Errorf("computed together: %v, expected %v", fused, c.fused)
				}
				if !fused {
					y = inputs[0]
				}
				return []*graph.Node{y}
			}}))(t)
			defer p.Finalize()
			must(p.Call(X))(t)
			together, onebyone := must(net.Forward(X))(t), must(net.Outputs(X))(t)
			near(t, "output", float32s(t, together), float32s(t, onebyone[2].Value), 1e-5)
		})
	}
	net := NewNet(Sequential{ReLU, factor(0), factor(1)})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, err := net.Forward(waves(3, 1, 2, 3))
	wantError(t, err, "layer factor0, which gets (2, 3): no factor")
}
