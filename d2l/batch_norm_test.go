package d2l

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
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

// gomlxBatchNorm is GoMLX's, which BatchNorm is where there is no kernel.
type gomlxBatchNorm struct{}

func (gomlxBatchNorm) Kind() string { return "batchnorm" }

func (gomlxBatchNorm) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return norm.BatchNorm(scope, x, 1).Momentum(0.9).Epsilon(1e-5).CurrentScope().Done()
}

// The kernel has the variables and the penalties of GoMLX's layer, and computes the same, together with the activation
// after it, while the running statistics change.
func TestBatchNormIsGoMLXs(t *testing.T) {
	for _, next := range []Activation{ReLU, Sigmoid, Tanh} {
		var outputs [2][][]float32
		for i, batchNorm := range []Layer{BatchNorm{}, gomlxBatchNorm{}} {
			net := NewNet(Sequential{Conv2D{Channels: 3, KernelSize: 3, NoBias: true}, batchNorm, next})
			noError(t, net.Initialize(testDevice(), fixtureParameters))
			p := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
				g := inputs[0].Graph()
				scope.Store().Scope(model.RootScopePath).SetParam(regularizer.ParamL2, 0.1)
				y := net.layer.Forward(scope, inputs[0])
				isXLAs := func(n *graph.Node) bool { return n.Type() == graph.NodeTypeBatchNormForTraining }
				if got, want := slices.ContainsFunc(g.Nodes(), isXLAs), i == 1 || !pairsTogether(); got != want {
					t.Errorf("%T is XLA's: %v, expected %v", batchNorm, got, want)
				}
				of := []*graph.Node{inputs[0]}
				for _, v := range net.Parameters() {
					of = append(of, v.NodeValue(g))
				}
				loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(graph.IotaFull(g, y.Shape()))))
				return append(graph.Gradient(loss, of...), y, train.TotalLoss(g))
			}}))(t)
			defer p.Finalize()
			for step := range 3 {
				for _, result := range must(p.Call(waves(step, 1, 20, 2, 9, 8)))(t) {
					outputs[i] = append(outputs[i], float32s(t, result))
				}
			}
			for _, name := range []string{"mean", "variance", batchCount} {
				outputs[i] = append(outputs[i], statistics(t, net)["/net/batchnorm0/"+name])
			}
		}
		for i := range outputs[0] {
			near(t, fmt.Sprintf("%v, output %d", next, i), outputs[0][i], outputs[1][i], 1e-5)
		}
	}
}

// xlaConvolution is a convolution that no kernel computes.
type xlaConvolution struct{}

func (xlaConvolution) Kind() string { return "xlaconvolution" }

func (xlaConvolution) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	weights := graph.Ones(x.Graph(), shapes.Make(x.DType(), 3, 3, x.Shape().Dim(1), 4))
	return channelsFirst(convolve(x, weights, Conv2D{KernelSize: 3}.window()))
}

// The kernel is for training, and for images that lie in memory as other kernels leave them.
func TestWhereBatchNormIsAKernel(t *testing.T) {
	for _, c := range []struct {
		name     string
		before   Layer
		norm     BatchNorm
		next     Activation
		training bool
		kernel   bool
	}{
		{"first", nil, BatchNorm{}, ReLU, true, true},
		{"not in training", nil, BatchNorm{}, ReLU, false, false},
		{"frozen", nil, BatchNorm{UseGlobalStats: true}, ReLU, true, false},
		{"another activation", nil, BatchNorm{}, Activation(activation.TypeGelu), true, false},
		{"after a kernel", Conv2D{Channels: 3, KernelSize: 3}, BatchNorm{}, ReLU, true, true},
		{"and a layer", Sequential{Conv2D{Channels: 3, KernelSize: 3}, ReLU}, BatchNorm{}, ReLU, true, true},
		{"after a large convolution", Conv2D{Channels: 600, KernelSize: 3}, BatchNorm{}, ReLU, true, true},
		{"after XLA's normalization", Sequential{xlaConvolution{}, BatchNorm{}, ReLU}, BatchNorm{}, ReLU, true, false},
		{"after XLA's pooling", AvgPool2D{PoolSize: 3, Strides: 2}, BatchNorm{}, ReLU, true, false},
		{"after XLA's convolution", xlaConvolution{}, BatchNorm{}, ReLU, true, false},
		{"and a layer", Sequential{xlaConvolution{}, ReLU}, BatchNorm{}, ReLU, true, false},
	} {
		net := NewNet(Sequential{c.norm})
		noError(t, net.Initialize(testDevice(), fixtureParameters))
		p := must(net.newProgram(xla.Config{Training: c.training, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			x := inputs[0]
			if c.before != nil {
				x = c.before.Forward(scope.In("before"), x)
			}
			if _, got := c.norm.kernel(scope, x, c.next); got != (c.kernel && pairsTogether()) {
				t.Errorf("%s: by the kernel: %v, expected %v", c.name, got, c.kernel)
			}
			return []*graph.Node{x}
		}}))(t)
		defer p.Finalize()
		must(p.Call(waves(1, 1, 2, 2, 12, 12)))(t)
	}
}

