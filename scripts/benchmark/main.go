// Command benchmark is our side of scripts/bench, which compares it with LeNet in
// PyTorch and JAX. On its own it is a worker that answers commands on standard
// input, as worker.py describes; flags choose what else it does.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

func main() {
	batchSize := flag.Int("batch", 256, "batch size")
	threads := flag.Int("threads", 2, "cores that this process is to be bound to")
	data := flag.String("data", "", "folder with the four plain files of Fashion-MNIST")
	start := flag.String("start", "", "folder with weights.safetensors and order.i32")
	epochs := flag.Int("epochs", 10, "epochs of -chapter, -animator and -gpu")
	rounds := flag.Int("rounds", 3, "rounds of -animator")
	profile := flag.String("profile", "", "file for the CPU profile of -host")
	chapter := flag.Bool("chapter", false, "run the whole chapter")
	animator := flag.Bool("animator", false, "compare the training rate with and without an Animator")
	host := flag.Bool("host", false, "measure the time of a step in which there is little to compute")
	roofline := flag.Bool("roofline", false, "measure the parts of LeNet one by one, and what the processor does at best")
	gpu := flag.Bool("gpu", false, "train on gpu(0) and compare with the book's rate there")
	flag.Parse()

	var err error
	switch {
	case *chapter:
		trainIter, testIter := d2l.LoadDataFashionMnist(*batchSize)
		_, err = d2l.TrainCh5(lenet.New(), trainIter, testIter, *epochs, lr, d2l.CPU(0))
	case *animator:
		err = compareAnimator(*batchSize, *epochs, *rounds)
	case *host:
		err = printHostTime(*profile)
	case *roofline:
		err = printRoofline(*batchSize)
	case *gpu:
		err = onGPU(*epochs)
	case runtime.NumCPU() != *threads: // Cores bound Go's threads and XLA's.
		err = fmt.Errorf("this worker is to have %d threads but may run on %d cores: "+
			"start it by scripts/bench or under taskset",
			*threads, runtime.NumCPU())
	default:
		err = serve(*data, *start, *batchSize)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}
