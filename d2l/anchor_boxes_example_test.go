package d2l_test

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// boxCornerToCenter turns boxes (…, 4), upper left x and y and lower right x and y, into center, width and height.
func boxCornerToCenter(boxes *graph.Node) *graph.Node {
	corners := graph.Split(boxes, -1, 2)
	center := graph.MulScalar(graph.Add(corners[0], corners[1]), 0.5)
	return graph.Concatenate([]*graph.Node{center, graph.Sub(corners[1], corners[0])}, -1)
}

func boxCenterToCorner(boxes *graph.Node) *graph.Node {
	parts := graph.Split(boxes, -1, 2)
	half := graph.MulScalar(parts[1], 0.5)
	return graph.Concatenate([]*graph.Node{graph.Sub(parts[0], half), graph.Add(parts[0], half)}, -1)
}

// showBBoxes returns a copy of a picture with the outlines of boxes, whose coordinates are those of a picture of 1 × 1.
func showBBoxes(img image.Image, boxes [][]float32, colors ...color.Color) image.Image {
	bounds := img.Bounds()
	picture := image.NewRGBA(bounds)
	draw.Draw(picture, bounds, img, bounds.Min, draw.Src)
	if len(colors) == 0 {
		red, green, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 160, 0, 255}, color.RGBA{0, 0, 255, 255}
		colors = []color.Color{blue, green, red, color.RGBA{200, 0, 200, 255}, color.RGBA{0, 200, 200, 255}}
	}
	for i, box := range boxes {
		x := func(j int) int { return int(box[j] * float32([]int{bounds.Dx(), bounds.Dy()}[j%2])) }
		outer := image.Rect(x(0), x(1), x(2), x(3))
		for _, side := range []image.Rectangle{
			{outer.Min, image.Pt(outer.Max.X, outer.Min.Y+2)}, {outer.Min, image.Pt(outer.Min.X+2, outer.Max.Y)},
			{image.Pt(outer.Min.X, outer.Max.Y-2), outer.Max}, {image.Pt(outer.Max.X-2, outer.Min.Y), outer.Max},
		} {
			draw.Draw(picture, side, image.NewUniform(colors[i%len(colors)]), image.Point{}, draw.Src)
		}
	}
	return picture
}

// catDog is a picture of two discs, where the book's has a dog and a cat: 728 × 561 pixels, as large.
func catDog() image.Image {
	return paint(728, 561, func(x, y int) color.Color {
		switch {
		case math.Hypot(float64(x-219)/159, float64(y-280)/235) < 1:
			return color.RGBA{180, 150, 110, 255}
		case math.Hypot(float64(x-527)/127, float64(y-302)/190) < 1:
			return color.RGBA{120, 120, 130, 255}
		}
		return color.RGBA{220, 230, 220, 255}
	})
}

// The book's section "Object Detection and Bounding Boxes".
func Example_boundingBoxes() {
	boxes := [][]float32{{60, 45, 378, 516}, {400, 112, 655, 493}} // Of the dog and of the cat.
	centers := d2l.Must(d2l.Compile(boxCornerToCenter)(boxes))
	corners := d2l.Must(d2l.Compile(boxCenterToCorner)(centers))
	fmt.Println(centers.Value(), corners.Equal(d2l.NewTensor(boxes)))
	for _, box := range boxes {
		for i := range box {
			box[i] /= []float32{728, 561}[i%2]
		}
	}
	d2l.Must(d2l.ShowImages([]image.Image{showBBoxes(catDog(), boxes)}, 1, 1, nil, 3))
	// Output: [[219 280.5 318 471] [527.5 302.5 255 381]] true
}