func TestBatchNormWithStatisticsInHalfPrecision(t *testing.T) {
	X := must(Compile(func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float16) }, testDevice())(waves(1, 1, 4, 2)))(t)
	net := drawnFor(t, Sequential{BatchNorm{}}, X)
	v := must(must(must(net.Parameter("batchnorm0.running_mean"))(t).Value())(t).LocalClone())(t)
	noError(t, net.SetParameter("batchnorm0.running_mean", v))
}

// Statistics that are set count as those of a file: a step changes a tenth of them, however many were made before.
// So it is in other types.
func TestBatchNormWithStatisticsThatWereSet(t *testing.T) {
	for _, steps := range []int{0, 1, 3, 12} {
		net := NewNet(Sequential{BatchNorm{}, Dense{Units: 4}})
		noError(t, net.Initialize(testDevice(), Xavier))
		X := tensors.FromValue([][]float32{{0}, {1}, {2}, {3}, {4}})
		must(net.Forward(X))(t)
		trainer := must(NewTrainer(net, SGD(0.1)))(t)
		for i := range steps + 1 {
			if i == steps {
				noError(t, net.SetParameter("batchnorm0.running_mean", []float32{100}))
			}
			_, _, err := trainer.Step(X, fiveLabels())
			noError(t, err)
		}
		mean := float32s(t, must(must(net.Parameter("batchnorm0.running_mean"))(t).Value())(t))
		near(t, fmt.Sprintf("running mean after %d steps and one", steps), mean, []float32{0.9*100 + 0.1*2}, 1e-6)
	}
	wide := NewNet(BatchNorm{})
	noError(t, wide.Initialize(testDevice(), Xavier))
	must(wide.Forward(tensors.FromValue([][]float64{{0}, {1}})))(t)
	noError(t, wide.SetParameter("running_mean", []float64{7}))
	if count := must(must(wide.Parameter("num_batches_tracked"))(t).Value())(t).Value(); fmt.Sprint(count) != "[10]" {
		t.Errorf("beside statistics of float64 that were set there are %v batches", count)
	}
}

// What PyTorch has is copied in any order, and is there in the end as it was.
func TestBatchNormStatisticsInAnyOrder(t *testing.T) {
	state := map[string]any{
		"running_mean": []float32{1, 2}, "running_var": []float32{3, 4}, "num_batches_tracked": int64(3),
	}
	const want = "[1 2] [3 4] [3 3]"
	net := drawnFor(t, BatchNorm{}, Ones(3, 2))
	got := func(net *Net) string {
		var all []any
		for _, name := range []string{"running_mean", "running_var", "num_batches_tracked"} {
			all = append(all, must(must(net.Parameter(name))(t).Value())(t).Value())
		}
		return fmt.Sprint(all...)
	}
	for _, names := range [][]string{
		{"running_mean", "running_var", "num_batches_tracked"}, {"num_batches_tracked", "running_mean", "running_var"},
		{"running_var", "num_batches_tracked", "running_mean"},
	} {
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(Ones(3, 2)))(t)
		for _, name := range names {
			noError(t, net.SetParameter(name, state[name]))
		}
		if got := got(net); got != want {
			t.Errorf("set in the order %v: got %s, expected %s", names, got, want)
		}
	}
	noError(t, net.SetParameter("num_batches_tracked", []float32{4, 4}))
	double := must(net.CopyTo(testDevice()))(t)
	noError(t, double.SetParameter("running_mean", []float32{5, 6}))
	if got := got(double); got != "[5 6] [3 4] [4 4]" {
		t.Errorf("the copy has %s", got)
	}
	// After a step, what is set is no longer of one state with the number that was set before it.
	must(must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{}).StepBatch(train.Batch{
		Inputs: []*tensors.Tensor{Ones(3, 2)}, Labels: []*tensors.Tensor{Ones(3, 2)}}))(t)
	noError(t, net.SetParameter("running_mean", []float32{1, 2}))
	if got := must(must(net.Parameter("num_batches_tracked"))(t).Value())(t).Value(); fmt.Sprint(got) != "[10 10]" {
		t.Errorf("after a step, the running mean counts as %v batches", got)
	}
	wantError(t, net.SetParameter("num_batches_tracked", -1), "a number of batches is 0 or more, got -1")
	wantError(t, net.SetParameter("num_batches_tracked", float32(1)), "takes a value of the shape (Float32)[2], got (Float32)")
	wantError(t, net.SetParameter("running_mean", int64(1)), "takes a value of the shape (Float32)[2], got (Int64)")
}

func TestBatchNormOfOneExample(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		net := NewNet(Sequential{BatchNorm{UseGlobalStats: frozen}, Dense{Units: 1}})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
		_, _, err := trainer.Step(NewTensor([]float32{1, 2}, 1, 2), NewTensor([]float32{1}, 1, 1))
		if (err == nil) != frozen {
			t.Errorf("frozen: %v: %v", frozen, err)
		}
	}
}
