package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// meanLoss returns the mean loss of outputs yHat.
func meanLoss(loss d2l.Loss, yHat, y *d2l.Tensor) float64 {
	net := d2l.NewNet(d2l.Sequential{}) // Its output is its input.
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(1))).WithLoss(loss)
	return d2l.Must(trainer.EvaluateLoss(oneBatch{yHat, y}))
}

func ExampleSoftmaxCrossEntropyLoss() {
	yHat, y := d2l.NewTensor([][]float32{{0, 0}, {2, 0}}), d2l.NewTensor([]int32{0, 0})
	fmt.Printf("%.4f\n", meanLoss(d2l.SoftmaxCrossEntropyLoss{}, yHat, y))
	// Output: 0.4100
}

// Of two sequences the second is shorter: its last label, 0, is padding.
func ExampleMaskedSoftmaxCELoss() {
	yHat := d2l.NewTensor([][][]float32{{{0, 0, 0}, {0, 0, 0}}, {{0, 0, 0}, {9, 0, 0}}})
	y := d2l.NewTensor([][]int32{{1, 2}, {2, 0}})
	fmt.Printf("%.4f, log 3 is %.4f\n", meanLoss(d2l.MaskedSoftmaxCELoss{Padding: 0}, yHat, y), math.Log(3))
	// Output: 1.0986, log 3 is 1.0986
}

func ExampleL2Loss() {
	yHat, y := d2l.NewTensor([][]float32{{1}, {3}}), d2l.NewTensor([]float32{1, 1})
	fmt.Println(meanLoss(d2l.L2Loss{}, yHat, y), meanLoss(d2l.MSELoss{}, yHat, y))
	// Output: 1 2
}

func ExampleMSELoss() {
	yHat, y := d2l.NewTensor([][]float32{{1, 2}}), d2l.NewTensor([][]float32{{0, 0}})
	fmt.Println(meanLoss(d2l.MSELoss{}, yHat, y))
	// Output: 2.5
}

func ExampleL1Loss() {
	yHat, y := d2l.NewTensor([][]float32{{1, 2}}), d2l.NewTensor([][]float32{{0, 0}})
	fmt.Println(meanLoss(d2l.L1Loss{}, yHat, y))
	// Output: 1.5
}

func ExampleHuberLoss() {
	for _, difference := range []float32{0.5, 1, 3} {
		yHat, y := d2l.NewTensor([]float32{difference}), d2l.NewTensor([]float32{0})
		fmt.Println(meanLoss(d2l.HuberLoss{Rho: 1}, yHat, y))
	}
	// Output:
	// 0.125
	// 0.5
	// 2.5
}

func ExampleSigmoidBinaryCrossEntropyLoss() {
	yHat, y := d2l.NewTensor([][]float32{{0}, {0}}), d2l.NewTensor([]bool{false, true})
	fmt.Printf("%.4f, log 2 is %.4f\n", meanLoss(d2l.SigmoidBinaryCrossEntropyLoss{}, yHat, y), math.Log(2))
	// Output: 0.6931, log 2 is 0.6931
}

// Any function of GoMLX's graph nodes can be a loss, here the book's log rmse of house prices.
func ExampleLossFunc() {
	logRMSE := d2l.LossFunc(func(yHat, y *graph.Node) *graph.Node {
		yHat = graph.Reshape(yHat, y.Shape().Dimensions...)
		clipped := graph.Log(graph.Max(yHat, graph.OnesLike(yHat)))
		return graph.Sqrt(graph.ReduceAllMean(graph.Square(graph.Sub(clipped, graph.Log(y)))))
	})
	yHat, y := d2l.NewTensor([][]float32{{100}, {1000}}), d2l.NewTensor([]float32{100, 2000})
	fmt.Printf("%.4f\n", meanLoss(logRMSE, yHat, y))
	// Output: 0.4901
}

// where is a layer of two outputs: logits of what is seen, and a number that says where.
type where struct{}

func (where) Kind() string { return "where" }

func (w where) Forward(scope *model.Scope, x *graph.Node) *graph.Node { return w.ForwardN(scope, x)[0] }

func (where) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	return []*graph.Node{
		d2l.Dense{Units: 2}.Forward(scope.In("class"), inputs[0]), d2l.Dense{Units: 1}.Forward(scope.In("place"), inputs[0]),
	}
}

// A net of two outputs learns both at once. Each has an array of labels.
func ExampleLossFuncN() {
	X := d2l.NewTensor([][]float32{{1, 0}, {0, 1}, {2, 0}, {0, 2}})
	class, place := d2l.NewTensor([]int32{0, 1, 0, 1}), d2l.NewTensor([]float32{1, -1, 2, -2})
	data := d2l.LoadArrays([]*d2l.Tensor{X}, []*d2l.Tensor{class, place}, 4, true)
	net := d2l.NewNet(where{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.1))).WithLoss(d2l.LossFuncN(func(yHats, ys []*graph.Node) *graph.Node {
		return graph.Add(d2l.SoftmaxCrossEntropyLoss{}.Forward(yHats[0], ys[0]), d2l.MSELoss{}.Forward(yHats[1], ys[1]))
	}))
	for range 300 {
		for range trainer.Steps(data, nil) {
		}
		d2l.Check(trainer.Err())
	}
	outputs := d2l.Must(net.ForwardN(X))
	fmt.Println(d2l.Must(d2l.Predict(outputs[0])))
	fmt.Printf("%.1f\n", d2l.Values[float32](outputs[1]))
	// Output:
	// [0 1 0 1]
	// [1.0 -1.0 2.0 -2.0]
}

// smoothedLoss is a classifier's loss in which the right class has 0.9 and all share 0.1.
type smoothedLoss struct{ d2l.SoftmaxCrossEntropyLoss }

func (l smoothedLoss) Forward(yHat, y *graph.Node) *graph.Node {
	uniform := graph.Neg(graph.ReduceMean(graph.LogSoftmax(yHat), -1))
	return graph.Add(graph.MulScalar(l.SoftmaxCrossEntropyLoss.Forward(yHat, y), 0.9), graph.MulScalar(uniform, 0.1))
}

// A loss of your own for classes embeds SoftmaxCrossEntropyLoss: labels are checked, and correct predictions counted.
func ExampleLoss() {
	net := d2l.NewNet(d2l.Dense{Units: 3})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1))).WithLoss(smoothedLoss{})
	X := d2l.NewTensor([][]float32{{1, 0}, {0, 1}})
	_, _, err := trainer.Step(X, d2l.NewTensor([]int32{0, 5}))
	fmt.Println(err)
	_, correct, err := trainer.Step(X, d2l.NewTensor([]int32{0, 1}))
	fmt.Println(correct >= 0, err)
	// Output:
	// training on a batch of shape (2, 2): the label at index 1 of the batch is 5, but the net has outputs for 0 to 2
	// true <nil>
}
