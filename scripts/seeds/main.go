// Command seeds trains LeNet with several seeds, as the chapter does, and prints
// a table of what each came to, with mean and standard deviation. A seed given
// twice must give the same figures twice; -repeat checks that for the first one.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

func main() {
	n := flag.Int("n", 5, "number of seeds, 1 to n")
	epochs := flag.Int("epochs", 10, "number of epochs")
	lr := flag.Float64("lr", 0.9, "learning rate")
	batchSize := flag.Int("batch", 256, "batch size")
	repeat := flag.Bool("repeat", false, "train the first seed once more and compare")
	flag.Parse()

	train := func(seed int) *d2l.Result {
		d2l.Seed(uint64(seed))
		trainIter, testIter := d2l.LoadDataFashionMnist(*batchSize)
		fmt.Fprintf(os.Stderr, "seed %d\n", seed)
		return d2l.Must(d2l.TrainCh5(lenet.New(), trainIter, testIter, *epochs, *lr, d2l.TryGPU(0)))
	}
	var results []*d2l.Result
	for seed := range *n {
		results = append(results, train(seed+1))
	}
	fmt.Println("\n| seed | loss | train acc | test acc | examples/sec |\n|---|---|---|---|---|")
	for i, r := range results {
		fmt.Printf("| %d | %.3f | %.3f | %.3f | %.0f |\n", i+1, r.Loss, r.TrainAcc, r.TestAcc, r.ExamplesPerSec)
	}
	fmt.Printf("| mean ± standard deviation | %s | %s | %s | %s |\n",
		spread(results, "%.3f ± %.3f", func(r *d2l.Result) float64 { return r.Loss }),
		spread(results, "%.3f ± %.3f", func(r *d2l.Result) float64 { return r.TrainAcc }),
		spread(results, "%.3f ± %.3f", func(r *d2l.Result) float64 { return r.TestAcc }),
		spread(results, "%.0f ± %.0f", func(r *d2l.Result) float64 { return r.ExamplesPerSec }))
	if *repeat && !slices.Equal(figures(results[0]), figures(train(1))) {
		fmt.Fprintln(os.Stderr, "seeds: seed 1 gave other figures the second time")
		os.Exit(1)
	}
}

// figures are those that a seed decides.
func figures(r *d2l.Result) []float64 { return []float64{r.Loss, r.TrainAcc, r.TestAcc} }

func spread(results []*d2l.Result, format string, of func(*d2l.Result) float64) string {
	mean, square := 0.0, 0.0
	for _, r := range results {
		mean += of(r) / float64(len(results))
	}
	for _, r := range results {
		square += (of(r) - mean) * (of(r) - mean)
	}
	return fmt.Sprintf(format, mean, math.Sqrt(square/float64(max(len(results)-1, 1))))
}