// multiboxPrior returns anchor boxes, (n, 4): for each pixel of a feature map one of each size with the first ratio, and
// one of the first size with each other ratio.
func multiboxPrior(height, width int, sizes, ratios []float64) *d2l.Tensor {
	var shapes [][2]float64 // Halves of width and height.
	add := func(size, ratio float64) {
		root, shrink := math.Sqrt(ratio), float64(height)/float64(width)
		shapes = append(shapes, [2]float64{size * root * shrink / 2, size / root / 2})
	}
	for _, size := range sizes {
		add(size, ratios[0])
	}
	for _, ratio := range ratios[1:] {
		add(sizes[0], ratio)
	}
	boxes := make([]float32, 0, height*width*len(shapes)*4)
	for i := range height * width {
		x, y := (float64(i%width)+0.5)/float64(width), (float64(i/width)+0.5)/float64(height)
		for _, s := range shapes {
			boxes = append(boxes, float32(x-s[0]), float32(y-s[1]), float32(x+s[0]), float32(y+s[1]))
		}
	}
	return d2l.NewTensor(boxes, len(boxes)/4, 4)
}

// boxIoU is intersection over union of boxes (…, n, 4) with boxes (…, m, 4): (…, n, m).
func boxIoU(boxes1, boxes2 *graph.Node) *graph.Node {
	area := func(sides *graph.Node) *graph.Node { return graph.ReduceMultiply(sides, -1) }
	a, b := graph.Split(graph.ExpandAxes(boxes1, -2), -1, 2), graph.Split(graph.ExpandAxes(boxes2, -3), -1, 2)
	sides := graph.Sub(graph.Min(a[1], b[1]), graph.Max(a[0], b[0]))
	inters := area(graph.MaxScalar(sides, 0))
	return graph.Div(inters, graph.Sub(graph.Add(area(graph.Sub(a[1], a[0])), area(graph.Sub(b[1], b[0]))), inters))
}

var iouOf = d2l.Compile(boxIoU)

// assignAnchorToBBox returns the index of the ground truth that each anchor belongs to, or -1.
func assignAnchorToBBox(groundTruth [][]float32, anchors *d2l.Tensor, iouThreshold float32) []int {
	jaccard := d2l.Must(iouOf(anchors, groundTruth)).Value().([][]float32)
	assigned := make([]int, len(jaccard))
	for i, ious := range jaccard {
		best := slices.Max(ious)
		assigned[i] = slices.Index(ious, best)
		if best < iouThreshold {
			assigned[i] = -1
		}
	}
	for range groundTruth { // Each gets the anchor that is the nearest to it, of those that are left.
		anchor, truth := 0, 0
		for i, ious := range jaccard {
			for j, iou := range ious {
				if iou > jaccard[anchor][truth] {
					anchor, truth = i, j
				}
			}
		}
		assigned[anchor] = truth
		for i := range jaccard {
			jaccard[i][truth] = -1
		}
		for j := range groundTruth {
			jaccard[anchor][j] = -1
		}
	}
	return assigned
}

// offsetBoxes are the offsets of assigned boxes from anchors, and offsetInverse the boxes of predicted offsets.
func offsetBoxes(anchors, assigned *graph.Node) *graph.Node {
	a, b := graph.Split(boxCornerToCenter(anchors), -1, 2), graph.Split(boxCornerToCenter(assigned), -1, 2)
	xy := graph.MulScalar(graph.Div(graph.Sub(b[0], a[0]), a[1]), 10)
	wh := graph.MulScalar(graph.Log(graph.AddScalar(graph.Div(b[1], a[1]), 1e-6)), 5)
	return graph.Concatenate([]*graph.Node{xy, wh}, -1)
}

func offsetInverse(anchors, offsets *graph.Node) *graph.Node {
	a, o := graph.Split(boxCornerToCenter(anchors), -1, 2), graph.Split(offsets, -1, 2)
	xy := graph.Add(graph.DivScalar(graph.Mul(o[0], a[1]), 10), a[0])
	return boxCenterToCorner(graph.Concatenate([]*graph.Node{xy, graph.Mul(graph.Exp(graph.DivScalar(o[1], 5)), a[1])}, -1))
}

