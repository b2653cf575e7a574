package d2l

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestSetTrainable(t *testing.T) {
	net := NewNet(Sequential{Dense{Units: 1}})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	X, y := NewTensor([]float32{1, 2}, 2, 1), NewTensor([]float32{0, 0}, 2, 1)
	trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
	_, _, err := trainer.Step(X, y)
	noError(t, err)
	must(net.Parameter("dense0.weight"))(t).SetTrainable(false)
	_, _, err = trainer.Step(X, y)
	wantError(t, err, "SetTrainable was called for /net/dense0/weights", "make a new Trainer")
	// This trains nothing.
	must(trainer.EvaluateLoss(LoadArray(X, y, 2, false)))(t)
	path := filepath.Join(t.TempDir(), "net.params")
	noError(t, net.SaveParameters(path))
	noError(t, net.LoadParameters(path, testDevice()))
	if n := net.NumParameters(); n != 1 {
		t.Errorf("%d parameters are trained after loading", n)
	}
}

// What is frozen stays so to the bit, whatever is compiled in between: layers say at each time which of their parameters
// are learnt.
func TestFrozenBatchNorm(t *testing.T) {
	for name, layer := range map[string]Layer{
		"before Dense": Sequential{BatchNorm{}, Dense{Units: 4}},
		"before ReLU":  Sequential{Conv2D{Channels: 2, KernelSize: 3}, BatchNorm{}, ReLU, Dense{Units: 4}},
		"shared":       Sequential{Share(Sequential{BatchNorm{}}), Dense{Units: 4}},
		"global":       Sequential{BatchNorm{UseGlobalStats: true}, Dense{Units: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			net, X := NewNet(layer), waves(1, 1, 5, 1, 8, 8)
			noError(t, net.Initialize(testDevice(), Xavier))
			must(net.Forward(X))(t)
			var frozen []*model.Variable
			for _, v := range net.Parameters() {
				if v.Name() == "scale" || v.Name() == "offset" {
					v.SetTrainable(false)
					frozen = append(frozen, v)
				}
			}
			if len(frozen) != 2 {
				t.Fatalf("%d variables are frozen", len(frozen))
			}
			must(net.Forward(waves(1, 1, 3, 1, 8, 8)))(t)
			must(net.Outputs(X))(t)
			for range 2 {
				trainer := must(NewTrainer(net, SGD(1)))(t)
				_, _, err := trainer.Step(X, fiveLabels())
				noError(t, err)
				_, _, err = trainer.Step(waves(2, 1, 3, 1, 8, 8), tensors.FromValue([]int32{0, 1, 2}))
				noError(t, err)
			}
			for i, want := range []float32{1, 0} {
				if got := float32s(t, must(frozen[i].Value())(t)); slices.Min(got) != want || slices.Max(got) != want {
					t.Errorf("%s became %v", frozen[i].Path(), got)
				}
			}
		})
	}
}

func TestAllFrozen(t *testing.T) {
	for name, opt := range map[string]Optimizer{"SGD": SGD(1), "decay": SGD(1).WithWeightDecay(0.1)} {
		net, X := initialized(t)
		must(net.Forward(X))(t)
		for _, v := range net.Parameters() {
			v.SetTrainable(false)
		}
		_, _, err := must(NewTrainer(net, opt))(t).Step(X, fiveLabels())
		if err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantError(t, err, "there is nothing to train: the layers have no parameters, or SetTrainable(false)")
		}
	}
}

// Parameters has what is frozen, so that a loop over it also makes it trainable again.
func TestParametersOfAFrozenNet(t *testing.T) {
	net := NewNet(Sequential{BatchNorm{}, Dense{Units: 4}})
	noError(t, net.Initialize(testDevice(), Xavier))
	X := waves(1, 1, 5, 3)
	must(net.Forward(X))(t)
	before := net.Parameters()
	for _, trainable := range []bool{false, true} {
		for _, v := range net.Parameters() {
			v.SetTrainable(trainable)
		}
		if !slices.Equal(net.Parameters(), before) || len(before) != 4 {
			t.Errorf("with SetTrainable(%v) there are %d parameters, expected 4", trainable, len(net.Parameters()))
		}
		if n := net.NumParameters(); (n == 0) == trainable {
			t.Errorf("with SetTrainable(%v) %d numbers are learnt", trainable, n)
		}
	}
	weight := must(net.Parameter("dense0.weight"))(t)
	old := float32s(t, must(weight.Value())(t))
	_, _, err := must(NewTrainer(net, SGD(1)))(t).Step(X, fiveLabels())
	noError(t, err)
	if slices.Equal(float32s(t, must(weight.Value())(t)), old) {
		t.Error("what was frozen and made trainable is not trained")
	}
	if n := len(must(net.CopyTo(testDevice()))(t).Parameters()); n != 4 {
		t.Errorf("a copy has %d parameters", n)
	}
}

// biasPerShape has a parameter for each width of x.
type biasPerShape struct{}

func (biasPerShape) Kind() string { return "bias" }

func (biasPerShape) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	bias := scope.VariableWithShape(fmt.Sprint("b", x.Shape().Dim(1)), x.Shape().Clone())
	return graph.ReduceAndKeep(graph.Add(x, bias.NodeValue(x.Graph())), graph.ReduceSum, 1)
}

// A parameter that comes with another shape of X is no call of SetTrainable.
func TestParameterOfAnotherShape(t *testing.T) {
	net := NewNet(Sequential{biasPerShape{}, Dense{Units: 1}})
	noError(t, net.Initialize(testDevice(), Constant(1)))
	trainer := must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
	for _, width := range []int{2, 3, 2, 3} {
		_, _, err := trainer.Step(waves(1, 1, 2, width), waves(2, 1, 2, 1))
		noError(t, err)
	}
}
