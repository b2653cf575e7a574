package upstream

import (
	"encoding/binary"
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/nlpodyssey/safetensors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestMain(m *testing.M) {
	os.Setenv("XLA_FLAGS", os.Getenv("XLA_FLAGS")+" --xla_force_host_platform_device_count=2")
	os.Exit(m.Run())
}

func backend(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := d2l.CPU(0).Backend()
	d2ltest.NoError(t, err)
	return b
}

// fixed reports that a fault is gone, and what can go with it.
func fixed(t *testing.T, workaround string) {
	t.Helper()
	t.Errorf("this fault is fixed in the version of go.mod: remove %s, and this test with its row in doc.go", workaround)
}

func TestCallOnDeviceIgnoresItsDevice(t *testing.T) {
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) })
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.CallOnDevice(1, []float32{1})
	d2ltest.NoError(t, err)
	if device, err := outputs[0].Device(); err == nil && device == 1 {
		fixed(t, "CallWithGraphOnDevice in favour of CallOnDevice (d2l/on_device.go)")
	}
}

// A program that changes variables cannot choose its device by CallOnDevice either.
func TestModelExecStaysOnFirstDevice(t *testing.T) {
	program, err := model.NewExec(backend(t), model.NewStore(), func(_ *model.Scope, x *graph.Node) *graph.Node {
		return graph.AddScalar(x, 1)
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.WithDeviceAssignment([]compute.DeviceNum{1}).Call([]float32{1})
	if err != nil {
		return
	}
	if device, err := outputs[0].Device(); err == nil && device == 1 {
		fixed(t, "the mesh of a single device (d2l/internal/xla)")
	}
}

// sgd makes steps on w, whose gradient is 1, and returns how much each took from it.
func sgd(t *testing.T, store *model.Store, opt optimizer.Interface, steps int) (taken []float32) {
	t.Helper()
	program, err := model.NewExec(backend(t), store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := scope.At("layer").VariableWithValue("w", float32(0)).NodeValue(x.Graph())
		opt.UpdateGraph(scope, x.Graph(), graph.Mul(w, x))
		return w
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	var last float32
	for step := range steps + 1 {
		outputs, err := program.Call(float32(1))
		d2ltest.NoError(t, err)
		w := tensors.ToScalar[float32](outputs[0])
		if step > 0 {
			taken = append(taken, last-w)
		}
		last = w
	}
	return taken
}

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }

func TestSGDDecaysUnlessToldNotTo(t *testing.T) {
	taken := sgd(t, model.NewStore(), optimizer.StochasticGradientDescent().WithLearningRate(0.5).Done(), 2)
	if near(taken[0], taken[1]) {
		fixed(t, "WithDecay(false) in plainSGD (d2l/optimizer.go)")
	}
}

func TestRateOfZeroIsTakenForNone(t *testing.T) {
	opt := optimizer.StochasticGradientDescent().WithLearningRate(0).WithDecay(false).Done()
	if taken := sgd(t, model.NewStore(), opt, 1); taken[0] == 0 {
		fixed(t, "requireRate's refusal of 0 (d2l/optimizer.go)")
	}
}

func TestFirstRateStaysInStore(t *testing.T) {
	store := model.NewStore()
	opt := func(rate float64) optimizer.Interface {
		return optimizer.StochasticGradientDescent().WithLearningRate(rate).WithDecay(false).Done()
	}
	sgd(t, store, opt(0.5), 1)
	if taken := sgd(t, store, opt(0.25), 1); near(taken[0], 0.25) {
		fixed(t, "Net.dropOptimizer for the learning rate (d2l/trainer.go)")
	}
}

func TestLabelOutOfRangeHasNoLoss(t *testing.T) {
	program, err := graph.NewExec(backend(t), func(labels, logits *graph.Node) *graph.Node {
		return loss.SparseCategoricalCrossEntropyLogits([]*graph.Node{labels}, []*graph.Node{logits})
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.Call([][]int32{{2}}, [][]float32{{0, 0}})
	if err != nil || tensors.ToScalar[float32](outputs[0]) != 0 {
		fixed(t, "labelsWithin in Trainer.Step (d2l/trainer.go)")
	}
}

func TestVariablesOfTwoStoresAreOne(t *testing.T) {
	var variables []*model.Variable
	for _, value := range []float32{1, 10} {
		v := d2ltest.Must(model.NewStore().CreateVariable("/v", tensors.FromScalar(value)))(t)
		variables = append(variables, v)
	}
	program, err := model.NewExec(backend(t), model.NewStore(), func(_ *model.Scope, x *graph.Node) *graph.Node {
		return graph.Add(variables[0].NodeValue(x), variables[1].NodeValue(x))
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.Call(float32(0))
	d2ltest.NoError(t, err)
	if tensors.ToScalar[float32](outputs[0]) == 11 {
		fixed(t, "the paths in Borrow (d2l/internal/xla)")
	}
}

func TestMaximumDropsNaN(t *testing.T) {
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node { return graph.ReduceMax(x, 0) })
	d2ltest.NoError(t, err)
	defer program.Finalize()
	outputs, err := program.Call([]float32{1, float32(math.NaN()), 2})
	d2ltest.NoError(t, err)
	if math.IsNaN(float64(tensors.ToScalar[float32](outputs[0]))) {
		fixed(t, "the sum of isNaN in MaxPool2D (d2l/pool2d.go)")
	}
}

// called returns the error of a program with two functions, which add 1 to x and have the given names.
func called(t *testing.T, names ...string) error {
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node {
		for _, name := range names {
			f := graph.NewFunction(x.Graph(), name, func(g *graph.Graph) []*graph.Node {
				return []*graph.Node{graph.AddScalar(graph.Parameter(g, "x", x.Shape()), 1)}
			})
			x = f.Call(x)[0]
		}
		return x
	})
	d2ltest.NoError(t, err)
	defer program.Finalize()
	_, err = program.Call(float32(1))
	return err
}

func TestFunctionsShareConstants(t *testing.T) {
	if called(t, "a") != nil || called(t, "a", "b") == nil {
		fixed(t, "the iota in call (d2l/internal/kernels)")
	}
}

func TestFunctionNamesHaveNoDots(t *testing.T) {
	if called(t, "a.b") == nil {
		fixed(t, "the underlines in prefix (d2l/internal/kernels)")
	}
}

func TestProgramHoldsFewShapes(t *testing.T) {
	program, err := graph.NewExec(backend(t), func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) })
	d2ltest.NoError(t, err)
	defer program.Finalize()
	for n := 1; n <= graph.DefaultExecMaxCacheSize+1; n++ {
		if _, err = program.Call(make([]float32, n)); err != nil {
			return
		}
	}
	fixed(t, "SetMaxCache(-1) (d2l/internal/xla)")
}

func TestPictureInSVGIsCalledJPEG(t *testing.T) {
	canvas := vgsvg.New(vg.Inch, vg.Inch)
	canvas.DrawImage(vg.Rectangle{Max: vg.Point{X: vg.Inch, Y: vg.Inch}}, image.NewGray(image.Rect(0, 0, 1, 1)))
	var svg strings.Builder
	d2ltest.Must(canvas.WriteTo(&svg))(t)
	if !strings.Contains(svg.String(), ` xlink:href="data:image/jpg;base64,iVBOR`) { // PNG begins so.
		fixed(t, "the replacement in Drawing.SVG (d2l/internal/page)")
	}
}

func TestSafetensorsViewRefusesScalars(t *testing.T) {
	if _, err := safetensors.NewTensorView(safetensors.I64, []uint64{}, make([]byte, 8)); err == nil {
		fixed(t, "the tensor type of our own for the writer (d2l/internal/weights)")
	}
}

func TestSafetensorsRefusesWholeFiles(t *testing.T) {
	for _, entry := range []string{`"dtype":"F8_E4M3"`, `"dtype":"U8","more":1`} {
		header := `{"a":{` + entry + `,"shape":[1],"data_offsets":[0,1]}}`
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+"\x00"...)
		if _, err := safetensors.Deserialize(file); err != nil {
			return
		}
	}
	fixed(t, "the reader of our own (d2l/internal/weights)")
}
