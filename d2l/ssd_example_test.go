package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// fruit returns n pictures of 32 × 32 pixels with a yellow square each, and the labels of each picture's objects: a
// class, of which there is one, and the box.
func fruit(n int) (pictures []image.Image, labels [][][]float32) {
	random, side := rand.New(rand.NewPCG(uint64(n), 1)), 32
	for range n {
		size := 8 + random.IntN(8)
		corner := image.Pt(random.IntN(side-size), random.IntN(side-size))
		square := image.Rectangle{corner, corner.Add(image.Pt(size, size))}
		pictures = append(pictures, paint(side, side, func(x, y int) color.Color {
			if noise := uint8(random.IntN(60)); image.Pt(x, y).In(square) {
				return color.RGBA{190 + noise, 180 + noise, noise, 255}
			} else {
				return color.RGBA{80 + noise, 90 + noise, 100 + noise, 255}
			}
		}))
		x, y, scale := float32(corner.X), float32(corner.Y), float32(side)
		labels = append(labels, [][]float32{{0, x / scale, y / scale, (x + float32(size)) / scale, (y + float32(size)) / scale}})
	}
	return pictures, labels
}

func clsPredictor(numAnchors, numClasses int) d2l.Layer {
	return d2l.Conv2D{Channels: numAnchors * (numClasses + 1), KernelSize: 3, Padding: 1}
}

func bboxPredictor(numAnchors int) d2l.Layer {
	return d2l.Conv2D{Channels: numAnchors * 4, KernelSize: 3, Padding: 1}
}

// flattenPred turns (batch, anchors · size, height, width) into (batch, height · width · anchors, size).
func flattenPred(pred *graph.Node, size int) *graph.Node {
	return graph.Reshape(graph.TransposeAllAxes(pred, 0, 2, 3, 1), pred.Shape().Dim(0), -1, size)
}

func downSampleBlk(channels int) (blk d2l.Sequential) {
	for range 2 {
		blk = append(blk, d2l.Conv2D{Channels: channels, KernelSize: 3, Padding: 1}, d2l.BatchNorm{}, d2l.ReLU)
	}
	return append(blk, d2l.MaxPool2D{PoolSize: 2})
}

func baseNet(numFilters ...int) (blk d2l.Sequential) {
	for _, channels := range numFilters {
		blk = append(blk, downSampleBlk(channels))
	}
	return blk
}

var (
	ssdSizes   = [][]float64{{0.2, 0.272}, {0.37, 0.447}, {0.54, 0.619}, {0.71, 0.79}, {0.88, 0.961}}
	ssdRatios  = []float64{1, 2, 0.5}
	numAnchors = len(ssdSizes[0]) + len(ssdRatios) - 1
)

// ssdAnchors returns the anchors of all feature maps: the first map has side × side pixels, and the last one pixel. As
// the shapes of the maps are known beforehand, the net need not return the anchors.
func ssdAnchors(side int) *d2l.Tensor {
	var all []float32
	for i, n := range []int{side, side / 2, side / 4, side / 8, 1} {
		all = append(all, d2l.Values[float32](d2l.MultiboxPrior(n, n, ssdSizes[i], ssdRatios))...)
	}
	return d2l.NewTensor(all, len(all)/4, 4)
}

// TinySSD predicts, for each anchor, its classes, (batch, anchors, classes + 1), and four offsets.
type TinySSD struct {
	NumClasses int
	NumFilters []int // Of the first blocks, in the book 16, 32, 64.
}

func (TinySSD) Kind() string { return "tinyssd" }

func (s TinySSD) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	return s.ForwardN(scope, X)[0]
}

func (s TinySSD) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	var classes, offsets []*graph.Node
	X := inputs[0]
	next := downSampleBlk(2 * s.NumFilters[len(s.NumFilters)-1])
	for i, blk := range []d2l.Layer{baseNet(s.NumFilters...), next, next, next, d2l.GlobalMaxPool2D{}} {
		X = blk.Forward(scope.In("blk_%d", i), X)
		cls := clsPredictor(numAnchors, s.NumClasses).Forward(scope.In("cls_%d", i), X)
		bbox := bboxPredictor(numAnchors).Forward(scope.In("bbox_%d", i), X)
		classes, offsets = append(classes, flattenPred(cls, s.NumClasses+1)), append(offsets, flattenPred(bbox, 4))
	}
	return []*graph.Node{graph.Concatenate(classes, 1), graph.Concatenate(offsets, 1)}
}

// calcLoss returns a loss for each example.
func calcLoss(preds, labels []*graph.Node) *graph.Node {
	bboxLabels, mask := labels[1], labels[2]
	clsLoss := graph.ReduceMean(d2l.SoftmaxCrossEntropyLoss{}.Forward(preds[0], labels[0]), 1)
	return graph.Add(clsLoss, d2l.L1Loss{}.Forward(graph.Mul(preds[1], mask), graph.Mul(bboxLabels, mask)))
}

// evalSSD returns how many classes are wrong, and the sum of the absolute errors of the offsets.
var evalSSD = d2l.CompileN(func(cls, bbox, clsLabels, bboxLabels, mask *graph.Node) []*graph.Node {
	wrong := graph.NotEqual(graph.ArgMax(cls, -1, clsLabels.DType()), clsLabels)
	mae := graph.ReduceAllSum(graph.Abs(graph.Mul(graph.Sub(bboxLabels, bbox), mask)))
	return []*graph.Node{graph.ReduceAllSum(graph.ConvertDType(wrong, bbox.DType())), mae}
})

var clsProbs = d2l.Compile(func(cls *graph.Node) *graph.Node { return graph.Transpose(graph.Softmax(cls), 1, 2) })

