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
// more that a training with drawing took, for each point.
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
		var took [2]time.Duration
		points := 0
		for i, name := range []string{"off", "on"} {
			gonbui.IsNotebook = name == "on"
			trainIter, testIter := d2l.LoadDataFashionMnist(batchSize)
			points = epochs * (trainIter.Len()/50 + 1)
			begin := time.Now()
			result, err := d2l.TrainCh5(lenet.New(), trainIter, testIter, epochs, lr, d2l.CPU(0))
			if err != nil {
				return err
			}
			took[i] = time.Since(begin)
			rates[name] = append(rates[name], result.ExamplesPerSec)
		}
		rates["drawing"] = append(rates["drawing"], (took[1]-took[0]).Seconds()/float64(points))
	}
	return json.NewEncoder(stdout).Encode(rates)
}
