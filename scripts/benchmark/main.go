// Command benchmark is our side of scripts/bench, which compares it with LeNet in
// PyTorch and JAX. On its own it is a worker that answers commands on standard
// input, as worker.py describes; flags choose what else it does.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

func main() {
	batchSize := flag.Int("batch", 256, "batch size")
	threads := flag.Int("threads", 2, "cores that this process is to be bound to")
	data := flag.String("data", "", "folder with the four plain files of Fashion-MNIST")
	start := flag.String("start", "", "folder with weights.safetensors and order.i32")
	epochs := flag.Int("epochs", 10, "epochs of -chapter and -animator")
	rounds := flag.Int("rounds", 3, "rounds of -animator")
	profile := flag.String("profile", "", "file for the CPU profile of -host")
	chapter := flag.Bool("chapter", false, "run the whole chapter")
	animator := flag.Bool("animator", false, "compare the training rate with and without an Animator")
	host := flag.Bool("host", false, "measure the time of a step in which there is little to compute")
	roofline := flag.Bool("roofline", false, "measure the parts of LeNet one by one, and what the processor does at best")
	draw := flag.Bool("draw", false, "in -chapter, draw as in a notebook")
	gpu := flag.Bool("gpu", false, "in -chapter and -serve, use gpu(0)")
	serves := flag.Bool("serve", false, "answer the commands of gpu.py")
	name := flag.String("net", "lenet", "network that is trained")
	words := flag.String("variant", "", "step, tf32, deterministic, or several, as in step+tf32; others are in the environment")
	flag.Parse()

	device := d2l.CPU(0)
	if *gpu {
		device = d2l.GPU(0)
	}
	worker := onDevice{device: device, name: *name, batchSize: *batchSize, single: strings.Contains(*words, "step")}
	d2l.AllowTF32(strings.Contains(*words, "tf32"))
	d2l.UseDeterministicAlgorithms(strings.Contains(*words, "deterministic"))
	var err error
	switch {
	case *chapter:
		err = runChapter(*batchSize, *epochs, device, *draw)
	case *serves:
		err = worker.serve()
	case *animator:
		err = compareAnimator(*batchSize, *epochs, *rounds)
	case *host:
		err = printHostTime(*profile)
	case *roofline:
		err = printRoofline(*batchSize)
	case runtime.NumCPU() != *threads: // Cores bound Go's threads and XLA's.
		err = fmt.Errorf("this worker is to have %d threads but may run on %d cores: "+
			"start it by scripts/bench or under taskset",
			*threads, runtime.NumCPU())
	default:
		err = serve(*name, *data, *start, *batchSize)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// runChapter trains as the chapter does.
func runChapter(batchSize, epochs int, device d2l.Device, draw bool) error {
	if draw {
		end, err := asInNotebook()
		if err != nil {
			return err
		}
		defer end()
	}
	trainIter, testIter := d2l.LoadDataFashionMnist(batchSize)
	_, err := d2l.TrainCh5(lenet.New(), trainIter, testIter, epochs, lr, device)
	return err
}
