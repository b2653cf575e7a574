package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/d2l-go/book/d2l"
)

// onDevice is a network whose first step, training and evaluation gpu.py measures.
type onDevice struct {
	device            d2l.Device
	name              string
	batchSize         int
	single            bool // Single steps, on batches that are on the device, and not as TrainCh5 makes them.
	net               *d2l.Net
	trainer           *d2l.Trainer
	batches, testIter d2l.DataIter
}

// serve answers the commands of gpu.py; serve_for in worker.py says which.
func (o *onDevice) serve() error {
	begin := time.Now()
	if _, _, err := o.device.Backend(); err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout).Encode
	ready := "Go " + runtime.Version()[2:] + ", GoMLX " + gomlxVersion()
	err := say(answer{Ready: ready, Seconds: time.Since(begin).Seconds()})
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		var command string
		var seconds float64
		fmt.Sscan(lines.Text(), &command, &seconds)
		var a answer
		switch command {
		case "first":
			a, err = o.first()
		case "train":
			a, err = o.train(seconds)
		case "eval":
			begin := time.Now()
			_, err = d2l.EvaluateAccuracyGPU(o.net, o.testIter)
			a.Seconds = time.Since(begin).Seconds()
		default:
			err = fmt.Errorf("the command %q is not first, train SECONDS or eval", lines.Text())
		}
		if err == nil {
			err = say(a)
		}
	}
	return err
}

// first starts the training. Its clock begins when the images are on the device.
func (o *onDevice) first() (answer, error) {
	recipe, ok := recipes[o.name]
	if !ok {
		return answer{}, fmt.Errorf("the net %q is not one of nets.go", o.name)
	}
	o.batches, o.testIter = d2l.LoadDataFashionMnist(o.batchSize, recipe.side)
	var kept fixedIter
	for batch, err := range d2l.OnDevice(o.batches, o.device).Iter() {
		if err != nil {
			return answer{}, err
		}
		if kept = append(kept, batch); !o.single || len(kept) == min(20, 60000/o.batchSize) {
			break
		}
	}
	if o.single {
		o.batches = kept
	}
	begin := time.Now()
	o.net = recipe.new()
	err := o.net.Initialize(o.device, d2l.Xavier)
	if err != nil {
		return answer{}, err
	}
	if o.trainer, err = d2l.NewTrainer(o.net, recipe.optimizer); err != nil {
		return answer{}, err
	}
	for range o.trainer.Steps(o.batches, nil) {
		break
	}
	return answer{Seconds: time.Since(begin).Seconds()}, o.trainer.Err()
}

// train makes steps for at least so many seconds, and ends where a GPU ends a program: at the end of an epoch, or after
// 50 steps of it.
func (o *onDevice) train(seconds float64) (sum answer, err error) {
	for begin := time.Now(); sum.Seconds < seconds; sum.Seconds = time.Since(begin).Seconds() {
		made := 0
		for _, metrics := range o.trainer.Steps(o.batches, nil) {
			made++
			sum.Examples += int(metrics.Examples)
			if made%50 == 0 && time.Since(begin).Seconds() >= seconds {
				break
			}
		}
		if err := o.trainer.Err(); err != nil {
			return answer{}, err
		}
	}
	return sum, nil
}
