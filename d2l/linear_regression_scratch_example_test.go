package d2l_test

import (
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// The book's section "Linear Regression": how long it takes to add vectors in a loop and in one call, and densities of
// normal distributions.
func Example_linearRegression() {
	a, b, c := make([]float32, 10000), make([]float32, 10000), make([]float32, 10000)
	for i := range a {
		a[i], b[i] = 1, 1
	}
	timer := d2l.NewTimer()
	for i := range c {
		c[i] = a[i] + b[i]
	}
	fmt.Fprintf(os.Stderr, "%.5f sec\n", timer.Stop())
	add := d2l.Compile(func(a, b *graph.Node) *graph.Node { return graph.Add(a, b) })
	d2l.Must(add(a, b)) // Compiles it.
	timer.Start()
	d := d2l.Must(add(a, b))
	fmt.Fprintf(os.Stderr, "%.5f sec\n", timer.Stop())
	fmt.Println(slices.Equal(d2l.Values[float32](d), c))

	var x []float64
	for v := -7.0; v < 7; v += 0.01 {
		x = append(x, v)
	}
	var densities [][]float64
	var legend []string
	for _, p := range []struct{ mu, sigma float64 }{{0, 1}, {0, 2}, {3, 1}} {
		y, area := make([]float64, len(x)), 0.0
		for i, v := range x {
			y[i] = math.Exp(-0.5*math.Pow((v-p.mu)/p.sigma, 2)) / math.Sqrt(2*math.Pi*p.sigma*p.sigma)
			area += 0.01 * y[i]
		}
		densities, legend = append(densities, y), append(legend, fmt.Sprintf("mean %v, std %v", p.mu, p.sigma))
		fmt.Printf("%s: area %.2f\n", legend[len(legend)-1], area)
	}
	d2l.Must(d2l.Plot([][]float64{x}, densities, d2l.PlotOptions{XLabel: "x", YLabel: "p(x)", Legend: legend}))
	// Output:
	// true
	// mean 0, std 1: area 1.00
	// mean 0, std 2: area 1.00
	// mean 3, std 1: area 1.00
}

// linreg is the linear regression model.
func linreg(X, w, b *graph.Node) *graph.Node { return graph.Add(graph.MatMul(X, w), b) }

func squaredLoss(yHat, y *graph.Node) *graph.Node {
	return graph.DivScalar(graph.Square(graph.Sub(yHat, y)), 2)
}

// The book's section "Linear Regression Implementation from Scratch".
func Example_linearRegressionScratch() {
	d2l.Seed(1)
	features, labels := d2l.SyntheticData([]float32{2, -3.4}, 4.2, 1000)
	fmt.Println("features:", d2l.ShapeOf(features), "labels:", d2l.ShapeOf(labels))
	var column []float64
	for i, v := range d2l.Values[float32](features) {
		if i%2 == 1 {
			column = append(column, float64(v))
		}
	}
	points := d2l.PlotOptions{Fmts: []string{"bo"}}
	d2l.Must(d2l.Plot([][]float64{column}, [][]float64{float64s(labels)}, points))

	const lr = 0.03
	sgd := d2l.CompileN(func(w, b, X, y *graph.Node) []*graph.Node {
		loss := graph.ReduceAllMean(squaredLoss(linreg(X, w, b), y))
		gradients := graph.Gradient(loss, w, b)
		return []*graph.Node{
			graph.Sub(w, graph.MulScalar(gradients[0], lr)), graph.Sub(b, graph.MulScalar(gradients[1], lr)),
		}
	})
	loss := d2l.Compile(func(w, b, X, y *graph.Node) *graph.Node {
		return graph.ReduceAllMean(squaredLoss(linreg(X, w, b), y))
	})
	w, b := d2l.NewTensor([][]float32{{0.01}, {-0.01}}), d2l.NewTensor([][]float32{{0}})
	for epoch := range 3 {
		for batch, err := range d2l.LoadArray(features, labels, 10, true).Iter() {
			d2l.Check(err)
			params := d2l.Must(sgd(w, b, batch.Inputs[0], batch.Labels[0]))
			w, b = params[0], params[1]
		}
		fmt.Printf("epoch %d, loss %.3f\n", epoch+1, d2l.Must(loss(w, b, features, labels)).Value())
	}
	fmt.Printf("w: %.2f, b: %.2f\n", d2l.Values[float32](w), d2l.Values[float32](b))
	// Output:
	// features: (1000, 2) labels: (1000, 1)
	// epoch 1, loss 0.032
	// epoch 2, loss 0.000
	// epoch 3, loss 0.000
	// w: [2.00 -3.40], b: [4.20]
}

// float64s returns the numbers of a tensor of float32 for a plot.
func float64s(t *d2l.Tensor) (values []float64) {
	for _, v := range d2l.Values[float32](t) {
		values = append(values, float64(v))
	}
	return values
}
