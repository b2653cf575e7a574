package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
)

func ExampleFactorScheduler() {
	scheduler := d2l.FactorScheduler{Factor: 0.9, StopFactorLR: 1e-2, BaseLR: 2}
	for _, update := range []int{0, 1, 10, 50} {
		fmt.Printf("%.4f ", scheduler.At(update))
	}
	// Output: 1.8000 1.6200 0.6276 0.0100
}

func ExampleMultiFactorScheduler() {
	scheduler := d2l.MultiFactorScheduler{Step: []int{15, 30}, Factor: 0.5, BaseLR: 0.5}
	for _, update := range []int{0, 14, 15, 30} {
		fmt.Print(scheduler.At(update), " ")
	}
	// Output: 0.5 0.5 0.25 0.125
}

// Five epochs of warm-up, then a fall until the end of the twentieth. Schedules
// count updates; an epoch has as many updates as batches. Training with
// it is ExampleTrainCh5_schedule.
func ExampleCosineScheduler() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	epoch := trainIter.Len()
	scheduler := d2l.CosineScheduler{MaxUpdate: 20 * epoch, BaseLR: 0.3, FinalLR: 0.01, WarmupSteps: 5 * epoch}
	for _, epochs := range []int{0, 1, 5, 10, 20} {
		fmt.Printf("%.4f ", scheduler.At(epochs*epoch))
	}
	// Output: 0.0000 0.0600 0.3000 0.2275 0.0100
}

// The book's section "Learning Rate Scheduling": the rates of 30 epochs, and trainings on some batches, at a constant
// rate and at rates that fall. Their length is in updates here; the book's counts epochs.
func ExampleOptimizer_WithSchedule_trainings() {
	squareRoot := func(update int) float64 { return 0.1 * math.Pow(float64(update+1), -0.5) }
	multi := d2l.MultiFactorScheduler{Step: []int{15, 30}, Factor: 0.5, BaseLR: 0.5}
	cosine := d2l.CosineScheduler{MaxUpdate: 20, BaseLR: 0.3, FinalLR: 0.01}
	warmup := d2l.CosineScheduler{MaxUpdate: 20, BaseLR: 0.3, FinalLR: 0.01, WarmupSteps: 5}
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	for _, at := range []func(int) float64{func(int) float64 { return 0.3 }, squareRoot, multi.At, cosine.At, warmup.At} {
		rates := make([]float64, 30)
		for i := range rates {
			rates[i] = at(i)
		}
		d2l.Must(d2l.Plot(nil, [][]float64{rates}, d2l.PlotOptions{}))
		d2l.Seed(1)
		net := d2l.NewNet(d2l.Dense{Units: 10})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.3).WithSchedule(at)))
		for range trainer.Steps(d2l.FirstBatches(trainIter, len(rates)), nil) {
		}
		d2l.Check(trainer.Err())
		testAcc := d2l.Must(d2l.EvaluateAccuracyGPU(net, d2l.FirstBatches(testIter, 4)))
		fmt.Printf("rates %.3f to %.3f; test acc above 0.6: %v\n", rates[0], rates[29], testAcc > 0.6)
	}
	// Output:
	// rates 0.300 to 0.300; test acc above 0.6: true
	// rates 0.100 to 0.018; test acc above 0.6: true
	// rates 0.500 to 0.250; test acc above 0.6: true
	// rates 0.300 to 0.010; test acc above 0.6: true
	// rates 0.000 to 0.010; test acc above 0.6: true
}