var offsetsOf = d2l.Compile(func(anchors, assigned, mask *graph.Node) *graph.Node {
	return graph.Mul(offsetBoxes(graph.ExpandAxes(anchors, 0), assigned), mask)
})

// multiboxTarget labels anchors (n, 4) for pictures with boxes, each a class and four coordinates. It returns offsets
// (batch, n, 4), a mask of that shape, which is 1 where an anchor has a box, and classes (batch, n), where 0 is the
// background.
func multiboxTarget(anchors *d2l.Tensor, labels [][][]float32) (offset, mask, classes *d2l.Tensor) {
	var masks, boxes []float32
	var class []int32
	for _, objects := range labels {
		var groundTruth [][]float32
		for _, object := range objects {
			groundTruth = append(groundTruth, object[1:])
		}
		for _, j := range assignAnchorToBBox(groundTruth, anchors, 0.5) {
			if j < 0 {
				masks, boxes, class = append(masks, 0, 0, 0, 0), append(boxes, 0, 0, 0, 0), append(class, 0)
				continue
			}
			masks, boxes = append(masks, 1, 1, 1, 1), append(boxes, groundTruth[j]...)
			class = append(class, int32(objects[j][0])+1)
		}
	}
	n := d2l.ShapeOf(anchors)[0]
	mask, classes = d2l.NewTensor(masks, len(labels), n, 4), d2l.NewTensor(class, len(labels), n)
	return d2l.Must(offsetsOf(anchors, d2l.NewTensor(boxes, len(labels), n, 4), mask)), mask, classes
}

// nms returns the indices of the boxes to be kept, the most probable first.
func nms(ious [][]float32, scores []float32, iouThreshold float32) (keep []int) {
	var order []int
	for i := range scores {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(scores[j], scores[i]) })
	for len(order) > 0 {
		best := order[0]
		keep = append(keep, best)
		order = slices.DeleteFunc(order[1:], func(i int) bool { return !(ious[best][i] <= iouThreshold) })
	}
	return keep
}

var predictBoxes = d2l.CompileN(func(clsProbs, offsetPreds, anchors *graph.Node) []*graph.Node {
	objects := graph.Slice(clsProbs, graph.AxisRange(), graph.AxisRangeToEnd(1)) // Without the background.
	boxes := offsetInverse(graph.ExpandAxes(anchors, 0), offsetPreds)
	return []*graph.Node{graph.ReduceMax(objects, 1), graph.ArgMax(objects, 1), boxes, boxIoU(boxes, boxes)}
})

// multiboxDetection takes clsProbs (batch, classes, n), whose class 0 is the background, and offsetPreds (batch, n, 4). It
// returns, for each example, rows of a class, or -1 for the background and what nms drops, a probability, and a box.
func multiboxDetection(clsProbs, offsetPreds, anchors *d2l.Tensor, nmsThreshold, posThreshold float32) (out [][][]float32) {
	results := d2l.Must(predictBoxes(clsProbs, offsetPreds, anchors))
	classes, boxes, ious := results[1].Value().([][]int32), results[2].Value().([][][]float32), results[3].Value().([][][]float32)
	for i, conf := range results[0].Value().([][]float32) {
		var kept, others [][]float32
		keep := nms(ious[i], conf, nmsThreshold)
		row := func(j int, class float32) []float32 {
			if conf[j] < posThreshold {
				return append([]float32{-1, 1 - conf[j]}, boxes[i][j]...)
			}
			return append([]float32{class, conf[j]}, boxes[i][j]...)
		}
		for _, j := range keep {
			kept = append(kept, row(j, float32(classes[i][j])))
		}
		for j := range conf {
			if !slices.Contains(keep, j) {
				others = append(others, row(j, -1))
			}
		}
		out = append(out, append(kept, others...))
	}
	return out
}

