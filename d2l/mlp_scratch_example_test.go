package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// The activations of the book's section "Multilayer Perceptrons" with their gradients, of which "Numerical Stability
// and Initialization" says that they vanish.
func Example_activations() {
	var x []float64
	for v := -8.0; v < 8; v += 0.1 {
		x = append(x, v)
	}
	relu := func(x *graph.Node) *graph.Node { return graph.MaxScalar(x, 0) }
	for i, f := range []func(*graph.Node) *graph.Node{relu, graph.Sigmoid, graph.Tanh} {
		name := []string{"relu", "sigmoid", "tanh"}[i]
		results := d2l.Must(d2l.CompileN(func(x *graph.Node) []*graph.Node {
			y := f(x)
			return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(y), x)[0]}
		})(x))
		y, gradient := d2l.Values[float64](results[0]), d2l.Values[float64](results[1])
		d2l.Must(d2l.Plot([][]float64{x}, [][]float64{y, gradient}, d2l.PlotOptions{Legend: []string{name, "gradient"}}))
		fmt.Printf("%s: %.3f, %.3f at -8 and 1, gradients %.3f, %.3f\n", name, y[0], y[90], gradient[0], gradient[90])
	}
	// Output:
	// relu: 0.000, 1.000 at -8 and 1, gradients 0.000, 1.000
	// sigmoid: 0.000, 0.731 at -8 and 1, gradients 0.000, 0.197
	// tanh: -1.000, 0.762 at -8 and 1, gradients 0.000, 0.420
}

// A product of 100 random matrices of 4 × 4 explodes.
func Example_explodingGradients() {
	d2l.Seed(1)
	product := d2l.Compile(func(A, B *graph.Node) *graph.Node { return graph.MatMul(A, B) })
	M := d2l.Randn(4, 4)
	for range 100 {
		M = d2l.Must(product(M, d2l.Randn(4, 4)))
	}
	fmt.Println("above a billion:", math.Abs(float64(d2l.Values[float32](M)[0])) > 1e9)
	// Output: above a billion: true
}

// The book's section "Implementation of Multilayer Perceptrons from Scratch", on part of the data.
func Example_mlpScratch() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := func(W1, b1, W2, b2, X *graph.Node) *graph.Node {
		H := graph.MaxScalar(linreg(graph.Reshape(X, -1, 784), W1, b1), 0)
		return linreg(H, W2, b2)
	}
	step := d2l.CompileN(func(W1, b1, W2, b2, X, y *graph.Node) []*graph.Node {
		params, loss := []*graph.Node{W1, b1, W2, b2}, d2l.SoftmaxCrossEntropyLoss{}.Forward(net(W1, b1, W2, b2, X), y)
		for i, gradient := range graph.Gradient(graph.ReduceAllMean(loss), params...) {
			params[i] = graph.Sub(params[i], graph.MulScalar(gradient, 0.1))
		}
		return params
	})
	params := []any{gaussian(0.01, 784, 256), d2l.Zeros(1, 256), gaussian(0.01, 256, 10), d2l.Zeros(1, 10)}
	for batch, err := range d2l.FirstBatches(trainIter, 100).Iter() {
		d2l.Check(err)
		params = run(step, params, []any{batch.Inputs[0], batch.Labels[0]})
	}
	metric, forward := d2l.NewAccumulator(2), d2l.Compile(net) // Correct predictions, predictions.
	for batch, err := range d2l.FirstBatches(testIter, 8).Iter() {
		d2l.Check(err)
		yHat, y := d2l.Must(forward(append(params[:4:4], batch.Inputs[0])...)), batch.Labels[0]
		metric.Add(d2l.Must(d2l.Accuracy(yHat, y)), float64(y.Size()))
	}
	fmt.Println("test accuracy above 0.6:", metric[0]/metric[1] > 0.6)
	// Output: test accuracy above 0.6: true
}
