package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/ml/train"
)

// recipes are the networks that gpu.py measures, by the names it has for them.
var recipes = map[string]struct {
	new       func() *d2l.Net
	side      int // Height and width of the images.
	optimizer func() d2l.Optimizer
}{
	"lenet":    {lenet.New, 28, func() d2l.Optimizer { return d2l.SGD(lr) }},
	"improved": {lenet.Improved, 28, func() d2l.Optimizer { return lenet.ImprovedOptimizer(1 << 20) }},
	"alexnet":  {alexNet, 224, func() d2l.Optimizer { return d2l.SGD(0.01) }},
	"resnet18": {resNet18, 96, func() d2l.Optimizer { return d2l.SGD(0.05) }},
}

// onDevice is a network of which gpu.py measures the first step, the training and the evaluation.
type onDevice struct {
	device    d2l.Device
	name      string
	batchSize int
	words     string // Of the variant: step, tf32, deterministic.

	net                 *d2l.Net
	trainer             *d2l.Trainer
	trainIter, testIter d2l.DataIter
	kept                []train.Batch // Of a variant with the word step: batches that are on the device.
}

// timed is an answer to gpu.py. Examples and steps are those that the seconds are of.
type timed struct {
	Ready    string  `json:"ready,omitempty"`
	Seconds  float64 `json:"seconds"`
	Examples float64 `json:"examples"`
	Steps    int     `json:"steps"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// serve answers the commands of gpu.py; serve_for in worker.py says which.
func (o *onDevice) serve() error {
	begin := time.Now()
	if _, _, err := o.device.Backend(); err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout).Encode
	ready := "Go " + runtime.Version()[2:] + ", GoMLX " + gomlxVersion()
	if err := say(timed{Ready: ready, Seconds: time.Since(begin).Seconds()}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan() && lines.Text() != "quit"; {
		var command string
		var seconds float64
		fmt.Sscan(lines.Text(), &command, &seconds)
		var answer timed
		var err error
		switch command {
		case "first":
			answer, err = o.first()
		case "train":
			answer, err = o.train(seconds)
		case "eval":
			begin := time.Now()
			answer.Accuracy, err = d2l.EvaluateAccuracyGPU(o.net, o.testIter)
			answer.Seconds = time.Since(begin).Seconds()
		default:
			err = fmt.Errorf("the command %q is not first, train SECONDS, eval or quit", lines.Text())
		}
		if err != nil {
			return err
		}
		if err := say(answer); err != nil {
			return err
		}
	}
	return nil
}

// first starts the training. Its clock begins when the data has been read from disk.
func (o *onDevice) first() (timed, error) {
	recipe := recipes[o.name]
	o.trainIter, o.testIter = d2l.LoadDataFashionMnist(o.batchSize, recipe.side)
	for _, err := range o.trainIter.Iter() {
		if err != nil {
			return timed{}, err
		}
		break
	}
	begin := time.Now()
	o.net = recipe.new()
	if err := o.net.Initialize(o.device, d2l.Xavier); err != nil {
		return timed{}, err
	}
	var err error
	if o.trainer, err = d2l.NewTrainer(o.net, recipe.optimizer()); err != nil {
		return timed{}, err
	}
	for metrics, err := range o.steps() {
		return timed{Seconds: time.Since(begin).Seconds(), Steps: 1, Examples: metrics.Examples}, err
	}
	return timed{}, nil
}

// train makes steps for at least so many seconds, and ends where no steps are under way: at the end of an epoch, or
// after 50 steps of it, which a GPU makes in one program.
func (o *onDevice) train(seconds float64) (timed, error) {
	var sum timed
	begin := time.Now()
	for sum.Seconds < seconds {
		made := 0
		for metrics, err := range o.steps() {
			if err != nil {
				return timed{}, err
			}
			made++
			sum.Steps++
			sum.Examples += metrics.Examples
			sum.Loss = metrics.LossSum / metrics.Examples
			if made%50 == 0 && time.Since(begin).Seconds() >= seconds {
				break
			}
		}
		sum.Seconds = time.Since(begin).Seconds()
	}
	return sum, nil
}

type stepMetrics struct{ LossSum, Correct, Examples float64 }

// steps makes an epoch of steps as TrainCh5 does or, for a variant with the word step, single ones on
// batches that are on the device.
func (o *onDevice) steps() iter.Seq2[stepMetrics, error] {
	return func(yield func(stepMetrics, error) bool) {
		single := strings.Contains(o.words, "step")
		batches := d2l.OnDevice(o.trainIter, o.device)
		if single && o.kept == nil {
			for batch, err := range batches.Iter() {
				if err != nil {
					yield(stepMetrics{}, err)
					return
				}
				if o.kept = append(o.kept, batch); len(o.kept) == min(20, 60000/o.batchSize) {
					break
				}
			}
		}
		if single {
			batches = fixedIter(o.kept)
		}
		for batch, err := range batches.Iter() {
			var m stepMetrics
			if err == nil {
				m.LossSum, m.Correct, err = o.trainer.Step(batch.Inputs[0], batch.Labels[0])
				m.Examples = float64(batch.Labels[0].Size())
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// printDigests trains twice with the same seed and prints what tells whether all bits are the same.
func (o *onDevice) printDigests(seed uint64, epochs int) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stdout := os.Stdout
	os.Stdout = os.Stderr // What TrainCh5 prints is not wanted.
	var digests []string
	for range 2 {
		d2l.Seed(seed)
		net := recipes[o.name].new()
		trainIter, testIter := d2l.LoadDataFashionMnist(o.batchSize)
		result, err := d2l.TrainCh5(net, trainIter, testIter, epochs, recipes[o.name].optimizer(), o.device)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, "parameters.safetensors")
		if err := net.SaveParameters(path); err != nil {
			return err
		}
		parameters, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		digests = append(digests, fmt.Sprintf("%x %x %x %x", sha256.Sum256(parameters), result.Loss, result.TrainAcc,
			result.TestAcc))
	}
	return json.NewEncoder(stdout).Encode(map[string][]string{"digests": digests})
}

// parseDevice returns the device that prints as text.
func parseDevice(text string) (d2l.Device, error) {
	for _, kind := range []func(int) d2l.Device{d2l.CPU, d2l.GPU} {
		for i := range 64 {
			if device := kind(i); device.String() == text {
				return device, nil
			}
		}
	}
	return d2l.Device{}, fmt.Errorf("there is no device %q: use cpu(0), gpu(0), gpu(1), …", text)
}
