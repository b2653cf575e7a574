package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/d2l-go/book/d2l"
)

// answer is what the worker says about one command.
type answer struct {
	Ready    string    `json:"ready,omitempty"`
	Examples int       `json:"examples,omitempty"`
	Seconds  float64   `json:"seconds,omitempty"`
	Loss     float64   `json:"loss,omitempty"`
	Losses   []float64 `json:"losses,omitempty"`
	Correct  float64   `json:"correct"`
}

// serve answers the commands of run.py; worker.py says which and how.
func serve(name, data, start string, batchSize int) error {
	recipe, ok := recipes[name]
	if !ok {
		return fmt.Errorf("the net %q is not one of nets.go", name)
	}
	net, err := newOurs(recipe.new(), recipe.optimizer, d2l.CPU(0), start)
	if err != nil {
		return err
	}
	batches, err := newBatches(data, start, batchSize)
	if err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout).Encode
	if err := say(answer{Ready: "Go " + runtime.Version()[2:] + ", GoMLX " + gomlxVersion()}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan() && lines.Text() != "quit"; {
		var command string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &command, &n); err != nil {
			return fmt.Errorf("the command %q is not train N, eval N or quit", lines.Text())
		}
		prepared, err := batches.next(n, net.net.Device())
		if err != nil {
			return err
		}
		a := answer{Examples: examples(prepared)}
		begin := time.Now()
		switch command {
		case "train":
			a.Losses, err = net.train(prepared)
		case "eval":
			a.Correct, err = net.correct(prepared)
		}
		a.Seconds = time.Since(begin).Seconds()
		if err != nil {
			return err
		}
		for _, loss := range a.Losses {
			a.Loss += loss / float64(len(a.Losses))
		}
		if err := say(a); err != nil {
			return err
		}
	}
	return nil
}

func gomlxVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/gomlx/gomlx" {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "?"
}
