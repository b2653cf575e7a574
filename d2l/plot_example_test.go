package d2l_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// Two series against the same x. A notebook shows the figure; it can also be saved.
func ExamplePlot() {
	var x, y, tangent []float64
	for i := range 31 {
		v := float64(i) / 10
		x, y, tangent = append(x, v), append(y, 3*v*v-4*v), append(tangent, 2*v-3)
	}
	figure := d2l.Must(d2l.Plot([][]float64{x}, [][]float64{y, tangent}, d2l.PlotOptions{
		XLabel: "x", YLabel: "f(x)", Legend: []string{"f(x)", "tangent (x = 1)"},
	}))
	d2l.Check(figure.Save("plot.svg"))
}

// Measurements at learning rates that differ by powers of ten: logarithmic axes, and a dot for each.
func ExamplePlot_log() {
	lrs := []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1}
	losses := [][]float64{
		{1.9, 1.2, 0.62, 0.35, 0.24, 0.3, 2.3},
		{2.1, 1.7, 0.9, 0.5, 0.31, 0.26, 0.6},
	}
	figure := d2l.Must(d2l.Plot([][]float64{lrs}, losses, d2l.PlotOptions{
		XLabel: "learning rate", YLabel: "loss after an epoch", XScale: "log", YScale: "log",
		Fmts: []string{"o-", "mo--"}, Legend: []string{"batches of 64", "batches of 256"},
	}))
	d2l.Check(figure.Save("plot_log.svg"))
}

// The first series goes to the first panel, the second to the second, and so on: here losses to the left and
// accuracies to the right. The first series of each panel look alike, and so do the second ones.
func ExamplePlotOptions() {
	epochs := []float64{1, 2, 3, 4, 5}
	figure := d2l.Must(d2l.Plot([][]float64{epochs}, [][]float64{
		{1.9, 0.92, 0.73, 0.64, 0.58}, {0.28, 0.64, 0.72, 0.75, 0.78},
		{1.4, 0.7, 0.56, 0.49, 0.44}, {0.45, 0.73, 0.79, 0.82, 0.84},
	}, d2l.PlotOptions{
		XLabel: "epoch", NCols: 2, Figsize: [2]float64{6, 2.5},
		Titles: []string{"loss", "accuracy"},
		Legend: []string{"average pooling", "average pooling", "max pooling", "max pooling"},
	}))
	d2l.Check(figure.Save("plot_panels.svg"))
}

// Figures are 5 × 2 inches from here on.
func ExampleSetFigsize() {
	d2l.SetFigsize(5, 2)
	defer d2l.SetFigsize(3.5, 2.5)
	var waves [2][]float64
	for i := range 50 {
		x := float64(i) / 4
		waves[0], waves[1] = append(waves[0], math.Sin(x)), append(waves[1], math.Cos(x))
	}
	figure := d2l.Must(d2l.Plot(nil, waves[:], d2l.PlotOptions{Legend: []string{"sin", "cos"}}))
	d2l.Check(figure.Save("plot_wide.svg"))
}

// A plot that grows in a notebook while its points are computed. Outside a notebook, points are lines on
// standard error.
func ExampleAnimator() {
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", XLim: []float64{0, 3}, Legend: []string{"train loss", "test acc"},
	})
	for epoch := range 3 {
		x := float64(epoch)
		d2l.Check(animator.Add(x+0.5, 1/(x+1), d2l.None))
		d2l.Check(animator.Add(x+1, d2l.None, 1-1/(x+2)))
	}
	figure := d2l.Must(animator.Figure())
	d2l.Check(figure.Save("animator.svg"))
}

func ExampleShowImages() {
	_, testIter := d2l.LoadDataFashionMnist(8)
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		images := d2l.Must(d2l.Images(X))
		titles := d2l.GetFashionMnistLabels(d2l.Values[int32](y)...)
		figure := d2l.Must(d2l.ShowImages(images, 2, 4, titles, 0.6))
		d2l.Check(figure.Save("fashion_mnist.svg"))
		break
	}
}

