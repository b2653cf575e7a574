package d2l_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// Training prints, for example,
//
//	loss 2.317, train acc 0.098, test acc 0.100
//	5203.1 examples/sec on cpu(0)
func ExampleTrainCh5() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Must(d2l.TrainCh5(net, d2l.FirstBatches(trainIter, 10), d2l.FirstBatches(testIter, 2), 1, 0.9, d2l.TryGPU(0)))
}

// TrainCh5 returns one.
func ExampleResult() {
	result := d2l.Result{Loss: 0.4689, TrainAcc: 0.8231, TestAcc: 0.8199, ExamplesPerSec: 59594.47, Devices: d2l.Devices{d2l.CPU(0)}}
	fmt.Println(result)
	fmt.Printf("overfits by %.3f\n", result.TrainAcc-result.TestAcc)
	// Output:
	// loss 0.469, train acc 0.823, test acc 0.820, 59594.5 examples/sec on cpu(0)
	// overfits by 0.003
}

// mlp is a net that is compiled faster than a convolutional one.
var mlp = d2l.Sequential{d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 10}}

// With Adam instead of plain gradient descent.
func ExampleTrainCh5_adam() {
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(mlp)
	d2l.Must(d2l.TrainCh5(net, d2l.FirstBatches(trainIter, 10), d2l.FirstBatches(testIter, 2), 1, d2l.Adam(0.001), d2l.TryGPU(0)))
}

// With momentum, and a learning rate that rises for one epoch and then falls.
func ExampleTrainCh5_schedule() {
	data, testIter := d2l.LoadDataFashionMnist(256)
	trainIter, numEpochs := d2l.FirstBatches(data, 5), 2
	scheduler := d2l.CosineScheduler{MaxUpdate: numEpochs * trainIter.Len(), BaseLR: 0.1, WarmupSteps: trainIter.Len()}
	opt := d2l.Momentum(0.1, 0.9).WithSchedule(scheduler.At)
	net := d2l.NewNet(mlp)
	d2l.Must(d2l.TrainCh5(net, trainIter, d2l.FirstBatches(testIter, 2), numEpochs, opt, d2l.TryGPU(0)))
}

// As the section on AlexNet calls it, but with a small net.
func ExampleTrainCh6() {
	trainIter, testIter := d2l.LoadDataFashionMnist(128)
	net := d2l.NewNet(mlp)
	d2l.Must(d2l.TrainCh6(net, d2l.FirstBatches(trainIter, 10), d2l.FirstBatches(testIter, 2), 1, 0.01, d2l.TryGPU(0)))
}

// trainedLines are the lines that TrainCh5 prints: loss, training accuracy and test
// accuracy, and a rate that changes from machine to machine.
const trainedLines = `loss (\d\.\d{3}), train acc ([01]\.\d{3}), test acc ([01]\.\d{3})\n\d+\.\d examples/sec on [cg]pu\(0\)\n`

func TestExampleTrainCh5(t *testing.T) {
	for name, example := range map[string]func(){
		"TrainCh5": ExampleTrainCh5, "adam": ExampleTrainCh5_adam, "schedule": ExampleTrainCh5_schedule, "TrainCh6": ExampleTrainCh6,
	} {
		t.Run(name, func(t *testing.T) { wantTrained(t, example) })
	}
}

// wantTrained checks that an Example prints the two lines of a training run.
func wantTrained(t *testing.T, example func()) {
	t.Helper()
	if printed := printedBy(t, example); !regexp.MustCompile("^" + trainedLines + "$").MatchString(printed) {
		t.Errorf("printed %q, expected %s", printed, trainedLines)
	}
}

// printedBy returns what an example prints.
func printedBy(t *testing.T, example func()) string {
	t.Helper()
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	os.Stdout = file
	example()
	file.Seek(0, io.SeekStart)
	printed, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}

// A training loop of your own, over a batch of two examples. TrainCh5 has the
// whole loop, with its plot and its evaluation.
func ExampleTrainer_Step() {
	net := d2l.NewNet(d2l.Dense{Units: 2})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(1)))
	X, y := d2l.NewTensor([][]float32{{1, 0}, {0, 1}}), d2l.NewTensor([]int32{0, 1})
	var lossSum, correct float64
	for range 100 {
		var err error
		lossSum, correct, err = trainer.Step(X, y)
		d2l.Check(err)
	}
	fmt.Println(correct, "of", y.Size(), "are correct, mean loss below 0.1:", lossSum/float64(y.Size()) < 0.1)
	// Output: 2 of 2 are correct, mean loss below 0.1: true
}

