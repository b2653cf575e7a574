package d2l

import (
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// statefulNet is a net that does not do the same in training as afterwards.
func statefulNet() *Net {
	return NewNet(Sequential{
		Conv2D{Channels: 4, KernelSize: 3, Padding: 1},
		BatchNorm{},
		AvgPool2D{PoolSize: 2},
		Dropout{0.25},
		Dense{Units: 16, Activation: ReLU},
		BatchNorm{},
		Dense{Units: 4},
	})
}

// statistics returns what a net has learnt beside its parameters.
func statistics(t *testing.T, net *Net) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for v := range net.store.Scope(netScope).IterVariables() {
		if !v.Trainable {
			all[v.Path()] = float32s(t, must(v.Value())(t))
		}
	}
	return all
}

// A net with batch normalization and dropout trains with Adam, and what it has
// learnt, running statistics included, can be saved, loaded and copied.
func TestStatefulNet(t *testing.T) {
	unseeded(t)
	Seed(1)
	net, data := statefulNet(), quadrants(128, 16, true)
	noError(t, net.Initialize(testDevice(), Xavier))
	X := waves(1, 1, 5, 1, 8, 8)
	must(net.Forward(X))(t)
	// Scales and offsets are learnt by gradients, statistics are not.
	if got, want := net.NumParameters(), (36+4)+2*4+(4*16*16+16)+2*16+(16*4+4); got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}
	before := statistics(t, net)
	trainer := must(NewTrainer(net, adam()))(t)
	for range 10 {
		for batch, err := range data.Iter() {
			noError(t, err)
			_, _, err = trainer.Step(batch.Inputs[0], batch.Labels[0])
			noError(t, err)
		}
	}
	if acc := must(EvaluateAccuracyGPU(net, data))(t); acc < 0.95 {
		t.Errorf("after ten epochs the accuracy is %v", acc)
	}
	after := statistics(t, net)
	if len(before) != 6 || len(after) != 6 { // Mean, variance and a count, twice.
		t.Errorf("there are statistics %v, and after training %v", before, after)
	}
	for path, values := range before {
		if slices.Equal(values, after[path]) {
			t.Errorf("training leaves %s at %v", path, values)
		}
	}

	want := float32s(t, must(net.Forward(X))(t))
	loaded := statefulNet()
	noError(t, loaded.LoadParameters(saved(t, net), testDevice()))
	if got := float32s(t, must(loaded.Forward(X))(t)); !slices.Equal(got, want) {
		t.Errorf("the loaded net gives %v, expected %v", got, want)
	}
	copied := must(net.CopyTo(otherDevice()))(t)
	if got, want := copied.NumParameters(), net.NumParameters(); got != want {
		t.Errorf("a copy has %d parameters, expected %d", got, want)
	}
	near(t, "output of a copy", float32s(t, must(copied.Forward(X))(t)), want, 1e-6)
	must(NewTrainer(net, SGD(0.1)))(t)
	if got := statistics(t, net); !reflect.DeepEqual(got, after) {
		t.Errorf("a new Trainer makes the statistics %v, expected %v", got, after)
	}
}

// After one step the running statistics are those of its batch, and Forward
// normalizes with them, whatever else is in a batch.
func TestBatchNormStatistics(t *testing.T) {
	const batch, features = 6, 3
	net := NewNet(Sequential{BatchNorm{}, Dense{Units: 4}})
	noError(t, net.Initialize(testDevice(), Xavier))
	X := waves(5, 2, batch, features)
	_, _, err := must(NewTrainer(net, SGD(0.1)))(t).Step(X, tensors.FromValue(make([]int32, batch)))
	noError(t, err)

	mean, variance := make([]float32, features), make([]float32, features)
	for i, x := range float32s(t, X) {
		mean[i%features] += x / batch
	}
	for i, x := range float32s(t, X) {
		variance[i%features] += float32(math.Pow(float64(x-mean[i%features]), 2)) / batch
	}
	got := statistics(t, net)
	near(t, "running mean", got["/net/batchnorm0/mean"], mean, 1e-6)
	near(t, "running variance", got["/net/batchnorm0/variance"], variance, 1e-6)

	together := float32s(t, must(net.Forward(X))(t))
	first := tensors.FromFlatDataAndDimensions(float32s(t, X)[:features], 1, features)
	near(t, "output for the first example alone", float32s(t, must(net.Forward(first))(t)), together[:4], 1e-6)
	pureGo := must(net.CopyTo(Device{platform: xla.Go}))(t)
	near(t, "output in pure Go", float32s(t, must(pureGo.Forward(X))(t)), together, 1e-6)
	if !reflect.DeepEqual(statistics(t, net), got) {
		t.Error("Forward changed the statistics")
	}
}

// clipped keeps its net's weights within ±limit after each step.
type clipped struct {
	Dense
	limit float64
}

func (c clipped) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	y := c.Dense.Forward(scope, x)
	train.AddPerStepUpdateGraphFn(scope, x.Graph(), func(scope *model.Scope, g *graph.Graph) {
		w := scope.GetVariable("weights")
		w.SetNodeValue(graph.ClipScalar(w.NodeValue(g), -c.limit, c.limit))
	})
	return y
}

// What a layer registers for the end of each step is done.
func TestPerStepUpdate(t *testing.T) {
	net := NewNet(clipped{Dense{Units: 4}, 0.01})
	noError(t, net.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(net, SGD(10)))(t).Step(waves(1, 1, 5, 3), fiveLabels())
	noError(t, err)
	if weights := values(t, net)["/net/weights"]; slices.Max(weights) != 0.01 || slices.Min(weights) != -0.01 {
		t.Errorf("the weights are %v, expected at most ±0.01", weights)
	}
}

