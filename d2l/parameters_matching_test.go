package d2l

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/gomlx/core/tensors"
)

// pretrained is the net of normNet with an output layer for two classes more.
func pretrained() *Net { return NewNet(Sequential{BatchNorm{}, Dense{Units: 3}, Dense{Units: 5}}) }

func without(prefixes ...string) func(string) string {
	return func(name string) string {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return ""
		}
		return name
	}
}

// What a file has is loaded, running statistics and their count too, whether the net has seen a batch or not; the rest
// stays. The net then goes on as ever.
func TestLoadMatchingParameters(t *testing.T) {
	source, X, y := pretrained(), waves(1, 1, 4, 2), tensors.FromValue([]int32{0, 1, 2, 3})
	noError(t, source.Initialize(testDevice(), Xavier))
	_, _, err := must(NewTrainer(source, SGD(0.1)))(t).Step(X, y)
	noError(t, err)
	path, theirs := saved(t, source), state(t, source)
	several := oneOrTwo()
	for name, devices := range map[string]Devices{
		"fresh": nil, "seen a batch": {testDevice()}, "trained": several[len(several)-1],
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(Sequential{BatchNorm{}, Dense{Units: 3}, Dense{Units: 4}})
			noError(t, net.Initialize(testDevice(), Xavier))
			var before map[string][]float32
			var trainer *Trainer
			if devices != nil {
				must(net.Forward(X))(t)
				trainer = must(NewTrainer(net, SGD(0.1), devices...))(t)
				if name == "trained" {
					_, _, err := trainer.Step(X, y)
					noError(t, err)
				}
				before = state(t, net)
			}
			report := must(net.LoadMatchingParameters(path, without("dense1.")))(t)
			want := []string{"dense1.weight", "dense1.bias"}
			if !slices.Equal(report.Missing, want) || len(report.Loaded) != 7 || report.Unexpected != nil {
				t.Errorf("the report is %+v", report)
			}
			after := state(t, net)
			for path, value := range after {
				want := theirs[path]
				if strings.Contains(path, "dense1") {
					if want = before[path]; before == nil {
						continue
					}
				}
				if !slices.Equal(value, want) {
					t.Errorf("%s is %v, expected %v", path, value, want)
				}
			}
			if len(after) != len(theirs) || net.trained.Steps != 0 {
				t.Errorf("the net has %d variables, trained for %d steps", len(after), net.trained.Steps)
			}
			if trainer != nil {
				_, _, err := trainer.Step(X, y)
				wantError(t, err, "make a new one")
			}
			// What it computes is what it would compute from a file of just these parameters.
			again := NewNet(net.layer)
			noError(t, again.LoadParameters(saved(t, net), testDevice()))
			if !slices.Equal(float32s(t, must(net.Forward(X))(t)), float32s(t, must(again.Forward(X))(t))) {
				t.Error("the net computes with other parameters than it has")
			}
			_, _, err := must(NewTrainer(net, SGD(0.1), devices...))(t).Step(X, y)
			noError(t, err)
			if reflect.DeepEqual(state(t, net), after) {
				t.Error("the net does not train")
			}
		})
	}
}

// Where there is no file of its own, what is drawn is what Initialize would have drawn.
func TestLoadMatchingParametersDrawsTheRest(t *testing.T) {
	unseeded(t)
	path := filepath.Join(t.TempDir(), "norm.safetensors")
	file := normState()
	delete(file, "dense0.bias")
	delete(file, "batchnorm0.running_var")
	delete(file, "batchnorm0.num_batches_tracked")
	put(t, path, fileOf(t, file, ""))
	draw := func(load bool) map[string][]float32 {
		Seed(7)
		net := normNet()
		noError(t, net.Initialize(testDevice(), fixtureParameters))
		if load {
			report := must(net.LoadMatchingParameters(path, without("batchnorm0."), 2))(t)
			if len(report.Loaded) != 1 || len(report.Missing) != 6 {
				t.Errorf("the report is %v", report)
			}
		} else {
			must(net.Forward(waves(1, 1, 2, 2)))(t)
		}
		return state(t, net)
	}
	got, want := draw(true), draw(false)
	want["/net/dense0/weights"] = []float32{1, 3, 5, 2, 4, 6}
	if !maps.EqualFunc(got, want, equalBits) {
		t.Errorf("the net has %v, expected %v", got, want)
	}
}

