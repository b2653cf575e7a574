package d2l_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// dropoutLayer is the dropout of the book's section "Dropout" from scratch. It keeps the elements of X whose number in
// random, from 0 to 1, is greater than p.
func dropoutLayer(X, random *graph.Node, p float64) *graph.Node {
	switch p {
	case 0: // All elements are kept.
		return X
	case 1: // All elements are dropped.
		return graph.ZerosLike(X)
	}
	mask := graph.ConvertDType(graph.GreaterThan(random, graph.Scalar(X.Graph(), X.DType(), p)), X.DType())
	return graph.DivScalar(graph.Mul(mask, X), 1-p)
}

// With p = 0.5 about half of the numbers are dropped, and the others doubled.
func Example_dropoutLayer() {
	random := rand.New(rand.NewPCG(1, 1))
	X, numbers := make([]float32, 16), make([]float32, 16)
	for i := range X {
		X[i], numbers[i] = float32(i), random.Float32()
	}
	for _, p := range []float64{0, 0.5, 1} {
		dropout := d2l.Compile(func(X, random *graph.Node) *graph.Node { return dropoutLayer(X, random, p) })
		fmt.Println(d2l.Must(dropout(d2l.NewTensor(X, 2, 8), d2l.NewTensor(numbers, 2, 8))).Value())
	}
	// Output:
	// [[0 1 2 3 4 5 6 7] [8 9 10 11 12 13 14 15]]
	// [[0 0 0 6 0 0 12 0] [0 18 0 0 24 0 28 0]]
	// [[0 0 0 0 0 0 0 0] [0 0 0 0 0 0 0 0]]
}

// MyDropout drops numbers in training alone.
type MyDropout struct{ Rate float64 }

func (MyDropout) Kind() string { return "mydropout" }

func (d MyDropout) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	if !scope.IsTraining(X.Graph()) {
		return X
	}
	return dropoutLayer(X, scope.RandomUniform(X.Graph(), X.Shape()), d.Rate)
}

// trainDropout trains the book's multilayer perceptron, which drops fewer numbers near the input. The book's training
// is ten epochs of all batches.
func trainDropout(dropout1, dropout2 d2l.Layer) {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 256, Activation: d2l.ReLU},
		dropout1,
		d2l.Dense{Units: 256, Activation: d2l.ReLU},
		dropout2,
		d2l.Dense{Units: 10},
	})
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	d2l.Must(d2l.TrainCh5(net, d2l.FirstBatches(trainIter, 60), d2l.FirstBatches(testIter, 8), 1, 0.5, d2l.TryGPU(0)))
}

// The net with dropout from scratch. MyDropout draws the same random numbers as d2l.Dropout, so the loss is the same.
func ExampleTrainCh5_dropoutScratch() { trainDropout(MyDropout{0.2}, MyDropout{0.5}) }

// The concise version: numbers are dropped in training alone, and the evaluation uses them all.
//
// This prints, for example,
//
//	loss 1.259, train acc 0.546, test acc 0.750
//	24349.5 examples/sec on cpu(0)
func ExampleTrainCh5_dropout() { trainDropout(d2l.Dropout{Rate: 0.2}, d2l.Dropout{Rate: 0.5}) }
