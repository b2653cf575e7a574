package d2l_test

import (
	"fmt"

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
