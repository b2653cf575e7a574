package d2l

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"weak"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// pair is a batch in the memory of the host.
type pair struct {
	X     []float32
	y     []int32
	shape string
}

// epoch returns the batches of one epoch. Given a device, it checks that X is there.
func epoch(t *testing.T, it DataIter, device ...Device) (batches []pair) {
	t.Helper()
	for batch, err := range it.Iter() {
		noError(t, err)
		X, y := batch.Inputs[0], batch.Labels[0]
		for _, d := range device {
			wantOn(t, X, d)
		}
		batches = append(batches, pair{float32s(t, X), must(tensors.CopyFlatData[int32](y))(t), ShapeOf(X).String()})
	}
	return batches
}

func wantOn(t *testing.T, X *tensors.Tensor, device Device) {
	t.Helper()
	backend, number, err := device.Backend()
	noError(t, err)
	if got := must(X.Backend())(t); got != backend {
		t.Fatalf("X belongs to %v, expected %v", got, device)
	}
	if got := must(X.Device())(t); got != number {
		t.Fatalf("X is on device %d of the backend, expected %v", got, device)
	}
}

// wantSame checks that batches are the same bit for bit.
func wantSame(t *testing.T, what string, got, want []pair) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d batches, expected %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i].shape != want[i].shape || !slices.Equal(got[i].X, want[i].X) || !slices.Equal(got[i].y, want[i].y) {
			t.Errorf("%s: batch %d of shape %s differs from the host's of shape %s", what, i, got[i].shape, want[i].shape)
		}
	}
}

// Batches from a device are the host's, in the same shuffled order, and the last
// one is as small.
func TestOnDevice(t *testing.T) {
	unseeded(t)
	for _, shuffle := range []bool{false, true} {
		it := quadrants(50, 16, shuffle)
		Seed(5)
		first, second := epoch(t, it), epoch(t, it)
		if slices.Equal(first[0].y, second[0].y) == shuffle {
			t.Errorf("shuffle %v, and two epochs begin with the labels %v and %v", shuffle, first[0].y, second[0].y)
		}
		for _, device := range []Device{testDevice(), otherDevice(), {platform: xla.Go}} {
			onDevice := OnDevice(it, device)
			if onDevice.Len() != it.Len() || onDevice.Name() != it.Name() {
				t.Errorf("%q of %d batches has become %q of %d", it.Name(), it.Len(), onDevice.Name(), onDevice.Len())
			}
			Seed(5)
			wantSame(t, device.String(), epoch(t, onDevice, device), first)
			wantSame(t, device.String()+" in the second epoch", epoch(t, OnDevice(it, device), device), second)
		}
	}
	if none := epoch(t, OnDevice(quadrants(0, 16, false), testDevice())); len(none) != 0 {
		t.Errorf("%d batches of no examples", len(none))
	}
}

// The same with the chapter's data, where every value of a byte occurs.
func TestOnDeviceFashionMnist(t *testing.T) {
	_, test := LoadDataFashionMnist(384)
	wantSame(t, "the test set", epoch(t, OnDevice(test, testDevice()), testDevice()), epoch(t, test))
}

// A device keeps its own copy of the images, which is made once.
func TestOnDeviceCopiesOnce(t *testing.T) {
	it := quadrants(20, 8, false)
	want := epoch(t, OnDevice(it, testDevice()))
	images, _, err := it.load()
	noError(t, err)
	clear(images)
	wantSame(t, "after the host's images are gone", epoch(t, OnDevice(it, testDevice())), want)
	if got := epoch(t, OnDevice(it, otherDevice())); slices.Max(got[0].X) != 0 {
		t.Error("another device has not the host's images")
	}
}

// What the loop has done with goes from the device's memory, and what it keeps stays.
func TestOnDeviceGivesMemoryBack(t *testing.T) {
	const n = gcThreshold / (8 * 8 * 4) // Images in so much memory.
	it := OnDevice(quadrants(n, n/8, false), testDevice())
	var used []weak.Pointer[tensors.Tensor]
	var kept *tensors.Tensor
	for range 3 {
		for batch, err := range it.Iter() {
			noError(t, err)
			used = append(used, weak.Make(batch.Inputs[0]))
			if kept == nil {
				kept = batch.Inputs[0]
			}
		}
	}
	there := 0
	for _, X := range used {
		if X.Value() != nil {
			there++
		}
	}
	if there > 12 {
		t.Errorf("%d of %d batches are still in memory, expected no more than 12", there, len(used))
	}
	if X := float32s(t, kept); len(X) != n/8*64 || slices.Max(X) == 0 {
		t.Errorf("the batch that was kept has %d values, the maximum %v", len(X), slices.Max(X))
	}
}

