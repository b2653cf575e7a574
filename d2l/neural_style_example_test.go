package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// paint makes a picture of a function of the pixel.
func paint(width, height int, f func(x, y int) color.Color) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		picture.Set(i%width, i/width, f(i%width, i/width))
	}
	return picture
}

var (
	rgbMean = d2l.NewTensor([]float32{0.485, 0.456, 0.406}, 1, 3, 1, 1)
	rgbStd  = d2l.NewTensor([]float32{0.229, 0.224, 0.225}, 1, 3, 1, 1)

	standardize = d2l.Compile(func(X, mean, std *graph.Node) *graph.Node { return graph.Div(graph.Sub(X, mean), std) })
	restore     = d2l.Compile(func(X, mean, std *graph.Node) *graph.Node { return graph.Add(graph.Mul(X, std), mean) })
)

func preprocess(img image.Image, width, height int) *d2l.Tensor {
	return d2l.Must(standardize(d2l.ToTensor(d2l.Resize(width, height)(img)), rgbMean, rgbStd))
}

func postprocess(X *d2l.Tensor) image.Image {
	return d2l.Must(d2l.Images(d2l.Must(restore(X, rgbMean, rgbStd))))[0]
}

var styleLayers, contentLayers = []string{"conv0", "conv1", "conv3"}, []string{"conv2"}

// featuresOf returns the features of a picture that does not change.
func featuresOf(net *d2l.Net, X *d2l.Tensor, layers []string) (features []*d2l.Tensor) {
	for _, output := range d2l.Must(net.Outputs(X)) {
		if slices.Contains(layers, output.Name) {
			features = append(features, output.Value)
		}
	}
	return features
}

func contentLoss(YHat, Y *graph.Node) *graph.Node { return d2l.MSELoss{}.Forward(YHat, Y) }

func gram(X *graph.Node) *graph.Node {
	channels, n := X.Shape().Dim(1), X.Shape().Size()/X.Shape().Dim(1)
	X = graph.Reshape(X, 1, channels, n)
	return graph.DivScalar(graph.Einsum("bcn,bdn->bcd", X, X), float64(channels*n))
}

func styleLoss(YHat, gramY *graph.Node) *graph.Node { return contentLoss(gram(YHat), gramY) }

// tvLoss leaves the absolute values to L1Loss: its slope where neighbours are equal is 0, that of graph.Abs is 1.
func tvLoss(YHat *graph.Node) *graph.Node {
	all, from, to := graph.AxisRange(), graph.AxisRangeToEnd(1), graph.AxisRangeFromStart(-1)
	down := d2l.L1Loss{}.Forward(graph.Slice(YHat, all, all, from), graph.Slice(YHat, all, all, to))
	right := d2l.L1Loss{}.Forward(graph.Slice(YHat, all, all, all, from), graph.Slice(YHat, all, all, all, to))
	return graph.MulScalar(graph.Add(down, right), 0.5)
}

const contentWeight, styleWeight, tvWeight = 1, 1e3, 10

// SynthesizedImage has a picture as its parameter. Its inputs are the targets for the picture's features: those of the
// content, then the Gram matrices of the style. Its output, (1, 3), has the losses of content, style and total variation.
type SynthesizedImage struct {
	Net           d2l.Sequential
	Height, Width int
}

func (SynthesizedImage) Kind() string { return "synthesizedimage" }

func (s SynthesizedImage) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return s.ForwardN(scope, x)[0]
}

func (s SynthesizedImage) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	weight := scope.VariableWithShape("weight", shapes.Make(inputs[0].DType(), 1, 3, s.Height, s.Width))
	X := weight.NodeValue(inputs[0].Graph())
	contentsY, gramsY := inputs[:len(contentLayers)], inputs[len(contentLayers):]
	tv := graph.MulScalar(tvLoss(X), tvWeight)
	content, style := graph.ZerosLike(tv), graph.ZerosLike(tv)
	for name, layer := range s.Net.Named() {
		X = layer.Forward(scope.In("%s", name), X)
		if i := slices.Index(styleLayers, name); i >= 0 {
			style = graph.Add(style, graph.MulScalar(styleLoss(X, gramsY[i]), styleWeight))
		}
		if i := slices.Index(contentLayers, name); i >= 0 {
			content = graph.Add(content, graph.MulScalar(contentLoss(X, contentsY[i]), contentWeight))
		}
	}
	return []*graph.Node{graph.Stack([]*graph.Node{content, style, tv}, 1)}
}