// The book's section "Anchor Boxes", with its boxes.
func Example_anchorBoxes() {
	const h, w = 561, 728
	Y := multiboxPrior(h, w, []float64{0.75, 0.5, 0.25}, []float64{1, 2, 0.5})
	fmt.Println(d2l.ShapeOf(Y))
	at := (250*w + 250) * 5
	boxes := Y.Value().([][]float32)[at : at+5]
	fmt.Printf("%.2f\n", boxes[0])
	titles := "s = 0.75, 0.5, 0.25 with r = 1; s = 0.75 with r = 2, 0.5"
	d2l.Must(d2l.ShowImages([]image.Image{showBBoxes(catDog(), boxes)}, 1, 1, []string{titles}, 3))

	groundTruth := [][]float32{{0, 0.1, 0.08, 0.52, 0.92}, {1, 0.55, 0.2, 0.9, 0.88}}
	anchors := [][]float32{
		{0, 0.1, 0.2, 0.3}, {0.15, 0.2, 0.4, 0.4}, {0.63, 0.05, 0.88, 0.98}, {0.66, 0.45, 0.8, 0.8}, {0.57, 0.3, 0.92, 0.9},
	}
	offset, mask, classes := multiboxTarget(d2l.NewTensor(anchors), [][][]float32{groundTruth})
	fmt.Println(classes.Value(), d2l.Values[float32](mask))
	fmt.Printf("%.2f\n", offset.Value().([][][]float32)[0][1:3])

	anchors = [][]float32{{0.1, 0.08, 0.52, 0.92}, {0.08, 0.2, 0.56, 0.95}, {0.15, 0.3, 0.62, 0.91}, {0.55, 0.2, 0.9, 0.88}}
	clsProbs := d2l.NewTensor([][][]float32{{{0, 0, 0, 0}, {0.9, 0.8, 0.7, 0.1}, {0.1, 0.2, 0.3, 0.9}}})
	output := multiboxDetection(clsProbs, d2l.Zeros(1, 4, 4), d2l.NewTensor(anchors), 0.5, 0.01)[0]
	var found [][]float32
	var names []string
	for _, row := range output {
		fmt.Printf("%.2f\n", row)
		if row[0] >= 0 {
			found, names = append(found, row[2:]), append(names, fmt.Sprint([]string{"dog=", "cat="}[int(row[0])], row[1]))
		}
	}
	before := showBBoxes(catDog(), anchors)
	d2l.Must(d2l.ShowImages([]image.Image{before, showBBoxes(catDog(), found)}, 1, 2, []string{"", strings.Join(names, ", ")}, 3))
	// Output:
	// (2042040, 4)
	// [0.06 0.07 0.63 0.82]
	// [[0 1 2 0 2]] [0 0 0 0 1 1 1 1 1 1 1 1 0 0 0 0 1 1 1 1]
	// [[1.40 10.00 2.59 7.18] [-1.20 0.27 1.68 -1.57]]
	// [0.00 0.90 0.10 0.08 0.52 0.92]
	// [1.00 0.90 0.55 0.20 0.90 0.88]
	// [-1.00 0.80 0.08 0.20 0.56 0.95]
	// [-1.00 0.70 0.15 0.30 0.62 0.91]
}

// The book's section "Multiscale Object Detection".
func Example_multiscaleAnchors() {
	var pictures []image.Image
	for n, size := range map[int]float64{4: 0.15, 2: 0.4, 1: 0.8} {
		anchors := multiboxPrior(n, n, []float64{size}, []float64{1, 2, 0.5})
		fmt.Println(n, d2l.ShapeOf(anchors))
		pictures = append(pictures, showBBoxes(catDog(), anchors.Value().([][]float32)))
	}
	d2l.Must(d2l.ShowImages(pictures, 1, 3, nil, 0))
	// Unordered output:
	// 4 (48, 4)
	// 2 (12, 4)
	// 1 (3, 4)
}
