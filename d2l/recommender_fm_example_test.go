package d2l_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// FM is a two-way factorization machine, one of products of two features, and with MLPDims a deep one. Its input, (batch,
// fields), has one feature of each field, and the features of all fields are numbered consecutively. The output, (batch,
// 1), is a logit; the book's is its sigmoid.
type FM struct {
	FieldDims  []int
	NumFactors int
	MLPDims    []int
}

func (FM) Kind() string { return "fm" }

func (m FM) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	numInputs := 0
	for _, n := range m.FieldDims {
		numInputs += n
	}
	vectors := embed(scope, "embedding", numInputs, m.NumFactors, x)
	squareOfSum := graph.Square(graph.ReduceSum(vectors, 1))
	sumOfSquare := graph.ReduceSum(graph.Square(vectors), 1)
	linear := d2l.Dense{Units: 1}.Forward(scope.In("linear_layer"), graph.ReduceSum(embed(scope, "fc", numInputs, 1, x), 1))
	y := graph.Add(linear, graph.MulScalar(sumLast(graph.Sub(squareOfSum, sumOfSquare)), 0.5))
	if m.MLPDims == nil {
		return y
	}
	var mlp d2l.Sequential
	for _, n := range m.MLPDims {
		mlp = append(mlp, d2l.Dense{Units: n, Activation: d2l.ReLU}, d2l.Dropout{Rate: 0.1})
	}
	return graph.Add(y, append(mlp, d2l.Dense{Units: 1}).Forward(scope.In("mlp"), vectors))
}

// clicks returns made-up records, where the book downloads an advertiser's: an advertisement is clicked on if its topic is
// that of the page, unless it is night.
func clicks(n int, isTrain bool) d2l.DataIter {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var X []int32
	var y []float32
	for range n {
		topic, page, hour := random.Int32N(4), random.Int32N(4), random.Int32N(3)
		X = append(X, topic, 4+page, 8+hour)
		if topic == page && hour > 0 {
			y = append(y, 1)
		} else {
			y = append(y, 0)
		}
	}
	return d2l.LoadArray(d2l.NewTensor(X, n, 3), d2l.NewTensor(y), 64, isTrain)
}

// trainCTR trains on labels that are 0 or 1, for which TrainCh13 has no accuracy.
func trainCTR(net *d2l.Net, lr float64, numEpochs int) {
	d2l.Seed(1)
	trainIter, testIter := clicks(1024, true), clicks(256, false)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(lr))).WithLoss(d2l.SigmoidBinaryCrossEntropyLoss{})
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", XLim: []float64{1, float64(numEpochs)}, Legend: []string{"train loss", "test acc"},
	})
	for epoch := range numEpochs {
		metric := d2l.NewAccumulator(2)
		for _, step := range trainer.Steps(trainIter, nil) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		d2l.Check(animator.Add(float64(epoch+1), metric[0]/metric[1], accuracyOfLogits(net, testIter)))
	}
	fmt.Println("test acc above 0.9:", accuracyOfLogits(net, testIter) > 0.9)
}

// accuracyOfLogits returns the share of the examples whose logit is positive just when the label is 1.
func accuracyOfLogits(net *d2l.Net, dataIter d2l.DataIter) float64 {
	metric := d2l.NewAccumulator(2)
	for output, err := range net.ForwardEach(dataIter) {
		d2l.Check(err)
		y := d2l.Values[float32](output.Y)
		for i, logit := range d2l.Values[float32](output.YHat) {
			correct := 0.0
			if logit > 0 == (y[i] > 0) {
				correct = 1
			}
			metric.Add(correct, 1)
		}
	}
	return metric[0] / metric[1]
}

// The book's section "Factorization Machines", on 1024 made-up records for 10 epochs; it has 20 factors and 30 epochs.
func Example_fm() {
	trainCTR(d2l.NewNet(FM{FieldDims: []int{4, 4, 3}, NumFactors: 8}), 0.02, 10)
	// Output: test acc above 0.9: true
}

// The book's section "Deep Factorization Machines", on the same records for 10 epochs; it has 30.
func Example_deepFM() {
	trainCTR(d2l.NewNet(FM{FieldDims: []int{4, 4, 3}, NumFactors: 10, MLPDims: []int{30, 20, 10}}), 0.01, 10)
	// Output: test acc above 0.9: true
}
