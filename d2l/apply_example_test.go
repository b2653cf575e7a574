package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// The fast gradient sign method: each pixel is changed by 0.1 in the direction in which the loss grows. A net that
// recognizes most pictures is wrong about most of the changed ones.
func ExampleNet_Apply() {
	d2l.Seed(42)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Sequential{d2l.Flatten{}, d2l.Dense{Units: 64, Activation: d2l.ReLU}, d2l.Dense{Units: 10}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	for range trainer.Steps(trainIter, nil) {
	}
	d2l.Check(trainer.Err())

	attack := d2l.Compile(func(X, y *graph.Node) *graph.Node {
		loss := graph.ReduceAllSum(d2l.SoftmaxCrossEntropyLoss{}.Forward(net.Apply(X), y))
		return graph.ClipScalar(graph.Add(X, graph.MulScalar(graph.Sign(graph.Gradient(loss, X)[0]), 0.1)), 0, 1)
	})
	for batch, err := range d2l.FirstBatches(testIter, 1).Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		before := d2l.Must(d2l.Accuracy(d2l.Must(net.Forward(X)), y))
		after := d2l.Must(d2l.Accuracy(d2l.Must(net.Forward(d2l.Must(attack(X, y)))), y))
		fmt.Println("more than half are right:", before > 128, after > 128)
	}
	// Output: more than half are right: true false
}

// A small net learns the outputs of a larger one. That one only infers: it drops nothing, and normalizes by its running
// statistics.
func ExampleNet_ApplyInference() {
	d2l.Seed(42)
	teacher := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 64, Activation: d2l.ReLU}, d2l.BatchNorm{}, d2l.Dropout{Rate: 0.5}, d2l.Dense{Units: 2}})
	student := d2l.NewNet(d2l.Dense{Units: 2})
	X := d2l.Randn(64, 4)
	for _, net := range []*d2l.Net{teacher, student} {
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		d2l.Must(net.Forward(X))
	}
	trainer := d2l.Must(d2l.NewTrainer(student, d2l.Adam(0.05))).WithLoss(d2l.LossFunc(func(yHat, X *graph.Node) *graph.Node {
		return d2l.L2Loss{}.Forward(yHat, teacher.ApplyInference(X))
	}))
	var losses []float64
	for range 100 {
		loss, _, err := trainer.Step(X, X) // In place of labels the loss gets X.
		d2l.Check(err)
		losses = append(losses, loss)
	}
	fmt.Println("the loss falls to less than a third:", losses[99] < losses[0]/3)
	// Output: the loss falls to less than a third: true
}
