// Command seeds trains a network with several seeds, LeNet as the chapter does or
// the improved one as exercise 2 does, or exercise 3 with -data mnist, and prints
// a table of the results, with mean and standard deviation. A seed given
// twice must give the same results twice; -repeat checks that for the first one.
// With -min-acc it fails if a seed stays below a test accuracy; with -json it also
// writes the results to a file, for scripts/pytorch.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// recipe is a network and how its notebook trains it.
type recipe struct {
	new       func() *d2l.Net
	epochs    int
	batchSize int
	optimizer func(updates int) d2l.Optimizer
}

var recipes = map[string]recipe{
	"lenet":    {lenet.New, 10, 256, func(int) d2l.Optimizer { return d2l.SGD(0.9) }},
	"improved": {lenet.Improved, 10, 128, lenet.ImprovedOptimizer},
}

// dataSets load the data that a network can be trained on.
var dataSets = map[string]func(batchSize int, resize ...int) (train, test d2l.DataIter){
	"fashion-mnist": d2l.LoadDataFashionMnist,
	"mnist":         d2l.LoadDataMnist,
}

func main() {
	net := flag.String("net", "lenet", "network: "+strings.Join(slices.Sorted(maps.Keys(recipes)), " or "))
	data := flag.String("data", "fashion-mnist", "data set: "+strings.Join(slices.Sorted(maps.Keys(dataSets)), " or "))
	n := flag.Int("n", 5, "number of seeds, 1 to n")
	epochs := flag.Int("epochs", 0, "number of epochs; 0 is the notebook's")
	lr := flag.Float64("lr", 0, "learning rate of plain gradient descent; 0 is the notebook's optimizer")
	batchSize := flag.Int("batch", 0, "batch size; 0 is the notebook's")
	repeat := flag.Bool("repeat", false, "train the first seed once more and compare")
	minAcc := flag.Float64("min-acc", 0, "fail if a seed's test accuracy is below this")
	file := flag.String("json", "", "file to write the results to as well")
	flag.Parse()
	d2l.UseDeterministicAlgorithms(true)
	r, ok := recipes[*net]
	if !ok {
		fmt.Fprintf(os.Stderr, "seeds: there is no network %q; -help names them\n", *net)
		os.Exit(2)
	}
	load, ok := dataSets[*data]
	if !ok {
		fmt.Fprintf(os.Stderr, "seeds: there is no data set %q; -help names them\n", *data)
		os.Exit(2)
	}
	r.epochs, r.batchSize = cmp.Or(*epochs, r.epochs), cmp.Or(*batchSize, r.batchSize)
	if *lr != 0 {
		r.optimizer = func(int) d2l.Optimizer { return d2l.SGD(*lr) }
	}

	train := func(seed int) *d2l.Result {
		d2l.Seed(uint64(seed))
		trainIter, testIter := load(r.batchSize)
		fmt.Fprintf(os.Stderr, "seed %d\n", seed)
		opt := r.optimizer(r.epochs * trainIter.Len())
		return d2l.Must(d2l.TrainCh5(r.new(), trainIter, testIter, r.epochs, opt, d2l.TryGPU(0)))
	}
	var results []*d2l.Result
	for seed := range *n {
		results = append(results, train(seed+1))
	}
	fmt.Println("\n| seed | loss | train acc | test acc | examples/sec |\n|---|---|---|---|---|")
	for i, r := range results {
		fmt.Printf("| %d | %.3f | %.3f | %.3f | %.0f |\n", i+1, r.Loss, r.TrainAcc, r.TestAcc, r.ExamplesPerSec)
	}
	fmt.Print("| mean ± standard deviation |")
	for i, format := range []string{"%.3f ± %.3f", "%.3f ± %.3f", "%.3f ± %.3f", "%.0f ± %.0f"} {
		mean, deviation := spread(results, func(r *d2l.Result) float64 { return append(metrics(r), r.ExamplesPerSec)[i] })
		fmt.Printf(" "+format+" |", mean, deviation)
	}
	fmt.Println()
	if *file != "" {
		d2l.Check(writeMetrics(*file, results))
	}
	if *repeat && !slices.Equal(metrics(results[0]), metrics(train(1))) {
		fail("seed 1 gave other results the second time")
	}
	for i, r := range results {
		if r.TestAcc < *minAcc {
			fail("seed %d has a test accuracy of %.4f, below %v", i+1, r.TestAcc, *minAcc)
		}
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "seeds: "+format+"\n", args...)
	os.Exit(1)
}

// metrics are those that a seed decides: loss, training and test accuracy.
func metrics(r *d2l.Result) []float64 { return []float64{r.Loss, r.TrainAcc, r.TestAcc} }

// writeMetrics writes the metrics of each seed as JSON, a list for each.
func writeMetrics(path string, results []*d2l.Result) error {
	var all [][]float64
	for _, r := range results {
		all = append(all, metrics(r))
	}
	content, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// spread returns the mean and the standard deviation of a metric.
func spread(results []*d2l.Result, of func(*d2l.Result) float64) (mean, deviation float64) {
	square := 0.0
	for _, r := range results {
		mean += of(r) / float64(len(results))
	}
	for _, r := range results {
		square += (of(r) - mean) * (of(r) - mean)
	}
	return mean, math.Sqrt(square / float64(max(len(results)-1, 1)))
}
