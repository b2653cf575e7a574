package main

import (
	"encoding/json"
	"os"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// idle is a net with as many parameters as LeNet has, of one number each: there
// is next to nothing to compute, and as much to hand over.
func idle() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 1}, d2l.Dense{Units: 1}, d2l.Dense{Units: 1}, d2l.Dense{Units: 1}, d2l.Dense{Units: 1},
	})
}

// hostTime returns how long training steps of net on a single example take, in
// microseconds: from Go through GoMLX and the PJRT plugin to the device and back.
// What little there is to compute is in it, so it is an upper bound of what the
// host adds to a step of any batch size.
func hostTime(net *d2l.Net, device d2l.Device, shape ...int) (median, p99 float64, err error) {
	const steps, warmUp = 3000, 200
	ours, err := newOurs(net, d2l.SGD(lr), device, "")
	if err != nil {
		return 0, 0, err
	}
	pixels := 1
	for _, size := range shape {
		pixels *= size
	}
	var laps []float64
	for range warmUp + steps {
		batch := newBatch(make([]float32, pixels), []int32{0}, shape...)
		begin := time.Now()
		if _, _, _, err := ours.step(batch); err != nil {
			return 0, 0, err
		}
		laps = append(laps, time.Since(begin).Seconds()*1e6)
	}
	laps = laps[warmUp:]
	slices.Sort(laps)
	return laps[len(laps)/2], laps[len(laps)*99/100], nil
}

// printHostTime measures on the CPU and, given a file, writes a profile of where
// the time goes; what happens inside the plugin has the plugin's name.
func printHostTime(profile string) error {
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	times := map[string][2]float64{}
	for name, measured := range map[string]struct {
		net   *d2l.Net
		shape []int
	}{
		"LeNet on one image":                     {lenet.New(), []int{1, 28, 28}},
		"as many parameters, of one number each": {idle(), []int{1}},
	} {
		median, p99, err := hostTime(measured.net, d2l.CPU(0), measured.shape...)
		if err != nil {
			return err
		}
		times[name] = [2]float64{median, p99}
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}
