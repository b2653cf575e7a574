package main

import (
	"fmt"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/ml/train"
)

// bookRate is what the book's text prints for its own run on gpu(0).
const bookRate = 50778.8

// onGPU trains LeNet as the book does on gpu(0), and compares.
func onGPU(epochs int) error {
	device := d2l.GPU(0)
	if _, _, err := device.Backend(); err != nil {
		return fmt.Errorf("there is nothing to measure: %w", err)
	}
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	result, err := d2l.TrainCh5(lenet.New(), trainIter, testIter, epochs, lr, device)
	if err != nil {
		return err
	}
	fmt.Printf("\nTrainCh5, batches of 256, compilation included: %.2f × the book's %.1f examples/sec on its gpu(0)\n",
		result.ExamplesPerSec/bookRate, bookRate)

	fmt.Print("\n| batch | examples/sec, once compiled | ratio to the book's 256 | microseconds a step |\n",
		"|--:|--:|--:|--:|\n")
	for _, batchSize := range []int{64, 128, 256, 512, 1024} {
		rate, err := steadyRate(device, batchSize)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %.0f | %.2f | %.0f |\n", batchSize, rate, rate/bookRate, float64(batchSize)/rate*1e6)
	}
	median, p99, err := hostTime(lenet.New(), device, 1, 28, 28)
	if err != nil {
		return err
	}
	fmt.Printf("\na step on one example takes %.0f µs (median; 99 of 100 below %.0f µs): Go, cgo and dispatch take no "+
		"more of a step, apart from picking its batch\n", median, p99)
	return nil
}

// steadyRate returns the examples a second of training steps on batches that were
// loaded before.
func steadyRate(device d2l.Device, batchSize int) (float64, error) {
	const steps = 200
	net, err := newOurs(lenet.New(), device, "")
	if err != nil {
		return 0, err
	}
	trainIter, _ := d2l.LoadDataFashionMnist(batchSize)
	var loaded []train.Batch
	for len(loaded) < 20+steps {
		for batch, err := range d2l.OnDevice(trainIter, device).Iter() {
			if err != nil {
				return 0, err
			}
			if batch.Labels[0].Size() == batchSize && len(loaded) < 20+steps {
				loaded = append(loaded, batch)
			}
		}
	}
	if _, err := net.train(loaded[:20]); err != nil {
		return 0, err
	}
	begin := time.Now()
	if _, err := net.train(loaded[20:]); err != nil {
		return 0, err
	}
	return steps * float64(batchSize) / time.Since(begin).Seconds(), nil
}
