package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// The heatmap of the book's section "Attention Cues": each query has the weight 1 for the key that is equal to it.
func ExampleShowHeatmaps() {
	eye := d2l.Zeros(1, 1, 10, 10).Value().([][][][]float32)
	for i := range eye[0][0] {
		eye[0][0][i][i] = 1
	}
	d2l.Must(d2l.ShowHeatmaps(d2l.NewTensor(eye), d2l.PlotOptions{XLabel: "Keys", YLabel: "Queries"}))
	fmt.Println(eye[0][0][3])
	// Output: [0 0 0 1 0 0 0 0 0 0]
}

// NWKernelRegression has the inputs queries (n), keys (n, keys) and values (n, keys). Its outputs are the weighted means
// of the values, (n), and the weights, (n, keys).
type NWKernelRegression struct{}

func (NWKernelRegression) Kind() string { return "nw" }

func (n NWKernelRegression) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return n.ForwardN(scope, x)[0]
}

func (NWKernelRegression) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	queries, keys, values := inputs[0], inputs[1], inputs[2]
	// An initializer of its own, as one axis would make w a bias, which begins with 0.
	uniform := scope.WithInitializer(initializer.RandomUniformFn(scope, 0, 1))
	w := uniform.VariableWithShape("w", shapes.Make(queries.DType(), 1)).NodeValue(queries.Graph())
	return gaussianAttention(queries, keys, values, w)
}

// gaussianAttention returns the means of the values with the weights softmax(-((queries - keys)·w)²/2), and the weights.
// Keys and values are (keys), or (n, keys) if each query has its own.
func gaussianAttention(queries, keys, values, w *graph.Node) []*graph.Node {
	distances := graph.Sub(graph.ExpandAxes(queries, 1), graph.ExpandLeftToRank(keys, 2))
	distances = graph.Mul(distances, graph.ExpandLeftToRank(w, 2))
	weights := graph.Softmax(graph.MulScalar(graph.Square(distances), -0.5), 1)
	return []*graph.Node{graph.ReduceSum(graph.Mul(weights, graph.ExpandLeftToRank(values, 2)), 1), weights}
}

// The book's section "Attention Pooling: Nadaraya-Watson Kernel Regression": the mean, a Gaussian kernel, and one whose
// width is learnt.
func Example_nadarayaWatson() {
	d2l.Seed(1)
	const n = 50 // Training examples, and tests.
	random, f := rand.New(rand.NewPCG(1, 0)), func(x float32) float64 {
		return 2*math.Sin(float64(x)) + math.Pow(float64(x), 0.8)
	}
	xTrain, yTrain, xTest, yTruth := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		xTrain[i], xTest[i] = 5*random.Float32(), 0.1*float32(i)
	}
	slices.Sort(xTrain)
	mean := float32(0)
	for i, x := range xTrain {
		yTrain[i], yTruth[i] = float32(f(x)+0.5*random.NormFloat64()), float32(f(xTest[i]))
		mean += yTrain[i] / n
	}
	plot := func(yHat *d2l.Tensor) {
		x, y := [][]float32{xTest, xTest, xTrain}, [][]float32{yTruth, d2l.Values[float32](yHat), yTrain}
		var X, Y [][]float64
		for i := range x {
			X, Y = append(X, float64s(d2l.NewTensor(x[i]))), append(Y, float64s(d2l.NewTensor(y[i])))
		}
		d2l.Must(d2l.Plot(X, Y, d2l.PlotOptions{XLabel: "x", YLabel: "y", Legend: []string{"Truth", "Pred", "data"},
			XLim: []float64{0, 5}, YLim: []float64{-1, 5}, Fmts: []string{"-", "m--", "o"}}))
	}
	plot(d2l.NewTensor(slices.Repeat([]float32{mean}, n)))

	attention := d2l.CompileN(gaussianAttention)
	results := d2l.Must(attention(xTest, xTrain, yTrain, []float32{1}))
	plot(results[0])
	d2l.Must(d2l.ShowHeatmaps(d2l.Reshape(results[1], 1, 1, n, n), d2l.PlotOptions{XLabel: "Sorted training inputs", YLabel: "Sorted testing inputs"}))

	// In training, the keys of a query are all inputs but itself: otherwise each would predict its own label.
	var keys, values, allKeys, allValues []float32
	for i := range n {
		keys = append(append(keys, xTrain[:i]...), xTrain[i+1:]...)
		values = append(append(values, yTrain[:i]...), yTrain[i+1:]...)
		allKeys, allValues = append(allKeys, xTrain...), append(allValues, yTrain...)
	}
	inputs := []*d2l.Tensor{d2l.NewTensor(xTrain), d2l.NewTensor(keys, n, n-1), d2l.NewTensor(values, n, n-1)}
	trainIter := d2l.LoadArrays(inputs, d2l.NewTensor(yTrain), n, true)
	net := d2l.NewNet(NWKernelRegression{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	// The book's rate, 0.5, is for the gradient of the sum.
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.5*n))).WithLoss(d2l.MSELoss{})
	animator, losses := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "loss", XLim: []float64{1, 5}}), []float64{}
	for epoch := range 5 {
		for _, step := range trainer.Steps(trainIter, nil) {
			losses = append(losses, step.LossSum)
			d2l.Check(animator.Add(float64(epoch+1), step.LossSum))
		}
		d2l.Check(trainer.Err())
	}
	fmt.Println("smaller loss:", losses[4] < losses[0])
	results = d2l.Must(net.ForwardN(d2l.NewTensor(xTest), d2l.NewTensor(allKeys, n, n), d2l.NewTensor(allValues, n, n)))
	plot(results[0])
	d2l.Must(d2l.ShowHeatmaps(d2l.Reshape(results[1], 1, 1, n, n), d2l.PlotOptions{XLabel: "Sorted training inputs", YLabel: "Sorted testing inputs"}))
	w := d2l.Must(d2l.Must(net.Parameter("w")).Value())
	fmt.Println("narrower:", d2l.Values[float32](w)[0] > 1)
	// Output:
	// smaller loss: true
	// narrower: true
}

// Batches of products of matrices, with which the book computes weighted means.
func Example_batchMatMul() {
	product := d2l.Compile(func(X, Y *graph.Node) *graph.Node { return graph.MatMul(X, Y) })
	fmt.Println(d2l.ShapeOf(d2l.Must(product(d2l.Zeros(2, 1, 4), d2l.Zeros(2, 4, 6)))))
	weights := slices.Repeat([]float32{0.1}, 20)
	values := make([]float32, 20)
	for i := range values {
		values[i] = float32(i)
	}
	fmt.Printf("%.1f\n", d2l.Must(product(d2l.NewTensor(weights, 2, 1, 10), d2l.NewTensor(values, 2, 10, 1))).Value())
	// Output:
	// (2, 1, 6)
	// [[[4.5]] [[14.5]]]
}