// The same step in the reader's own loop.
func ExampleTrainer() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.9)))
	metric := d2l.NewAccumulator(3) // Sum of losses, correct predictions, examples.
	for batch, err := range d2l.FirstBatches(trainIter, 4).Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		lossSum, correct, err := trainer.Step(X, y)
		d2l.Check(err)
		metric.Add(lossSum, correct, float64(y.Size()))
	}
	fmt.Println(metric[2], "examples seen, mean loss above 2:", metric[0]/metric[2] > 2)
	// Output: 1024 examples seen, mean loss above 2: true
}

// An epoch of one's own loop, on the test set to be short.
func ExampleTrainer_Steps() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	metric := d2l.NewAccumulator(3) // Sum of losses, correct predictions, examples.
	for _, step := range trainer.Steps(testIter, nil) {
		metric.Add(step.LossSum, step.Correct, step.Examples)
	}
	d2l.Check(trainer.Err())
	fmt.Println(metric[2], "examples; more than 40% correct:", metric[1]/metric[2] > 0.4)
	// Output: 10000 examples; more than 40% correct: true
}

// An error of the data or of a step is told after the loop.
func ExampleTrainer_Err() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 2}) // For ten classes.
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	for range trainer.Steps(testIter, nil) {
	}
	fmt.Println(trainer.Err())
	// Output: training on a batch of shape (256, 1, 28, 28): the label at index 0 of the batch is 9, but the net has outputs for 0 to 1
}

// A notebook's cell saves what a training has reached when it is interrupted.
func ExampleErrInterrupted() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	_, err := d2l.TrainCh5(net, testIter, testIter, 1, 0.1, d2l.TryGPU(0))
	if err == nil || errors.Is(err, d2l.ErrInterrupted) {
		d2l.Check(net.SaveParameters(filepath.Join(os.TempDir(), "example-interrupted.params")))
	}
	d2l.Check(err)
}

// How far a net was trained is in its file of parameters.
func ExampleNet_Trained() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	fmt.Println(net.Trained())
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	for range trainer.Steps(testIter, nil) {
	}
	d2l.Check(trainer.Err())
	trained, _, _ := strings.Cut(net.Trained(), ": loss") // Figures depend on the random numbers.
	fmt.Println(trained)
	// Output:
	// not trained here
	// trained for 1 epoch (40 steps)
}

// A loss that is finite and no better than guessing.
func ExampleTrainer_WarnIfGuessing() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(50)))
	metric := d2l.NewAccumulator(2) // Sum of losses, examples.
	for _, step := range trainer.Steps(testIter, nil) {
		metric.Add(step.LossSum, step.Examples)
	}
	d2l.Check(trainer.Err())
	trainer.WarnIfGuessing(metric[0] / metric[1]) // On standard error: the loss, …, is not below that of guessing
}

// The accuracy by class, which EvaluateAccuracyGPU does not compute.
func ExampleNet_ForwardEach() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := d2l.NewNet(d2l.Dense{Units: 10})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	correct, seen := d2l.NewAccumulator(10), d2l.NewAccumulator(10)
	for batch, err := range net.ForwardEach(testIter) {
		d2l.Check(err)
		predictions := d2l.Must(d2l.Predict(batch.YHat))
		for i, label := range d2l.Values[int32](batch.Y) {
			seen[label]++
			if predictions[i] == int(label) {
				correct[label]++
			}
		}
	}
	fmt.Println("images of each class:", seen)
	// Output: images of each class: [1000 1000 1000 1000 1000 1000 1000 1000 1000 1000]
}

// On all GPUs, each with an equal part of every batch, the loss is that of one.
func ExampleNewTrainer() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	var losses []float64
	for _, devices := range [][]d2l.Device{{d2l.TryGPU(0)}, d2l.TryAllGPUs()} {
		d2l.Seed(1)
		net := lenet.New()
		d2l.Check(net.Initialize(devices[0], d2l.Xavier))
		trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.9), devices...))
		metric := d2l.NewAccumulator(2) // Sum of losses, examples.
		for batch, err := range d2l.FirstBatches(trainIter, 4).Iter() {
			d2l.Check(err)
			lossSum, _, err := trainer.Step(batch.Inputs[0], batch.Labels[0])
			d2l.Check(err)
			metric.Add(lossSum, float64(batch.Labels[0].Size()))
		}
		losses = append(losses, metric[0]/metric[1])
	}
	fmt.Println("the same loss:", math.Abs(losses[0]-losses[1]) < 1e-4)
	// Output: the same loss: true
}

func ExampleEvaluateAccuracyGPU() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	acc := d2l.Must(d2l.EvaluateAccuracyGPU(net, testIter))
	fmt.Println("by chance, about one in ten:", acc > 0.01 && acc < 0.3)
	// Output: by chance, about one in ten: true
}
