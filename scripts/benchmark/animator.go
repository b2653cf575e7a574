package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/janpfeifer/gonb/gonbui"
)

// compareAnimator trains LeNet by TrainCh5 in interleaved rounds, outside a notebook and drawing as in one. It prints
// the examples a second of each, as TrainCh5 counts them: over the time of the steps, with compilation; and the seconds
// that drawing and sending a point takes.
func compareAnimator(batchSize, epochs, rounds int) error {
	stdout := os.Stdout
	os.Stdout = os.Stderr // What TrainCh5 prints is not wanted.
	end, err := asInNotebook()
	if err != nil {
		return err
	}
	defer end()
	rates := map[string][]float64{}
	for range rounds {
		for _, name := range []string{"off", "on"} {
			gonbui.IsNotebook = name == "on"
			trainIter, testIter := d2l.LoadDataFashionMnist(batchSize)
			result, err := d2l.TrainCh5(lenet.New(), trainIter, testIter, epochs, lr, d2l.CPU(0))
			if err != nil {
				return err
			}
			rates[name] = append(rates[name], result.ExamplesPerSec)
		}
		const points = 50
		animator := d2l.NewAnimator(d2l.PlotOptions{Legend: []string{"train loss", "train acc", "test acc"}})
		begin := time.Now()
		for x := range points {
			if err := animator.Add(float64(x), 1, 0.5, d2l.None); err != nil {
				return err
			}
		}
		rates["drawing"] = append(rates["drawing"], time.Since(begin).Seconds()/points)
	}
	return json.NewEncoder(stdout).Encode(rates)
}