// Without a count of batches, or with PyTorch's 0 for a file that lacked it, running statistics that come from a file
// are kept when training goes on; without statistics the count is that of a new net.
func TestLoadedStatisticsAreKept(t *testing.T) {
	zero := weights.Tensor{Type: normState()["batchnorm0.num_batches_tracked"].Type, Values: make([]byte, 8)}
	for name, c := range map[string]struct {
		change func(map[string]weights.Tensor)
		want   float32
	}{
		"7":             {func(map[string]weights.Tensor) {}, 7},
		"0":             {func(s map[string]weights.Tensor) { s["batchnorm0.num_batches_tracked"] = zero }, 10},
		"none":          {func(s map[string]weights.Tensor) { delete(s, "batchnorm0.num_batches_tracked") }, 10},
		"no statistics": {func(s map[string]weights.Tensor) { maps.DeleteFunc(s, statisticsOnly) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			file, path := normState(), filepath.Join(t.TempDir(), "norm.safetensors")
			c.change(file)
			put(t, path, fileOf(t, file, ""))
			net := normNet()
			noError(t, net.Initialize(testDevice(), Xavier))
			must(net.LoadMatchingParameters(path, nil, 2))(t)
			if got := statistics(t, net)["/net/batchnorm0/avg_weight"]; !slices.Equal(got, []float32{c.want, c.want}) {
				t.Errorf("the count is %v, expected %v", got, c.want)
			}
			if c.want > 0 {
				noError(t, net.LoadParameters(path, testDevice(), 2))
				if got := statistics(t, net)["/net/batchnorm0/avg_weight"]; got[0] != c.want {
					t.Errorf("LoadParameters: the count is %v, expected %v", got, c.want)
				}
			}
		})
	}
}

func statisticsOnly(name string, _ weights.Tensor) bool {
	return strings.Contains(name, "running") || strings.Contains(name, "num_batches")
}

// What cannot be loaded is an error that says what to do, and the net stays as it was.
func TestLoadMatchingParametersErrors(t *testing.T) {
	const skip = `give a function that returns this net's name for each of the file's, and "" for what is to be left out`
	ours, path := normNet(), filepath.Join(t.TempDir(), "pretrained.params")
	source, X := pretrained(), waves(1, 1, 4, 2)
	noError(t, source.Initialize(testDevice(), Xavier))
	must(source.Forward(X))(t)
	noError(t, source.SaveParameters(path))
	_, err := ours.LoadMatchingParameters(path, nil)
	wantError(t, err, "the net has no parameters yet")

	foreign := filepath.Join(t.TempDir(), "norm.safetensors")
	put(t, foreign, fileOf(t, normState(), ""))
	whole := must(os.ReadFile(path))(t)
	damaged := filepath.Join(t.TempDir(), "damaged.params")
	put(t, damaged, append(whole[:len(whole)-9:len(whole)-9], make([]byte, 9)...))
	other := NewNet(Sequential{BatchNorm{}, Dense{Units: 2}})
	for name, c := range map[string]struct {
		net    *Net
		path   string
		rename func(string) string
		input  []int
		want   []string
	}{
		"another shape": {other, path, nil, nil, []string{"dense0.weight is (3, 2), expected (2, 2)", skip}},
		"another shape, renamed": {other, path, strings.NewReplacer("dense0.", "x.", "dense1.", "dense0.").Replace, nil,
			[]string{"dense1.weight, here dense0.weight, is (5, 3), expected (2, 2)", skip}},
		"nothing fits": {ours, path, func(string) string { return "" }, nil,
			[]string{"they have no tensor with the name of one of this net's: they have batchnorm0.bias, ",
				"and this net batchnorm0.weight, ", skip}},
		"two of one name": {ours, path, strings.NewReplacer("dense1.", "dense0.").Replace, nil,
			[]string{"dense0.bias and dense1.bias would both be this net's dense0.bias", skip}},
		"no shape": {ours, foreign, nil, nil, []string{"they do not tell for which inputs they are",
			"give the shape of an example, such as LoadMatchingParameters(path, rename, 1, 28, 28)"}},
		"a wrong shape": {ours, foreign, nil, []int{2, 3, 4, 5}, []string{
			"this net does not take inputs of Float32 and shape (2, 3, 4, 5)", "give the shape of an example"}},
		"an impossible shape": {ours, foreign, nil, []int{-1}, []string{"no input has the shape (-1,)", "give the shape"}},
		"missing":             {ours, path + "x", nil, nil, []string{"there are no parameters in " + path + "x"}},
		"damaged":             {ours, damaged, nil, nil, []string{"they are damaged: their SHA-256", "save them again"}},
	} {
		t.Run(name, func(t *testing.T) {
			noError(t, c.net.Initialize(testDevice(), Xavier))
			_, err := c.net.LoadMatchingParameters(c.path, c.rename, c.input...)
			wantError(t, err, c.want...)
			if strings.Contains(err.Error(), "save them again") != (name == "damaged") {
				t.Errorf("wrong advice: %v", err)
			}
			if c.net.Variables() != nil {
				t.Error("the net has parameters after an error")
			}
			must(c.net.Forward(X))(t)
			before := state(t, c.net)
			if c.input == nil && name != "no shape" {
				_, err := c.net.LoadMatchingParameters(c.path, c.rename)
				wantError(t, err, c.want...)
			}
			_, err = c.net.LoadMatchingParameters(foreign, nil, 7)
			wantError(t, err, "the net has seen examples of shape (2,)", "leave the shape out, or initialize the net again")
			if !reflect.DeepEqual(state(t, c.net), before) {
				t.Error("an error changed the net")
			}
		})
	}
}
