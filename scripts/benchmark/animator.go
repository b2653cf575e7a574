package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// compareAnimator trains LeNet in interleaved rounds by a bare loop, by the same loop with an
// Animator that draws what it would draw in a notebook, and by TrainCh5, and
// prints the examples a second of each, as TrainCh5 counts them: over the time of
// the steps, with compilation.
func compareAnimator(batchSize, epochs, rounds int) error {
	stdout := os.Stdout
	os.Stdout = os.Stderr // What TrainCh5 prints is not wanted.
	rates := map[string][]float64{}
	for range rounds {
		off, _, err := loop(batchSize, epochs, false)
		if err != nil {
			return err
		}
		on, drawing, err := loop(batchSize, epochs, true)
		if err != nil {
			return err
		}
		trainIter, testIter := d2l.LoadDataFashionMnist(batchSize)
		result, err := d2l.TrainCh5(lenet.New(), trainIter, testIter, epochs, lr, d2l.CPU(0))
		if err != nil {
			return err
		}
		for name, value := range map[string]float64{
			"off": off, "on": on, "drawing": drawing, "TrainCh5": result.ExamplesPerSec,
		} {
			rates[name] = append(rates[name], value)
		}
	}
	return json.NewEncoder(stdout).Encode(rates)
}

// loop returns the examples a second, and the seconds that
// drawing a point took.
func loop(batchSize, epochs int, draws bool) (rate, drawing float64, err error) {
	net, err := newOurs(lenet.New(), d2l.CPU(0), "")
	if err != nil {
		return 0, 0, err
	}
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", XLim: []float64{0, float64(epochs)},
		Legend: []string{"train loss", "train acc", "test acc"},
	})
	trainIter, _ := d2l.LoadDataFashionMnist(batchSize)
	timer := d2l.NewTimer()
	examples, points := 0.0, 0
	for epoch := range epochs {
		metric := d2l.NewAccumulator(3)
		i := 0
		for batch, err := range d2l.OnDevice(trainIter, d2l.CPU(0)).Iter() {
			if err != nil {
				return 0, 0, err
			}
			timer.Start()
			lossSum, correct, n, err := net.step(batch)
			if err != nil {
				return 0, 0, err
			}
			metric.Add(lossSum, correct, n)
			timer.Stop()
			examples += n
			if draws && (i+1)%50 == 0 {
				begin := time.Now()
				x := float64(epoch) + float64(i)/float64(trainIter.Len())
				if err := draw(animator, x, metric[0]/metric[2], metric[1]/metric[2], d2l.None); err != nil {
					return 0, 0, err
				}
				drawing += time.Since(begin).Seconds()
				points++
			}
			i++
		}
	}
	return examples / timer.Sum(), drawing / float64(max(points, 1)), nil
}

// draw adds a point and makes the two pictures that a notebook is sent for each.
func draw(animator *d2l.Animator, x float64, ys ...float64) error {
	if err := animator.Add(x, ys...); err != nil {
		return err
	}
	figure, err := animator.Figure()
	if err != nil {
		return err
	}
	if _, err := figure.SVG(); err != nil {
		return err
	}
	_, err = figure.PNG()
	return err
}