// Images of three channels are coloured: red, green and blue. Here they are the sides of the colour cube where
// one of these is 0; the two others grow to the right and downwards.
func ExampleShowImages_colour() {
	const side = 6
	values := make([]float32, 3*3*side*side)
	for missing := range 3 {
		for y := range side {
			for x := range side {
				at := func(channel int) int { return ((missing*3+channel)*side+y)*side + x }
				values[at((missing+1)%3)] = float32(x) / (side - 1)
				values[at((missing+2)%3)] = float32(y) / (side - 1)
			}
		}
	}
	images := d2l.Must(d2l.Images(d2l.NewTensor(values, 3, 3, side, side)))
	figure := d2l.Must(d2l.ShowImages(images, 1, 3, []string{"no red", "no green", "no blue"}, 0.8))
	d2l.Check(figure.Save("colours.svg"))
}

// The feature maps of the first convolution for two images, beside the images themselves.
func ExampleShowImageGrid() {
	d2l.Seed(1)
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier)) // Or net.LoadParameters.
	_, testIter := d2l.LoadDataFashionMnist(2)
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		images := d2l.Must(d2l.Images(X))
		conv0 := d2l.Must(net.Outputs(X))[0]
		maps := d2l.Must(d2l.FeatureMaps(conv0.Value))

		var rows [][]image.Image
		for i := range images {
			rows = append(rows, append([]image.Image{images[i]}, maps[i]...))
		}
		labels := d2l.GetFashionMnistLabels(d2l.Values[int32](y)...)
		channels := []string{"image", "0", "1", "2", "3", "4", "5"}
		d2l.Must(d2l.ShowImageGrid(rows, labels, channels, 0.5)) // A notebook shows it.
		break
	}
}

// Each channel goes from black, its minimum in the batch, to white, its maximum.
func ExampleFeatureMaps() {
	X := d2l.NewTensor([][][][]float32{ // Two examples, one channel, 1 × 3.
		{{{-1, 0, 1}}},
		{{{0, 2, 3}}},
	})
	for _, maps := range d2l.Must(d2l.FeatureMaps(X)) {
		picture := maps[0].(*image.Gray)
		fmt.Println(picture.Pix)
	}
	// Output:
	// [0 64 128]
	// [64 191 255]
}

func ExampleImages() {
	X := d2l.NewTensor([][][][]float32{{{{0, 0.5, 1}}}}) // One grey image of 1 × 3.
	images := d2l.Must(d2l.Images(X))
	fmt.Println(len(images), "of", images[0].Bounds().Size())
	fmt.Println(images[0].At(1, 0))
	// Output:
	// 1 of (3,1)
	// {128 128 128 255}
}

func ExampleFigure() {
	figure := d2l.Must(d2l.Plot(nil, [][]float64{{1, 2, 4}}, d2l.PlotOptions{XLabel: "step"}))
	d2l.Check(figure.Show())              // Below the cell, as Plot itself has done.
	d2l.Check(figure.Save("example.png")) // Or example.svg.
}

func ExampleFigure_SVG() {
	figure := d2l.Must(d2l.Plot(nil, [][]float64{{1, 2, 4}}, d2l.PlotOptions{XLabel: "step"}))
	svg := d2l.Must(figure.SVG())
	fmt.Printf("%.21s\n", svg)
	// Output: <?xml version="1.0"?>
}

func ExampleFigure_PNG() {
	figure := d2l.Must(d2l.Plot(nil, [][]float64{{1, 2, 4}}, d2l.PlotOptions{Figsize: [2]float64{3, 2}}))
	picture := d2l.Must(png.Decode(bytes.NewReader(d2l.Must(figure.PNG()))))
	fmt.Println(picture.Bounds().Size(), "pixels") // 192 an inch.
	// Output: (576,384) pixels
}
