package d2l

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

func TestFashionMnist(t *testing.T) {
	testMnistSet(t, LoadDataFashionMnist, wantMnistSet{
		firstTest: []int32{9, 2, 1, 1, 6, 1, 4, 6, 5, 7},
		train:     [10]int{6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000},
		test:      [10]int{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000},
	})
}

func TestFashionMnistUnseeded(t *testing.T) {
	train, _ := LoadDataFashionMnist(64)
	first := func() []int32 {
		for batch, err := range train.Iter() {
			noError(t, err)
			return must(tensors.CopyFlatData[int32](batch.Labels[0]))(t)
		}
		return nil
	}
	if slices.Equal(first(), first()) {
		t.Error("two epochs begin with the same labels")
	}
}

func TestFashionMnistResized(t *testing.T) {
	batchOf := func(resize ...int) *tensors.Tensor {
		_, test := LoadDataFashionMnist(7, resize...)
		for batch, err := range test.Iter() {
			noError(t, err)
			return batch.Inputs[0]
		}
		return nil
	}
	plain := float32s(t, batchOf())
	for _, side := range []int{96, 28, 14} {
		X := batchOf(side)
		if got, want := ShapeOf(X).String(), fmt.Sprintf("(7, 1, %d, %d)", side, side); got != want {
			t.Fatalf("X is %s, expected %s", got, want)
		}
		resized := float32s(t, X)
		if slices.Min(resized) < 0 || slices.Max(resized) > 1 {
			t.Errorf("resized to %d, the values go from %v to %v", side, slices.Min(resized), slices.Max(resized))
		}
		// Each quarter of each picture is as bright as before.
		for i := range 7 {
			for q := range 4 {
				before, after := quarter(plain[i*28*28:], 28, q), quarter(resized[i*side*side:], side, q)
				if d := before - after; d > 0.02 || d < -0.02 {
					t.Errorf("resized to %d, quarter %d of image %d has mean %.3f, before %.3f", side, q, i, after, before)
				}
			}
		}
	}
}

// Images are enlarged batch by batch: however many have gone by, no more is in memory
// than the images as they are stored and a batch or two of 26 MB. All of those that go
// by here would be 300 MB, all there are 12 GB.
func TestFashionMnistResizedInFlatMemory(t *testing.T) {
	heap := func() float64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc) / 1e6
	}
	plain, _ := LoadDataFashionMnist(128)
	for range plain.Iter() { // The files are read now.
		break
	}
	base, most, batches := heap(), 0.0, 0
	enlarged, _ := LoadDataFashionMnist(128, 224)
	for batch, err := range enlarged.Iter() {
		noError(t, err)
		most = max(most, heap()-base)
		runtime.KeepAlive(batch)
		if batches++; batches == 12 {
			break
		}
	}
	if most < 20 || most > 60 {
		t.Errorf("going through enlarged images takes %.0f MB, expected the 26 MB of a batch, or two", most)
	}
}

// quarter returns the mean of one quarter of a picture.
func quarter(values []float32, side, q int) float64 {
	sum := 0.0
	for row := range side / 2 {
		for col := range side / 2 {
			sum += float64(values[(row+q/2*side/2)*side+col+q%2*side/2])
		}
	}
	return sum / float64(side*side/4)
}

func TestLoadDataFashionMnistMisuse(t *testing.T) {
	wantPanic(t, func() { LoadDataFashionMnist(0) }, "positive batch size")
	wantPanic(t, func() { LoadDataFashionMnist(-1) }, "positive batch size")
	wantPanic(t, func() { LoadDataFashionMnist(256, 0) }, "positive resize")
	wantPanic(t, func() { LoadDataFashionMnist(256, 96, 96) }, "at most one")
}

// An error ends the iteration, and the next epoch tries again.
func TestImageIterError(t *testing.T) {
	good := false
	it := quadrants(4, 2, false)
	load := it.load
	it.load = once(func() ([]byte, []byte, error) {
		if !good {
			return nil, nil, os.ErrNotExist
		}
		return load()
	})
	batches := func() (n int, err error) {
		for _, e := range it.Iter() {
			n, err = n+1, e
		}
		return n, err
	}
	n, err := batches()
	wantError(t, err, "quadrants: file does not exist")
	if n != 1 {
		t.Errorf("%d batches after an error", n)
	}
	good = true
	if n, err := batches(); n != 2 || err != nil {
		t.Errorf("%d batches and error %v once the file is there", n, err)
	}
	good = false // Read once is read for good.
	if n, err := batches(); n != 2 || err != nil {
		t.Errorf("%d batches and error %v", n, err)
	}
}

func TestKeepFashionMnist(t *testing.T) {
	testKeepMnistSet(t, KeepFashionMnist, []byte{9, 2, 1, 1, 6, 1, 4, 6, 5, 7})
}

func TestGetFashionMnistLabelsMisuse(t *testing.T) {
	for _, label := range []int{-1, 10} {
		wantPanic(t, func() { GetFashionMnistLabels(0, label) }, fmt.Sprintf("no label %d", label))
	}
}
