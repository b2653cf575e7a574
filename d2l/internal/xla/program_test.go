package xla

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

func TestMain(m *testing.M) {
	d2ltest.RunAsChild(children)
	removeCache := d2ltest.OwnCompilationCache()
	os.Setenv(flagsVariable, os.Getenv(flagsVariable)+" --xla_force_host_platform_device_count=4")
	code := m.Run()
	removeCache()
	os.Exit(code)
}

// place is one device of a platform.
type place struct {
	platform Platform
	device   compute.DeviceNum
}

// here is where the tests compute.
func here() place {
	return d2ltest.Device(func(i int) place { return place{CPU, compute.DeviceNum(i)} },
		func(i int) place { return place{GPU, compute.DeviceNum(i)} })
}

// devices are that one alone, and those given, if they are the CPU's: of GPUs only one is tested.
func devices(others ...[]compute.DeviceNum) [][]compute.DeviceNum {
	all := [][]compute.DeviceNum{{here().device}}
	if here().platform == CPU {
		all = append(all, others...)
	}
	return all
}

// counted is a program that adds a variable of ones, of the inputs' width, to a batch, and counts how often it is built.
// It refuses batches of three.
func counted(t *testing.T, builds *int, devices ...compute.DeviceNum) *Program {
	t.Helper()
	return New(Config{
		Store: model.NewStore(), Backend: d2ltest.Must(here().platform.Start())(t), Devices: devices,
		Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			*builds++
			x := inputs[0]
			scope.VariableWithValue("has a value", []float32{1})
			scope = scope.WithInitializer(initializer.One)
			ones := scope.VariableWithShape("ones", shapes.Make(x.DType(), x.Shape().Dim(1)))
			if x.Shape().Dim(0) == 3 {
				panic("no batches of three")
			}
			return []*graph.Node{graph.Add(x, graph.ExpandAxes(ones.NodeValue(x.Graph()), 0))}
		},
	})
}

func batch(rows ...[]float32) *tensors.Tensor { return tensors.FromValue(rows) }

// A program is built once for each shape of inputs, whether or not it is compiled ahead, on one device, on another, and
// on several.
func TestProgramIsBuiltOnce(t *testing.T) {
	for _, devices := range devices([]compute.DeviceNum{2}, []compute.DeviceNum{0, 1}, []compute.DeviceNum{3, 1, 0, 2}) {
		builds := 0
		p := counted(t, &builds, devices...)
		for i, x := range []*tensors.Tensor{batch([]float32{1, 2}), batch([]float32{1, 2}, []float32{3, 4})} {
			d2ltest.Must(p.Compile(x))(t)
			d2ltest.NoError(t, p.Draw())
			for range 2 {
				got := d2ltest.Must(p.Call(x))(t)
				want := [][]float32{{2, 3}, {4, 5}}[:i+1]
				if len(got) != 1 || !reflect.DeepEqual(got[0].Value(), want) {
					t.Errorf("on %v: got %v, expected %v", devices, got, want)
				}
			}
			if builds != i+1 {
				t.Errorf("on %v: %d builds for %d shapes", devices, builds, i+1)
			}
		}
		p.Finalize()
	}
}

// A refused batch leaves no variable, and the program works on.
func TestProgramRefusesABatch(t *testing.T) {
	for _, devices := range devices([]compute.DeviceNum{0, 1}) {
		builds := 0
		p := counted(t, &builds, devices...)
		for range 2 { // The second time it would wait forever for the first.
			_, err := p.Call(batch([]float32{1}, []float32{2}, []float32{3}))
			if err == nil || err.Error() != "no batches of three" {
				t.Errorf("on %v: %v", devices, err)
			}
			if n := p.config.Store.NumVariables(); n != 0 {
				t.Errorf("on %v: %d variables", devices, n)
			}
		}
		d2ltest.Must(p.Call(batch([]float32{1, 2})))(t) // Of another width.
	}
}

// Discard forgets variables without values together with what would remember them, and nothing else.
func TestDiscard(t *testing.T) {
	builds := 0
	p := counted(t, &builds, here().device)
	one, two := batch([]float32{1}), batch([]float32{1, 2})
	d2ltest.Must(p.Compile(one))(t)
	d2ltest.NoError(t, p.Discard())
	if n := p.config.Store.NumVariables(); n != 0 {
		t.Errorf("%d variables after Discard", n)
	}
	d2ltest.Must(p.Call(two))(t)
	d2ltest.NoError(t, p.Discard())
	d2ltest.Must(p.Call(two))(t)
	if n := p.config.Store.NumVariables(); n != 2 || builds != 2 {
		t.Errorf("%d variables after %d builds", n, builds)
	}
}

// BuildOnly shows shapes and makes variables, on any backend, and turns every panic into an error.
func TestBuildOnly(t *testing.T) {
	for _, platform := range []Platform{here().platform, Go} {
		backend, store := d2ltest.Must(platform.Start())(t), model.NewStore()
		build := func(f func(x *graph.Node) *graph.Node) (shape string, err error) {
			input := shapes.Make(dtypes.Float32, 1, 3)
			err = BuildOnly(backend, store, []shapes.Shape{input}, func(scope *model.Scope, inputs []*graph.Node) {
				x := inputs[0]
				y := f(graph.Add(x, scope.VariableWithShape("v", x.Shape()).NodeValue(x.Graph())))
				shape = y.Shape().String()
			})
			return shape, err
		}
		transpose := func(x *graph.Node) *graph.Node { return graph.Transpose(x, 0, 1) }
		if got := d2ltest.Must(build(transpose))(t); got != "(Float32)[3, 1]" {
			t.Errorf("the shape is %s", got)
		}
		if n := store.NumVariables(); n != 1 || !hasUnset(store) {
			t.Errorf("%d variables", n)
		}
		for want, f := range map[string]func(x *graph.Node) *graph.Node{
			"broken":                         func(*graph.Node) *graph.Node { panic("broken") },
			"an error":                       func(*graph.Node) *graph.Node { panic(errors.New("an error")) },
			"out of range [4] with length 0": func(x *graph.Node) *graph.Node { return []*graph.Node{}[x.Rank()+2] },
			"program_test.go:":               func(x *graph.Node) *graph.Node { return []*graph.Node{}[x.Rank()+2] },
		} {
			if _, err := build(f); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, expected %s", err, want)
			}
		}
	}
}

// Each device gets an equal part of a batch, padded with zeros where that is not possible.
func TestBatchIsSplit(t *testing.T) {
	if here().platform != CPU {
		t.Skip("of GPUs only one is tested")
	}
	p := counted(t, new(int), 0, 1)
	var parts []any
	for _, part := range d2ltest.Must(p.split(tensors.FromValue([][]int32{{1, 2}, {3, 4}, {5, 6}}), 1))(t) {
		parts = append(parts, part.Value())
	}
	if want := []any{[][]int32{{1, 2}, {3, 4}}, [][]int32{{5, 6}, {0, 0}}}; !reflect.DeepEqual(parts, want) {
		t.Errorf("the parts are %v, expected %v", parts, want)
	}
}