// A batch that only a step or an output sees is freed after it.
func TestOnDeviceFreesBatches(t *testing.T) {
	inLoops(t, 0)
	data := quadrants(40, 16, false)
	net := smallNet()
	noError(t, net.Initialize(testDevice(), Xavier))
	for _, err := range net.ForwardEach(data) {
		noError(t, err)
	}
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	for range trainer.Steps(data, nil) {
	}
	noError(t, trainer.Err())
	if images := data.onDevice[testDevice()]; images == nil || images.given.Load() != 0 {
		t.Errorf("batches are still in memory: %+v", images)
	}
}

// An error ends the iteration and leaves nothing behind: the next epoch tries again.
func TestOnDeviceErrors(t *testing.T) {
	it := quadrants(6, 4, false)
	load := it.load
	it.load = func() ([]byte, []byte, error) { return nil, nil, os.ErrNotExist }
	batches := func(device Device) (n int, err error) {
		for _, e := range OnDevice(it, device).Iter() {
			n, err = n+1, e
		}
		return n, err
	}
	n, err := batches(testDevice())
	wantError(t, err, "quadrants: file does not exist")
	if n != 1 || len(it.onDevice) != 0 {
		t.Errorf("%d batches after an error, and %d devices keep images", n, len(it.onDevice))
	}
	it.load = load
	if n, err := batches(testDevice()); n != 2 || err != nil {
		t.Errorf("%d batches and error %v once the file is there", n, err)
	}

	n, err = batches(missingDevice())
	wantError(t, err, "quadrants: ", missingDevice().String(), "numbered from 0")
	if n != 1 || len(it.onDevice) != 1 {
		t.Errorf("%d batches after an error, and %d devices keep images", n, len(it.onDevice))
	}
}

// If a device refuses the images, the next epoch tries again.
func TestOnDeviceCopyFails(t *testing.T) {
	backend, _, err := testDevice().Backend()
	noError(t, err)
	freshBackends(t)
	xla.Swap(map[xla.Platform]compute.Backend{testDevice().platform: fullBackend{backend}})
	it := quadrants(6, 4, false)
	for _, err := range OnDevice(it, testDevice()).Iter() {
		wantError(t, err, "quadrants: putting the images on "+testDevice().String()+": out of memory")
	}
	if len(it.onDevice) != 0 {
		t.Errorf("%d devices keep images", len(it.onDevice))
	}
	xla.Swap(map[xla.Platform]compute.Backend{testDevice().platform: backend})
	wantSame(t, "once there is room", epoch(t, OnDevice(it, testDevice())), epoch(t, it))
}

// fullBackend has no memory for what comes from the host.
type fullBackend struct{ compute.Backend }

func (fullBackend) BufferFromFlatData(compute.DeviceNum, any, shapes.Shape) (compute.Buffer, error) {
	return nil, errors.New("out of memory")
}

// The loop may end early, and start again.
func TestOnDeviceBreak(t *testing.T) {
	it := OnDevice(quadrants(50, 16, false), testDevice())
	for range 2 {
		for batch, err := range it.Iter() {
			noError(t, err)
			if got := batch.Labels[0].Size(); got != 16 {
				t.Errorf("the first batch has %d labels", got)
			}
			break
		}
	}
}

// What a device cannot keep is returned as it is.
func TestOnDeviceOthers(t *testing.T) {
	plain := quadrants(8, 4, false)
	for what, c := range map[string]struct {
		it      DataIter
		devices []Device
	}{
		"one's own, again":  {OnDevice(failing{plain}), []Device{testDevice()}},
		"several devices":   {plain, []Device{testDevice(), otherDevice()}},
		"no device":         {plain, nil},
		"those on a device": {OnDevice(plain, testDevice()), []Device{testDevice()}},
	} {
		if got := OnDevice(c.it, c.devices...); got != c.it {
			t.Errorf("%s: OnDevice returned %T, expected what it was given", what, got)
		}
	}
	if got := OnDevice(plain, testDevice()); got == DataIter(plain) {
		t.Error("images that a device could keep were left on the host")
	}
}

func TestLoopSize(t *testing.T) {
	for given, want := range map[string]int{"": 50, "1": 0, "7": 7, "no": 50, "0": 50} {
		t.Setenv(stepsVariable, given)
		said := d2ltest.Captured(t, &os.Stderr, func() {
			if got := loopSize(GPU(0)); got != want {
				t.Errorf("%s=%s: %d batches in a program, expected %d", stepsVariable, given, got, want)
			}
		})
		if refused := strings.Contains(said, "not the number of steps in a program, from 1: it is 50"); refused != (given == "no" || given == "0") {
			t.Errorf("%s=%s: %s", stepsVariable, given, said)
		}
		if got := loopSize(CPU(0)); got != 0 {
			t.Errorf("on the CPU %d batches are a program", got)
		}
	}
}
