package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// batchNorm is the batch normalization of the book's section "Batch Normalization" from scratch, of each feature of
// vectors (batch, features) or each channel of images. In training, mean and variance are those of the batch, and the
// moving averages, which it returns too, are updated; in prediction these are used.
func batchNorm(training bool, X, gamma, beta, movingMean, movingVar *graph.Node) (Y, newMean, newVar *graph.Node) {
	const eps, momentum = 1e-5, 0.9
	mean, variance := movingMean, movingVar
	if training {
		axes := []int{0, 2, 3}[:X.Rank()-1] // All but that of the features or channels.
		mean = graph.ReduceAndKeep(X, graph.ReduceMean, axes...)
		variance = graph.ReduceAndKeep(graph.Square(graph.Sub(X, mean)), graph.ReduceMean, axes...)
		movingMean = graph.Add(graph.MulScalar(movingMean, momentum), graph.MulScalar(mean, 1-momentum))
		movingVar = graph.Add(graph.MulScalar(movingVar, momentum), graph.MulScalar(variance, 1-momentum))
	}
	XHat := graph.Div(graph.Sub(X, mean), graph.Sqrt(graph.AddScalar(variance, eps)))
	return graph.Add(graph.Mul(gamma, XHat), beta), movingMean, movingVar
}

// Two vectors in training, and then in prediction, with the moving averages of the training.
func Example_batchNorm() {
	gamma, beta := [][]float32{{1, 1}}, [][]float32{{0, 0}}
	var movingMean, movingVar any = [][]float32{{0, 0}}, [][]float32{{1, 1}}
	for _, training := range []bool{true, false} {
		normalize := d2l.CompileN(func(X, gamma, beta, movingMean, movingVar *graph.Node) []*graph.Node {
			Y, mean, variance := batchNorm(training, X, gamma, beta, movingMean, movingVar)
			return []*graph.Node{Y, mean, variance}
		})
		results := d2l.Must(normalize([][]float32{{1, 10}, {3, 30}}, gamma, beta, movingMean, movingVar))
		movingMean, movingVar = results[1], results[2]
		fmt.Printf("%.3f, mean %.3f, variance %.3f\n", results[0].Value(), results[1].Value(), results[2].Value())
	}
	// Output:
	// [[-1.000 -1.000] [1.000 1.000]], mean [[0.200 2.000]], variance [[1.000 10.900]]
	// [[0.800 2.423] [2.800 8.481]], mean [[0.200 2.000]], variance [[1.000 10.900]]
}

// MyBatchNorm is the layer, whose moving averages are variables that are not trained.
type MyBatchNorm struct{}

func (MyBatchNorm) Kind() string { return "mybatchnorm" }

func (MyBatchNorm) Forward(scope *model.Scope, X *graph.Node) *graph.Node {
	shape := shapes.Make(X.DType(), []int{1, X.Shape().Dim(1), 1, 1}[:X.Rank()]...)
	zeros, ones := scope.WithInitializer(initializer.Zero), scope.WithInitializer(initializer.One)
	gamma, beta := ones.VariableWithShape("gamma", shape), zeros.VariableWithShape("beta", shape)
	movingMean := zeros.VariableWithShape("moving_mean", shape).SetTrainable(false)
	movingVar := ones.VariableWithShape("moving_var", shape).SetTrainable(false)
	g := X.Graph()
	Y, newMean, newVar := batchNorm(scope.IsTraining(g), X, gamma.NodeValue(g), beta.NodeValue(g),
		movingMean.NodeValue(g), movingVar.NodeValue(g))
	movingMean.SetNodeValue(newMean)
	movingVar.SetNodeValue(newVar)
	return Y
}

// trainBatchNorm trains LeNet with a batch normalization before each sigmoid. The book's training is ten epochs of all
// batches.
func trainBatchNorm(norm d2l.Layer) *d2l.Net {
	d2l.Seed(1)
	net := d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5}, norm, d2l.Sigmoid,
		d2l.AvgPool2D{PoolSize: 2, Strides: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 5}, norm, d2l.Sigmoid,
		d2l.AvgPool2D{PoolSize: 2, Strides: 2},
		d2l.Dense{Units: 120}, norm, d2l.Sigmoid,
		d2l.Dense{Units: 84}, norm, d2l.Sigmoid,
		d2l.Dense{Units: 10},
	})
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	trainIter, testIter = d2l.FirstBatches(trainIter, 40), d2l.FirstBatches(testIter, 8)
	d2l.Must(d2l.TrainCh5(net, trainIter, testIter, 1, 1.0, d2l.TryGPU(0)))
	return net
}

// LeNet with batch normalization from scratch learns from the first batches on, at a higher rate than the chapter's. At
// the end it shows what the first layer has learnt.
//
// This prints, for example,
//
//	loss 1.189, train acc 0.584, test acc 0.675
//	720.6 examples/sec on cpu(0)
//	gamma [1.03 1.11 1.05 1.14 0.91 0.95]
//	beta [-0.21 0.34 -0.11 0.00 -0.16 0.05]
func ExampleTrainCh5_batchNormScratch() {
	net := trainBatchNorm(MyBatchNorm{})
	for _, name := range []string{"gamma", "beta"} {
		value := d2l.Must(d2l.Must(net.Parameter("mybatchnorm0." + name)).Value())
		fmt.Printf("%s %.2f\n", name, d2l.Values[float32](value))
	}
}

// The concise version. It prints the same but for the test accuracy, since d2l.BatchNorm gives the first ten batches
// equal weights in its moving averages.
func ExampleTrainCh5_batchNorm() { trainBatchNorm(d2l.BatchNorm{}) }
