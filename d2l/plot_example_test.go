package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
)

// savePlot saves a figure and says what it made.
func savePlot(figure *d2l.Figure, name string) {
	dir := d2l.Must(os.MkdirTemp("", "figures"))
	defer os.RemoveAll(dir)
	d2l.Check(figure.Save(filepath.Join(dir, name)))
	entries := d2l.Must(os.ReadDir(dir))
	fmt.Println("saved", entries[0].Name())
}

func ExamplePlot() {
	x := []float64{0, 0.5, 1, 1.5, 2, 2.5}
	var y, tangent []float64
	for _, x := range x {
		y, tangent = append(y, 3*x*x-4*x), append(tangent, 2*x-3)
	}
	figure, err := d2l.Plot([][]float64{x}, [][]float64{y, tangent}, d2l.PlotOptions{
		XLabel: "x", YLabel: "f(x)", Legend: []string{"f(x)", "tangent (x=1)"},
	})
	d2l.Check(err)
	savePlot(figure, "plot.svg")
	// Output: saved plot.svg
}

func ExampleSetFigsize() {
	d2l.SetFigsize(5, 3)
	defer d2l.SetFigsize(3.5, 2.5)
	figure := d2l.Must(d2l.Plot(nil, [][]float64{{1, 10, 100}}, d2l.PlotOptions{YScale: "log"}))
	savePlot(figure, "wide.png")
	// Output: saved wide.png
}

// Outside a notebook, points are lines on standard error.
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
	savePlot(figure, "training.svg")
	// Output: saved training.svg
}

func ExampleShowImages() {
	_, testIter := d2l.LoadDataFashionMnist(18)
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		pictures := d2l.Must(d2l.Images(batch.Inputs[0]))
		labels := d2l.GetFashionMnistLabels(9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5, 7, 3, 4, 1, 2, 4)
		figure := d2l.Must(d2l.ShowImages(pictures, 2, 9, labels, 1))
		fmt.Println(len(pictures), "pictures of", pictures[0].Bounds().Size())
		savePlot(figure, "images.png")
		break
	}
	// Output:
	// 18 pictures of (28,28)
	// saved images.png
}

func ExampleFigure_SVG() {
	figure := d2l.Must(d2l.Plot(nil, [][]float64{{1, 2, 4}}, d2l.PlotOptions{XLabel: "step"}))
	svg := d2l.Must(figure.SVG())
	fmt.Printf("%.21s\n", svg)
	// Output: <?xml version="1.0"?>
}
