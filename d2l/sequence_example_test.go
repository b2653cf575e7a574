package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
)

// The book's section "Sequence Models": a net predicts the next value of a sine with noise from four, and then from its
// own predictions, which goes wrong soon.
func Example_sequenceModel() {
	d2l.Seed(1)
	const T, tau, nTrain = 1000, 4, 600
	random, x, time := rand.New(rand.NewPCG(1, 0)), make([]float32, T), make([]float64, T)
	for i := range x {
		time[i] = float64(i + 1)
		x[i] = float32(math.Sin(0.01*time[i]) + 0.2*random.NormFloat64())
	}
	var features [][]float32
	for i := range T - tau {
		features = append(features, x[i:i+tau])
	}
	trainIter := d2l.LoadArray(d2l.NewTensor(features[:nTrain]), d2l.NewTensor(x[tau:tau+nTrain], nTrain, 1), 16, true)

	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 10, Activation: d2l.ReLU}, d2l.Dense{Units: 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.01))).WithLoss(d2l.MSELoss{})
	for range 5 {
		for range trainer.Steps(trainIter, nil) {
		}
		d2l.Check(trainer.Err())
	}
	fmt.Printf("loss: %.2f\n", d2l.Must(trainer.EvaluateLoss(trainIter)))

	predict := func(features [][]float32) []float32 {
		return d2l.Values[float32](d2l.Must(net.Forward(d2l.NewTensor(features))))
	}
	// Row i begins with x[i:i+tau], and goes on with what the net predicts for 1, 2, … 64 steps ahead.
	const maxSteps = 64
	rows := make([][]float32, T-tau-maxSteps+1)
	for i := range rows {
		rows[i] = append(rows[i], x[i:i+tau]...)
	}
	for step := range maxSteps {
		last := make([][]float32, len(rows))
		for i, row := range rows {
			last[i] = row[step:]
		}
		for i, prediction := range predict(last) {
			rows[i] = append(rows[i], prediction)
		}
	}
	multistep := append([]float32{}, x[:nTrain+tau]...)
	for len(multistep) < T {
		multistep = append(multistep, predict([][]float32{multistep[len(multistep)-tau:]})...)
	}

	// show plots predictions, the first of which is for time[from].
	var X, Y [][]float64
	add := func(from int, values []float32) {
		X, Y = append(X, time[from:from+len(values)]), append(Y, float64s(d2l.NewTensor(values)))
	}
	add(0, x)
	add(tau, predict(features))
	add(nTrain+tau, multistep[nTrain+tau:])
	d2l.Must(d2l.Plot(X, Y, d2l.PlotOptions{XLabel: "time", YLabel: "x", XLim: []float64{1, T},
		Legend: []string{"data", "1-step preds", "multistep preds"}}))
	X, Y = nil, nil
	var legend []string
	for _, steps := range []int{1, 4, 16, 64} {
		column := make([]float32, len(rows))
		for i, row := range rows {
			column[i] = row[tau+steps-1]
		}
		add(tau+steps-1, column)
		legend = append(legend, fmt.Sprintf("%d-step preds", steps))
	}
	d2l.Must(d2l.Plot(X, Y, d2l.PlotOptions{XLabel: "time", YLabel: "x", XLim: []float64{5, T}, Legend: legend}))
	fmt.Println(len(multistep), len(rows), len(rows[0]))
	// Output:
	// loss: 0.06
	// 1000 933 68
}
