package d2l

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// labelsOf returns the labels of an epoch and checks the batches on the way.
func labelsOf(t *testing.T, it DataIter, batchSize, last, side int) []int32 {
	t.Helper()
	var all []int32
	batches := 0
	for batch, err := range it.Iter() {
		noError(t, err)
		batches++
		size := batchSize
		if batches == it.Len() {
			size = last
		}
		X, y := batch.Inputs[0], batch.Labels[0]
		want := fmt.Sprintf("(Float32)[%d, 1, %d, %d] (Int32)[%d]", size, side, side, size)
		if got := fmt.Sprint(X.Shape(), y.Shape()); got != want {
			t.Fatalf("batch %d is %s, expected %s", batches, got, want)
		}
		values := float32s(t, X)
		if lo, hi := slices.Min(values), slices.Max(values); lo != 0 || hi != 1 {
			t.Errorf("the values of batch %d go from %v to %v, expected 0 to 1", batches, lo, hi)
		}
		all = append(all, must(tensors.CopyFlatData[int32](y))(t)...)
	}
	if batches != it.Len() {
		t.Errorf("%d batches, expected %d", batches, it.Len())
	}
	return all
}

// counts returns how many examples there are of each label.
func counts(labels []int32) (n [10]int) {
	for _, label := range labels {
		n[label]++
	}
	return n
}

// mnistSets are the data sets, and what is known of them.
var mnistSets = map[string]struct {
	load        func(batchSize int, resize ...int) (train, test DataIter)
	keep        func(fetch bool) (dir string, err error)
	firstTest   []int32 // The first labels of the test set.
	train, test [10]int // Examples of each label.
}{
	"fashion-mnist": {
		LoadDataFashionMnist, KeepFashionMnist, []int32{9, 2, 1, 1, 6, 1, 4, 6, 5, 7},
		[10]int{6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000},
		[10]int{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000},
	},
	"mnist": {
		LoadDataMnist, KeepMnist, []int32{7, 2, 1, 0, 4, 1, 4, 9, 5, 9},
		[10]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
		[10]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
	},
}

// needsData skips a test where there are neither the files of a data set nor the sources, whose set-up fetches them.
func needsData(t *testing.T, keep func(fetch bool) (dir string, err error)) {
	t.Helper()
	if _, err := keep(false); err != nil && !d2ltest.HasSources() {
		t.Skip(err)
	}
}

func TestMnistSets(t *testing.T) {
	for name, set := range mnistSets {
		t.Run(name, func(t *testing.T) {
			needsData(t, set.keep)
			unseeded(t)
			train, test := set.load(256)
			if train.Len() != 235 || test.Len() != 40 {
				t.Errorf("%d training and %d test batches, expected 235 and 40", train.Len(), test.Len())
			}
			inOrder := labelsOf(t, test, 256, 16, 28)
			if got := inOrder[:len(set.firstTest)]; !slices.Equal(got, set.firstTest) {
				t.Errorf("the test labels begin with %v, expected %v", got, set.firstTest)
			}
			Seed(1)
			first := labelsOf(t, train, 256, 96, 28)
			second := labelsOf(t, train, 256, 96, 28)
			if slices.Equal(first, second) {
				t.Error("two epochs have the same order")
			}
			Seed(1)
			if !slices.Equal(first, labelsOf(t, train, 256, 96, 28)) {
				t.Error("the same seed gives another order")
			}
			for name, labels := range map[string][]int32{"first": first, "second": second} {
				if got := counts(labels); got != set.train {
					t.Errorf("the %s epoch has %v examples of the labels, expected %v", name, got, set.train)
				}
			}
			if got := counts(inOrder); got != set.test {
				t.Errorf("the test set has %v examples of the labels, expected %v", got, set.test)
			}
			if dir := must(set.keep(false))(t); filepath.Base(dir) != name {
				t.Errorf("it is kept in %s", dir)
			}
		})
	}
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

// Images are resized batch by batch, so memory holds no more than the stored images and a batch or two of 26 MB. The
// batches of this test would take 300 MB together, the whole set 12 GB.
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
	base, maxHeap, batches := heap(), 0.0, 0
	enlarged, _ := LoadDataFashionMnist(128, 224)
	for batch, err := range enlarged.Iter() {
		noError(t, err)
		maxHeap = max(maxHeap, heap()-base)
		runtime.KeepAlive(batch)
		if batches++; batches == 12 {
			break
		}
	}
	if maxHeap < 20 || maxHeap > 60 {
		t.Errorf("going through enlarged images takes %.0f MB, expected the 26 MB of a batch, or two", maxHeap)
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

func TestMnistOnDevice(t *testing.T) {
	needsData(t, KeepMnist)
	_, test := LoadDataMnist(384)
	onDevice := OnDevice(test, testDevice())
	if _, ok := onDevice.(*deviceIter); !ok {
		t.Fatalf("the batches come from the host, by %T", onDevice)
	}
	wantSame(t, "the test set", epoch(t, onDevice, testDevice()), epoch(t, test))
	_, resized := LoadDataMnist(500, 14)
	first, _, err := test.(*imageIter).imagesOn(testDevice())
	noError(t, err)
	second, _, err := resized.(*imageIter).imagesOn(testDevice())
	noError(t, err)
	if first.bytes != second.bytes {
		t.Error("two iterators over one data set have two copies of it on the device")
	}
}

func TestMnistResized(t *testing.T) {
	needsData(t, KeepMnist)
	train, test := LoadDataMnist(2000, 14)
	if train.Name() != "MNIST (train)" || test.Name() != "MNIST (test)" {
		t.Errorf("the names are %q and %q", train.Name(), test.Name())
	}
	labelsOf(t, test, 2000, 2000, 14)
}

func TestMnistSetsMisuse(t *testing.T) {
	for function, load := range map[string]func(batchSize int, resize ...int) (train, test DataIter){
		"LoadDataFashionMnist": LoadDataFashionMnist, "LoadDataMnist": LoadDataMnist,
	} {
		wantPanic(t, func() { load(0) }, function+" needs a positive batch size")
		wantPanic(t, func() { load(-1) }, "positive batch size")
		wantPanic(t, func() { load(256, 0) }, "positive resize")
		wantPanic(t, func() { load(256, 96, 96) }, "at most one")
	}
}

func TestGetFashionMnistLabelsMisuse(t *testing.T) {
	for _, label := range []int{-1, 10} {
		wantPanic(t, func() { GetFashionMnistLabels(0, label) }, fmt.Sprintf("no label %d", label))
	}
}