// styleTransferLoss adds up the three losses. The book's sum has the style ten times.
func styleTransferLoss(losses, _ *graph.Node) *graph.Node {
	return graph.ReduceSum(graph.Mul(losses, graph.Const(losses.Graph(), [][]float32{{1, 10, 1}})), -1)
}

// The book's section "Neural Style Transfer". Its net is a pretrained VGG-19, which it downloads; this one is small, with
// random weights, which respond to colours and edges too. The pictures are made up, of 48 × 32 pixels, and the picture is
// trained for 100 epochs in place of 500.
func Example_neuralStyle() {
	d2l.Seed(1)
	contentImg, styleImg := catDog(), paint(80, 80, func(x, y int) color.Color {
		return color.RGBA{uint8(255 * ((x + y) / 8 % 2)), 60, uint8(255 * ((x - y + 80) / 8 % 2)), 255}
	})
	const height, width, lr, numEpochs, lrDecayEpoch = 32, 48, 0.3, 100, 10
	conv := func(channels int) d2l.Layer { return d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1} }
	pool := d2l.AvgPool2D{PoolSize: 2}
	features := d2l.Sequential{conv(8), d2l.ReLU, pool, conv(16), d2l.ReLU, conv(16), d2l.ReLU, pool, conv(32)}
	pretrained := d2l.NewNet(features)
	d2l.Check(pretrained.Initialize(d2l.TryGPU(0), d2l.Xavier))
	contentX, styleX := preprocess(contentImg, width, height), preprocess(styleImg, width, height)
	gramOf := d2l.Compile(gram)
	fmt.Println(d2l.Must(gramOf([][][][]float32{{{{1, 2}}, {{3, 4}}}})).Value())
	inputs := featuresOf(pretrained, contentX, contentLayers)
	for _, Y := range featuresOf(pretrained, styleX, styleLayers) {
		inputs = append(inputs, d2l.Must(gramOf(Y)))
	}

	net := d2l.NewNet(SynthesizedImage{features, height, width})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(inputs...)) // Draws parameters, which are replaced.
	for _, p := range pretrained.Parameters() {
		name := strings.TrimPrefix(p.Path(), "/net/")
		d2l.Check(net.SetParameter(name, d2l.Must(p.Value())))
		d2l.Must(net.Parameter(name)).SetTrainable(false)
	}
	d2l.Check(net.SetParameter("weight", contentX))
	rate := func(update int) float64 { return lr * math.Pow(0.8, float64(update/lrDecayEpoch)) }
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(lr).WithSchedule(rate))).WithLoss(d2l.LossFunc(styleTransferLoss))
	data := d2l.LoadArrays(inputs, d2l.Zeros(1), 1, false) // There is nothing to label.
	animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", Legend: []string{"content loss", "style loss", "TV loss"}})
	before := d2l.Values[float32](d2l.Must(net.Forward(inputs...)))
	for epoch := range numEpochs {
		for range trainer.Steps(data, nil) {
		}
		d2l.Check(trainer.Err())
		if (epoch+1)%10 == 0 {
			d2l.Check(animator.Add(float64(epoch+1), float64s(d2l.Must(net.Forward(inputs...)))...))
		}
	}
	after := d2l.Values[float32](d2l.Must(net.Forward(inputs...)))
	output := postprocess(d2l.Must(d2l.Must(net.Parameter("weight")).Value()))
	d2l.Must(d2l.ShowImages([]image.Image{contentImg, styleImg, output}, 1, 3, []string{"content", "style", "output"}, 0))
	fmt.Println("style loss below a tenth:", after[1] < before[1]/10, "content loss below 1:", after[0] < 1)
	fmt.Println(net.NumParameters(), "numbers trained, pixels:", output.Bounds().Size())
	// Output:
	// [[[1.25 2.75] [2.75 6.25]]]
	// style loss below a tenth: true content loss below 1: true
	// 4608 numbers trained, pixels: (48,32)
}
