package d2l

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/core/tensors"
)

// held is what a process holds of what could leak.
type held struct {
	heap, resident       int64 // Bytes: Go's, and all of the process.
	goroutines           int
	buffers, executables int64 // XLA's arrays and compiled programs, which Go does not see.
}

// holding returns what this process holds once its garbage is gone.
func holding() (h held) {
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	var pages int64
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil { // Where there is one.
		fmt.Sscan(string(statm), new(int64), &pages)
	}
	return held{int64(stats.HeapAlloc), pages * int64(os.Getpagesize()), runtime.NumGoroutine(), pjrt.BuffersAlive(), pjrt.LoadedExecutablesAlive()}
}

// settled returns what the process holds once no more of it goes: XLA's memory is
// given back by and by after Go has found that it is garbage.
func settled() held {
	const still = 4 // Looks at which nothing has changed.
	last := holding()
	for same := 0; same < still; same++ {
		time.Sleep(10 * time.Millisecond)
		now := holding()
		if now.buffers < last.buffers || now.executables < last.executables || now.goroutines < last.goroutines {
			same = -1
		}
		last = now
	}
	return last
}

// wantFlat runs round often and checks that the process holds afterwards what it
// held after the first rounds: less than one array, program or goroutine more for
// every round, and in bytes less than most more for each, the compiler's own aside.
func wantFlat(t *testing.T, rounds int, most int64, round func()) {
	t.Helper()
	for range rounds {
		round()
	}
	before := settled()
	for range rounds {
		round()
	}
	after := settled()
	check := func(what string, before, after, most int64) {
		t.Helper()
		if more := after - before; more >= int64(rounds)*most {
			t.Errorf("%d rounds leave %d %s, expected less than %d", rounds, more, what, int64(rounds)*most)
		}
	}
	check("arrays on the device", before.buffers, after.buffers, 1)
	check("compiled programs", before.executables, after.executables, 1)
	check("goroutines", int64(before.goroutines), int64(after.goroutines), 1)
	check("bytes of Go's heap", before.heap, after.heap, most)
	// XLA's compiler takes memory for itself until it has compiled some hundred
	// programs, and no more then: what is compiled shows in the counts above.
	const compiler = 64 << 20
	check("bytes of the process", before.resident+compiler, after.resident, most)
}

// A process may train as many nets as it likes: new ones and the same, with
// batches of several sizes, and test them.
func TestTrainingsStayFlat(t *testing.T) {
	kept, i := denseNet(), 0
	wantFlat(t, 3, 4<<20, func() {
		for _, net := range []*Net{denseNet(), kept} {
			i++
			train, test := quadrants(24, 5+i%3, true), quadrants(8, 4, false)
			quietly(t, func() { must(TrainCh5(net, train, test, 2, Adam(0.01), testDevice()))(t) })
			must(net.Outputs(waves(1, 1, 1, 1, 8, 8)))(t)
		}
	})
}

// The steps themselves leave nothing, and neither do new Trainers of a net.
func TestStepsStayFlat(t *testing.T) {
	net, X := initialized(t)
	wantFlat(t, 3, 4<<20, func() {
		trainer := must(NewTrainer(net, Adam(0.01)))(t)
		for range 50 {
			_, _, err := trainer.Step(X, fiveLabels())
			noError(t, err)
		}
	})
}

// Steps that fail leave nothing, whatever it is that fails.
func TestFaultsStayFlat(t *testing.T) {
	net := faultyNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	trainer := must(NewTrainer(net, SGD(0.5)))(t)
	_, _, err := trainer.Step(waves(2, 1, 5, 1, 8, 8), fiveLabels())
	noError(t, err)
	for name, fault := range laterFaults() {
		rounds := 50
		if name == "a layer yields NaN" {
			rounds = 3 // Each compiles what looks for the layer.
		}
		t.Run(name, func(t *testing.T) {
			wantFlat(t, rounds, 64<<10, func() {
				_, _, err := trainer.Step(fault.X, tensors.FromFlatDataAndDimensions(slices.Clone(fault.y), len(fault.y)))
				wantError(t, err, fault.want...)
			})
		})
	}
}

// Trainings that end with an error leave nothing.
func TestDataFaultsStayFlat(t *testing.T) {
	data := quadrants(12, 4, false)
	wantFlat(t, 1, 16<<20, func() { // Of as many trainings as there are faults.
		for _, c := range spoils {
			quietly(t, func() {
				_, err := TrainCh5(denseNet(), spoiled{data, 1, c.spoil}, data, 1, 0.5, testDevice())
				wantError(t, err, c.want...)
			})
		}
	})
}