// Dropout draws other numbers in each step, of a further Trainer as well, and a
// seed repeats them; Forward has none of it.
func TestDropout(t *testing.T) {
	unseeded(t)
	X, y := waves(1, 1, 5, 1, 8, 8), fiveLabels()
	net := NewNet(Sequential{Dropout{0.5}, Dense{Units: 4}})
	losses := func() (all []float64) {
		Seed(1)
		noError(t, net.Initialize(testDevice(), Xavier))
		for range 2 {
			trainer := must(NewTrainer(net, SGD(1e-12)))(t) // The net stays as it is.
			for range 3 {
				lossSum, _, err := trainer.Step(X, y)
				noError(t, err)
				all = append(all, lossSum)
			}
		}
		return all
	}
	first := losses()
	if again := losses(); !slices.Equal(again, first) {
		t.Errorf("the same seed gives the losses %v and %v", first, again)
	}
	slices.Sort(first)
	if different := slices.Compact(first); len(different) != 6 {
		t.Errorf("only %d of 6 steps have losses of their own: %v", len(different), different)
	}
	want := float32s(t, must(net.Forward(X))(t))
	for range 3 {
		if got := float32s(t, must(net.Forward(X))(t)); !slices.Equal(got, want) {
			t.Fatalf("Forward gives %v, and then %v", want, got)
		}
	}
	plain := NewNet(Sequential{Dropout{0}, Dense{Units: 4}})
	noError(t, plain.LoadParameters(saved(t, net), testDevice()))
	near(t, "output without dropout", want, float32s(t, must(plain.Forward(X))(t)), 1e-6)
}

// Trained on real images, saved and loaded, a net with batch normalization has the
// same accuracy. Without its running statistics it would have another.
func TestSavedStatistics(t *testing.T) {
	unseeded(t)
	Seed(1)
	trainIter, testIter := LoadDataFashionMnist(256)
	trainIter.(*imageIter).n, testIter.(*imageIter).n = 5000, 2000 // No more than these.
	layers := Sequential{Conv2D{Channels: 4, KernelSize: 5, Strides: 2}, BatchNorm{}, ReLU, Dense{Units: 10}}
	net := NewNet(layers)
	var result *Result
	captured(t, &os.Stdout, func() { result = must(TrainCh5(net, trainIter, testIter, 1, 0.1, testDevice()))(t) })
	if result.TestAcc < 0.5 {
		t.Errorf("after 20 steps the accuracy is %v", result.TestAcc)
	}

	loaded := NewNet(layers)
	noError(t, loaded.LoadParameters(saved(t, net), testDevice()))
	if got := must(EvaluateAccuracyGPU(loaded, testIter))(t); got != result.TestAcc {
		t.Errorf("the loaded net's accuracy is %v, expected %v", got, result.TestAcc)
	}
	if got := statistics(t, loaded); !reflect.DeepEqual(got, statistics(t, net)) {
		t.Errorf("the loaded net's statistics are %v, expected %v", got, statistics(t, net))
	}

	fresh := map[string]float32{"mean": 0, "variance": 1, "avg_weight": 0}
	for v := range loaded.store.Scope(netScope + "/batchnorm0").IterVariables() {
		if value, ok := fresh[v.Name()]; ok {
			noError(t, v.SetValue(tensors.FromValue([]float32{value, value, value, value})))
			delete(fresh, v.Name())
		}
	}
	if len(fresh) > 0 {
		t.Errorf("the net keeps no %v", fresh)
	}
	if got := must(EvaluateAccuracyGPU(loaded, testIter))(t); got > result.TestAcc-0.05 {
		t.Errorf("without its statistics the net's accuracy is %v, and %v with them", got, result.TestAcc)
	}
}

// Of many ones Dropout leaves about as many as its Rate says, scaled so that the mean
// stays, and the gradient goes the same ways. With a Rate of 0 it leaves all.
func TestDropoutRate(t *testing.T) {
	unseeded(t)
	Seed(1)
	ones := slices.Repeat([]float32{1}, 200*5*4*5)
	for _, rate := range []float64{0, 0.2, 0.5} {
		net := NewNet(Dropout{Rate: rate})
		noError(t, net.Initialize(testDevice(), Xavier))
		train := must(net.newProgram(xla.Config{Training: true, Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			y := net.layer.Forward(scope, inputs[0])
			return append(graph.Gradient(graph.ReduceAllSum(y), inputs[0]), y)
		}}))(t)
		defer train.Finalize()
		X := tensors.FromFlatDataAndDimensions(ones, 200, 5, 4, 5)
		results := must(train.Call(X))(t)
		y, left := float32s(t, results[1]), 0
		for i, value := range y {
			if value == 0 {
				continue
			}
			left++
			if d := float64(value) - 1/(1-rate); d > 1e-6 || d < -1e-6 {
				t.Fatalf("rate %v: value %d is %v, expected 0 or 1/%v", rate, i, value, 1-rate)
			}
		}
		if got := 1 - float64(left)/float64(len(y)); math.Abs(got-rate) > 0.015 { // Four standard deviations.
			t.Errorf("rate %v: of the numbers %v are dropped", rate, got)
		}
		if got := ShapeOf(results[1]).String(); got != ShapeOf(X).String() {
			t.Errorf("the output's shape is %s", got)
		}
		if !slices.Equal(float32s(t, results[0]), y) {
			t.Errorf("rate %v: the gradient does not go through what is left", rate)
		}
		if !slices.Equal(float32s(t, must(net.Forward(X))(t)), ones) {
			t.Errorf("rate %v: Forward changes its input", rate)
		}
	}
}