// smoothL1 and focalLoss are the losses of the book's exercises.
func smoothL1(x, sigma float64) float64 {
	if math.Abs(x) < 1/(sigma*sigma) {
		return sigma * x * sigma * x / 2
	}
	return math.Abs(x) - 0.5/(sigma*sigma)
}

func focalLoss(gamma, x float64) float64 { return -math.Pow(1-x, gamma) * math.Log(x) }

// The book's sections "The Object Detection Dataset" and "Single Shot Multibox Detection". The pictures are made up, and
// smaller than the book's 256 × 256; the net has one block fewer and half the channels.
func Example_ssd() {
	printShapes(d2l.NewNet(d2l.Sequential{clsPredictor(5, 10)}), 8, 20, 20)
	printShapes(d2l.NewNet(d2l.Sequential{clsPredictor(3, 10)}), 16, 10, 10)
	printShapes(d2l.NewNet(d2l.Sequential{downSampleBlk(10), baseNet(16, 32, 64)}), 3, 256, 256)
	printShapes(d2l.NewNet(d2l.Sequential{TinySSD{1, []int{16, 32, 64}}}), 3, 256, 256)
	fmt.Println("anchors:", d2l.ShapeOf(ssdAnchors(256/8)))

	d2l.Seed(1)
	pictures, labels := fruit(256)
	white := d2l.BBoxOptions{Colors: []color.Color{color.White}}
	var labelled []image.Image
	for i, picture := range pictures[:10] {
		labelled = append(labelled, d2l.Must(d2l.WithBBoxes(picture, [][]float32{labels[i][0][1:]}, white)))
	}
	d2l.Must(d2l.ShowImages(labelled, 2, 5, nil, 0))
	anchors := ssdAnchors(32 / 4)
	offset, mask, classes, err := d2l.MultiboxTarget(anchors, d2l.NewTensor(labels))
	d2l.Check(err)
	trainIter := d2l.LoadArrays([]*d2l.Tensor{d2l.ToTensor(pictures...)}, []*d2l.Tensor{classes, offset, mask}, 32, true)

	net := d2l.NewNet(TinySSD{1, []int{8, 16}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.2).WithWeightDecay(5e-4))).WithLoss(d2l.LossFuncN(calcLoss))
	animator, timer := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", Legend: []string{"class error", "bbox mae"}}), d2l.NewTimer()
	var clsErr, bboxMAE float64
	for epoch := range 20 {
		for range trainer.Steps(trainIter, timer) {
		}
		d2l.Check(trainer.Err())
		metric := d2l.NewAccumulator(3) // Wrong classes, absolute errors, anchors.
		for batch, err := range trainIter.Iter() {
			d2l.Check(err)
			preds, labels := d2l.Must(net.ForwardN(batch.Inputs...)), batch.Labels
			sums := d2l.Must(evalSSD(preds[0], preds[1], labels[0], labels[1], labels[2]))
			metric.Add(float64(sums[0].Value().(float32)), float64(sums[1].Value().(float32)), float64(labels[0].Size()))
		}
		clsErr, bboxMAE = metric[0]/metric[2], metric[1]/metric[2]/4
		d2l.Check(animator.Add(float64(epoch+1), clsErr, bboxMAE))
	}
	fmt.Println("class error below 0.01:", clsErr < 0.01, "bbox mae below 0.01:", bboxMAE < 0.01)
	fmt.Fprintf(os.Stderr, "%.1f examples/sec on %v\n", 256*20/timer.Sum(), net.Device())

	pictures, labels = fruit(50)
	preds, right := d2l.Must(net.ForwardN(d2l.ToTensor(pictures...))), 0
	outputs := d2l.Must(d2l.MultiboxDetection(d2l.Must(clsProbs(preds[0])), preds[1], anchors, 0.5, 0.01))
	for i, output := range outputs.Value().([][][]float32) {
		best := [][]float32{output[0][2:]}
		white.Labels = []string{fmt.Sprintf("%.2f", output[0][1])}
		pictures[i] = d2l.Must(d2l.WithBBoxes(pictures[i], best, white))
		iou := d2l.Must(d2l.BoxIoU(d2l.NewTensor(best), d2l.NewTensor([][]float32{labels[i][0][1:]})))
		if d2l.Values[float32](iou)[0] > 0.5 {
			right++
		}
	}
	d2l.Must(d2l.ShowImages(pictures[:10], 2, 5, nil, 0))
	fmt.Println("boxes that overlap by half, 20 of 50:", right >= 20)

	x, gammas := span(-2, 2), []float64{0, 1, 5}
	var smooth, focal [][]float64
	for i, sigma := range []float64{10, 1, 0.5} {
		smooth = append(smooth, apply(func(x float64) float64 { return smoothL1(x, sigma) }, x))
		focal = append(focal, apply(func(x float64) float64 { return focalLoss(gammas[i], x) }, span(0.01, 1)))
	}
	d2l.Must(d2l.Plot([][]float64{x}, smooth, d2l.PlotOptions{Legend: []string{"sigma = 10", "sigma = 1", "sigma = 0.5"}}))
	d2l.Must(d2l.Plot([][]float64{span(0.01, 1)}, focal, d2l.PlotOptions{Legend: []string{"gamma = 0", "gamma = 1", "gamma = 5"}}))
	// Output:
	// conv0 output shape: (1, 55, 20, 20)
	// conv0 output shape: (1, 33, 10, 10)
	// sequential0 output shape: (1, 10, 128, 128)
	// sequential1 output shape: (1, 64, 16, 16)
	// tinyssd0 output shape: (1, 5444, 2)
	// anchors: (5444, 4)
	// class error below 0.01: true bbox mae below 0.01: true
	// boxes that overlap by half, 20 of 50: true
}
