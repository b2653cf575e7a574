package d2l_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/core/tensors"
)

// Training prints, for example,
//
//	loss 2.317, train acc 0.098, test acc 0.100
//	5203.1 examples/sec on cpu(0)
func ExampleTrainCh5() {
	d2l.Seed(1)
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Must(d2l.TrainCh5(net, FirstBatches{trainIter, 10}, FirstBatches{testIter, 2}, 1, 0.9, d2l.TryGPU(0)))
}

// With Adam instead of plain gradient descent.
func ExampleTrainCh5_adam() {
	trainIter, testIter := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Must(d2l.TrainCh5(net, FirstBatches{trainIter, 10}, FirstBatches{testIter, 2}, 1, d2l.Adam(0.001), d2l.TryGPU(0)))
}

// With momentum, and a learning rate that rises for one epoch and then falls.
func ExampleTrainCh5_schedule() {
	data, testIter := d2l.LoadDataFashionMnist(256)
	trainIter := FirstBatches{data, 5}
	numEpochs := 2
	scheduler := d2l.CosineScheduler{MaxUpdate: numEpochs * trainIter.Len(), BaseLR: 0.3, WarmupSteps: trainIter.Len()}
	opt := d2l.Momentum(0.3, 0.9).WithSchedule(scheduler.At)
	d2l.Must(d2l.TrainCh5(lenet.New(), trainIter, FirstBatches{testIter, 2}, numEpochs, opt, d2l.TryGPU(0)))
}

// As a section on AlexNet calls it; its images would be 224 × 224.
func ExampleTrainCh6() {
	trainIter, testIter := d2l.LoadDataFashionMnist(128)
	d2l.Must(d2l.TrainCh6(lenet.New(), FirstBatches{trainIter, 10}, FirstBatches{testIter, 2}, 1, 0.01, d2l.TryGPU(0)))
}

// What the examples print changes from machine to machine.
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
	t.Logf("%s", printed)
	pattern := `^loss \d\.\d{3}, train acc 0\.\d{3}, test acc 0\.\d{3}\n\d+\.\d examples/sec on [cg]pu\(0\)\n$`
	if !regexp.MustCompile(pattern).Match(printed) {
		t.Errorf("printed %q, expected %s", printed, pattern)
	}
}

// A training loop of one's own, over a batch of two examples. TrainCh5 has the
// whole loop, with its plot and its evaluation.
func ExampleTrainer_Step() {
	net := d2l.NewNet(d2l.Dense{Units: 2})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(1)))
	X, y := tensors.FromValue([][]float32{{1, 0}, {0, 1}}), tensors.FromValue([]int32{0, 1})
	var lossSum, correct float64
	for range 100 {
		var err error
		lossSum, correct, err = trainer.Step(X, y)
		d2l.Check(err)
	}
	fmt.Println(correct, "of", y.Size(), "are correct, mean loss below 0.1:", lossSum/float64(y.Size()) < 0.1)
	// Output: 2 of 2 are correct, mean loss below 0.1: true
}

// One step takes lr times the gradient from each parameter. All values are zero
// here but the biases' gradient: half a unit up for the label, half a unit down for
// the other class.
func ExampleSGD() {
	net := d2l.NewNet(d2l.Dense{Units: 2})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.1)))
	_, _, err := trainer.Step(tensors.FromValue([][]float32{{0, 0}}), tensors.FromValue([]int32{0}))
	d2l.Check(err)
	biases := net.Parameters()[1]
	fmt.Printf("%.2f\n", d2l.Must(biases.Value()).Value())
	// Output: [0.05 -0.05]
}

// The same step in the reader's own loop.
func ExampleTrainer() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.9)))
	metric := d2l.NewAccumulator(3) // Sum of losses, correct predictions, examples.
	for batch, err := range (FirstBatches{trainIter, 4}).Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		lossSum, correct, err := trainer.Step(X, y)
		d2l.Check(err)
		metric.Add(lossSum, correct, float64(y.Size()))
	}
	fmt.Println(metric[2], "examples seen, mean loss above 2:", metric[0]/metric[2] > 2)
	// Output: 1024 examples seen, mean loss above 2: true
}

// On two devices, each with one half of every batch, the loss is that of one. On
// a machine with GPUs the devices would be d2l.TryAllGPUs().
func ExampleNewTrainer() {
	trainIter, _ := d2l.LoadDataFashionMnist(256)
	var losses []float64
	for _, devices := range [][]d2l.Device{{d2l.CPU(0)}, {d2l.CPU(0), d2l.CPU(1)}} {
		d2l.Seed(1)
		net := lenet.New()
		d2l.Check(net.Initialize(devices[0], d2l.Xavier))
		trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.9), devices...))
		metric := d2l.NewAccumulator(2) // Sum of losses, examples.
		for batch, err := range (FirstBatches{trainIter, 4}).Iter() {
			d2l.Check(err)
			lossSum, _, err := trainer.Step(batch.Inputs[0], batch.Labels[0])
			d2l.Check(err)
			metric.Add(lossSum, float64(batch.Labels[0].Size()))
		}
		losses = append(losses, metric[0]/metric[1])
		fmt.Println("trained on", d2l.Devices(devices))
	}
	fmt.Println("the same loss:", math.Abs(losses[0]-losses[1]) < 1e-4)
	// Output:
	// trained on cpu(0)
	// trained on [cpu(0), cpu(1)]
	// the same loss: true
}

func ExampleEvaluateAccuracyGPU() {
	_, testIter := d2l.LoadDataFashionMnist(256)
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	acc := d2l.Must(d2l.EvaluateAccuracyGPU(net, testIter))
	fmt.Println("by chance, about one in ten:", acc > 0.01 && acc < 0.3)
	// Output: by chance, about one in ten: true
}
