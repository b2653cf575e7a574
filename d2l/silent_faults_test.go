package d2l

import (
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
)

func TestWeightDecayThatChoosesNone(t *testing.T) {
	net := NewNet(Dense{Units: 1})
	d2ltest.NoError(t, net.Initialize(testDevice(), Constant(1)))
	opt := SGD(0.1).WithWeightDecay(3, func(name string) bool { return strings.HasSuffix(name, ".weight") })
	trainer := d2ltest.Must(NewTrainer(net, opt))(t).WithLoss(L2Loss{})
	_, _, err := trainer.Step(NewTensor([]float32{0, 0}, 2, 1), NewTensor([]float32{0, 0}, 2, 1))
	if err == nil || !strings.Contains(err.Error(), "chooses none of the parameters, which are weight, bias") {
		t.Error(err)
	}
}

func TestEvaluateLossOfAnotherLoss(t *testing.T) {
	net := NewNet(Dense{Units: 1})
	d2ltest.NoError(t, net.Initialize(testDevice(), Constant(1)))
	data := LoadArray(NewTensor([]float32{3}, 1, 1), NewTensor([]float32{0}, 1, 1), 1, false)
	trainer := d2ltest.Must(NewTrainer(net, SGD(0.1)))(t)
	for loss, want := range map[Loss]float64{L2Loss{}: 4.5, L1Loss{}: 3} {
		if got := d2ltest.Must(trainer.WithLoss(loss).EvaluateLoss(data))(t); got != want {
			t.Errorf("%T: %v, not %v", loss, got, want)
		}
	}
}

func TestLabelsThatAreNoClassesInALossOfOnesOwn(t *testing.T) {
	loss := Compile(func(yHat, y *graph.Node) *graph.Node { return SoftmaxCrossEntropyLoss{}.Forward(yHat, y) })
	got := Values[float32](d2ltest.Must(loss([][]float32{{0, 0}, {0, 0}, {0, 0}}, []int32{1, 2, -1}))(t))
	if math.Abs(float64(got[0])-math.Ln2) > 1e-6 || got[1] == got[1] || got[2] == got[2] {
		t.Error(got)
	}
}

func TestTransposedTarget(t *testing.T) {
	loss := Compile(func(yHat, y *graph.Node) *graph.Node { return L2Loss{}.Forward(yHat, y) })
	if _, err := loss([][][]float32{{{1, 2}, {3, 4}, {5, 6}}}, [][][]float32{{{1, 3, 5}, {2, 4, 6}}}); err == nil {
		t.Error("it takes the place of the output's shape")
	}
}

func TestTokensOfEightBits(t *testing.T) {
	for _, layer := range []Layer{OneHot{VocabSize: 256}, Embedding{VocabSize: 256, EmbedSize: 2}} {
		net := NewNet(layer)
		d2ltest.NoError(t, net.Initialize(testDevice(), Constant(1)))
		for _, value := range Values[float32](d2ltest.Must(net.Forward(NewTensor([]uint8{0, 7, 255}, 1, 3)))(t)) {
			if value != value {
				t.Fatalf("%T: NaN", layer)
			}
		}
	}
}

func TestTransparentPicturesKeepTheirColours(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for i := range 24 {
		picture.SetNRGBA(i%6, i/6, color.NRGBA{255, 255, 255, 0})
	}
	for name, transform := range map[string]Transform{
		"Resize": Resize(3, 2), "CenterCrop": CenterCrop(2, 2), "RandomFlipLeftRight": RandomFlipLeftRight(),
		"RandomResizedCrop": RandomResizedCrop(2, 2, [2]float64{0.5, 1}, [2]float64{1, 1}),
	} {
		for range 8 {
			values := Values[float32](ToTensor(transform(picture)))
			if slices.Min(values) != 1 {
				t.Fatalf("%s: %v", name, values)
			}
		}
	}
}

func TestRandomResizedCropOfAWidePicture(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 600, 100))
	for x := range 600 {
		for y := range 100 {
			picture.SetRGBA(x, y, color.RGBA{uint8(x / 3), 0, 0, 255})
		}
	}
	red := Values[float32](ToTensor(RandomResizedCrop(200, 100, [2]float64{0.9, 1}, [2]float64{0.5, 2})(picture)))[:200]
	if first, last := red[0]*255*3, red[199]*255*3; first < 195 || first > 205 || last < 392 || last > 402 {
		t.Errorf("the part from column %v to %v, not the middle 200", first, last)
	}
}

func TestBatchNormOfOneExample(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		net := NewNet(Sequential{BatchNorm{UseGlobalStats: frozen}, Dense{Units: 1}})
		d2ltest.NoError(t, net.Initialize(testDevice(), Xavier))
		trainer := d2ltest.Must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
		_, _, err := trainer.Step(NewTensor([]float32{1, 2}, 1, 2), NewTensor([]float32{1}, 1, 1))
		if (err == nil) != frozen {
			t.Errorf("frozen: %v: %v", frozen, err)
		}
	}
}

func TestImageFolderWithFolders(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"cat/1.png", "cat/more/2.png", "cat/.hidden/3.png", "dog/1.PNG"} {
		path = filepath.Join(dir, path)
		d2ltest.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		d2ltest.NoError(t, os.WriteFile(path, nil, 0o666))
	}
	data, classes, err := LoadImageFolder(dir, 2, false, nil)
	if err != nil || data.Len() != 2 || !slices.Equal(classes, []string{"cat", "dog"}) {
		t.Error(data, classes, err)
	}
	d2ltest.NoError(t, os.Mkdir(filepath.Join(dir, "ant"), 0o777))
	if _, _, err = LoadImageFolder(dir, 2, false, nil); err == nil || !strings.Contains(err.Error(), "class ant") {
		t.Error(err)
	}
}

func TestSetTrainable(t *testing.T) {
	net := NewNet(Sequential{Dense{Units: 1}})
	d2ltest.NoError(t, net.Initialize(testDevice(), Constant(1)))
	X, y := NewTensor([]float32{1, 2}, 2, 1), NewTensor([]float32{0, 0}, 2, 1)
	trainer := d2ltest.Must(NewTrainer(net, SGD(0.1)))(t).WithLoss(L2Loss{})
	_, _, err := trainer.Step(X, y)
	d2ltest.NoError(t, err)
	d2ltest.Must(net.Parameter("dense0.weight"))(t).SetTrainable(false)
	if _, _, err := trainer.Step(X, y); err == nil || !strings.Contains(err.Error(), "make a new Trainer") {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "net.params")
	d2ltest.NoError(t, net.SaveParameters(path))
	d2ltest.NoError(t, net.LoadParameters(path, testDevice()))
	if n := net.NumParameters(); n != 1 {
		t.Errorf("%d parameters are trained after loading", n)
	}
}
