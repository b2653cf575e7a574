package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
)

// The book's show_trace_2d: gradient descent on f(x, y) = x² + 2y², from (−5, −2).
func ExampleContour() {
	x, y := []float64{-5}, []float64{-2}
	for i := range 20 {
		x, y = append(x, x[i]-0.1*2*x[i]), append(y, y[i]-0.1*4*y[i])
	}
	fmt.Printf("%.4f, %.4f\n", x[20], y[20])
	d2l.Must(d2l.Plot([][]float64{x}, [][]float64{y}, d2l.PlotOptions{
		XLabel: "x1", YLabel: "x2", Fmts: []string{"#ff7f0eo-"},
		Contours: []d2l.Contour{{
			F:    func(x, y float64) float64 { return x*x + 2*y*y },
			XLim: [2]float64{-5.5, 1}, YLim: [2]float64{-3, 1}, Color: "#1f77b4",
		}},
	}))
	// Output: -0.0576, -0.0001
}

// Two local minima, of which the text names one.
func ExampleAnnotation() {
	var x, y []float64
	for v := -1.0; v <= 2; v += 0.01 {
		x, y = append(x, v), append(y, v*math.Cos(math.Pi*v))
	}
	figure := d2l.Must(d2l.Plot([][]float64{x}, [][]float64{y}, d2l.PlotOptions{
		XLabel: "x", YLabel: "f(x)",
		Annotations: []d2l.Annotation{
			{Text: "local minimum", X: -0.3, Y: -0.25, TextX: -0.77, TextY: -1},
			{Text: "global minimum", X: 1.1, Y: -0.95, TextX: 0.1, TextY: 0.8},
		},
	}))
	fmt.Println(figure != nil)
	// Output: true
}
