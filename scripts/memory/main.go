// Command memory goes once through Fashion-MNIST's training images in batches of 128,
// at 28 × 28 and enlarged to 224 × 224, each in a process of its own, and prints the
// most memory that each held, beside what all images would take as float32. With
// -train every batch is a training step as well, so that it is copied to the device.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/d2l-go/book/d2l"
)

func main() {
	train := flag.Bool("train", false, "train softmax regression on the batches")
	side := flag.Int("size", 0, "print the peak for images of this height and width, in MB, and no table")
	flag.Parse()
	if *side > 0 {
		d2l.Check(iterate(*side, *train))
		fmt.Printf("%.0f", d2l.Must(peak()))
		return
	}
	fmt.Println("| images | peak memory, MB | all images as float32, MB |\n|---|---|---|")
	for _, side := range []int{28, 224} {
		cmd := exec.Command(d2l.Must(os.Executable()), "-size", strconv.Itoa(side), "-train="+strconv.FormatBool(*train))
		cmd.Stderr = os.Stderr
		fmt.Printf("| %d × %[1]d | %s | %.0f |\n", side, d2l.Must(cmd.Output()), float64(60000*side*side*4)/1e6)
	}
}

// iterate goes once through the training images.
func iterate(side int, train bool) error {
	trainIter, _ := d2l.LoadDataFashionMnist(128, side)
	if !train {
		for _, err := range trainIter.Iter() {
			if err != nil {
				return err
			}
		}
		return nil
	}
	net, device := d2l.NewNet(d2l.Dense{Units: 10}), d2l.TryGPU(0)
	if err := net.Initialize(device, d2l.Xavier); err != nil {
		return err
	}
	trainer, err := d2l.NewTrainer(net, d2l.SGD(0.01))
	if err != nil {
		return err
	}
	for batch, err := range d2l.OnDevice(trainIter, device).Iter() { // As TrainCh5 does.
		if err != nil {
			return err
		}
		if _, _, err := trainer.Step(batch.Inputs[0], batch.Labels[0]); err != nil {
			return err
		}
	}
	return nil
}

// peak returns the most memory this process has held so far, in MB, as Linux counts it.
func peak() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if match == nil {
		return 0, fmt.Errorf("/proc/self/status has no line VmHWM; this command needs Linux")
	}
	kB, err := strconv.ParseFloat(string(match[1]), 64)
	return kB * 1024 / 1e6, err
}
