package main

import (
	"encoding/json"
	"os"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/tensors"
)

// hostTime returns how long training steps on a single example take, in
// microseconds: from Go through GoMLX and the PJRT plugin to the device and back.
// What little there is to compute is in it, so it is an upper bound of what the
// host adds to a step of any batch size.
func hostTime(device d2l.Device, steps int, before func() error) (median, p99 float64, err error) {
	net, err := newOurs(device, "")
	if err != nil {
		return 0, 0, err
	}
	var laps []float64
	for i := range 200 + steps {
		if i == 200 { // Compiled, and the threads awake.
			if err := before(); err != nil {
				return 0, 0, err
			}
		}
		X := tensors.FromFlatDataAndDimensions(make([]float32, 784), 1, 1, 28, 28)
		y := tensors.FromFlatDataAndDimensions([]int32{0}, 1)
		begin := time.Now()
		if _, _, err := net.trainer.Step(X, y); err != nil {
			return 0, 0, err
		}
		if i >= 200 {
			laps = append(laps, time.Since(begin).Seconds()*1e6)
		}
	}
	slices.Sort(laps)
	return laps[len(laps)/2], laps[len(laps)*99/100], nil
}

// printHostTime measures on the CPU and, given a file, writes a profile of where
// Go spends the time; what happens inside the plugin shows as runtime.cgocall.
func printHostTime(profile string) error {
	median, p99, err := hostTime(d2l.CPU(0), 3000, func() error {
		if profile == "" {
			return nil
		}
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		return pprof.StartCPUProfile(file)
	})
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{"median": median, "p99": p99})
}
