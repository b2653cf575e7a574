package d2l

import (
	"bytes"
	"net/http"
	"path/filepath"
	"testing"
)

func TestMnist(t *testing.T) {
	testMnistSet(t, LoadDataMnist, wantMnistSet{
		firstTest: []int32{7, 2, 1, 0, 4, 1, 4, 9, 5, 9},
		train:     [10]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
		test:      [10]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
	})
	_, labels, err := mnist.loadTrain()
	noError(t, err)
	if want := []byte{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}; !bytes.HasPrefix(labels, want) {
		t.Errorf("the training labels begin with % x, expected % x", labels[:len(want)], want)
	}
}

func TestMnistOnDevice(t *testing.T) {
	_, test := LoadDataMnist(384)
	onDevice := OnDevice(test, CPU(1))
	if _, ok := onDevice.(*deviceIter); !ok {
		t.Fatalf("the batches come from the host, by %T", onDevice)
	}
	wantSame(t, "the test set", epoch(t, onDevice, CPU(1)), epoch(t, test))
}

// The data set goes through the code of Fashion-MNIST, which is tested in full.
func TestMnistResized(t *testing.T) {
	train, test := LoadDataMnist(2000, 14)
	if train.Name() != "MNIST (train)" || test.Name() != "MNIST (test)" {
		t.Errorf("the names are %q and %q", train.Name(), test.Name())
	}
	labelsOf(t, test, 2000, 2000, 14)
}

func TestLoadDataMnistMisuse(t *testing.T) {
	wantPanic(t, func() { LoadDataMnist(0) }, "LoadDataMnist needs a positive batch size")
	wantPanic(t, func() { LoadDataMnist(256, 0) }, "positive resize")
	wantPanic(t, func() { LoadDataMnist(256, 96, 96) }, "at most one")
}

func TestKeepMnist(t *testing.T) {
	testKeepMnistSet(t, KeepMnist, []byte{7, 2, 1, 0, 4, 1, 4, 9, 5, 9})
}

// The error of a file that is missing says how to get it.
func TestMnistMissing(t *testing.T) {
	data, cache := places(t)
	cache = filepath.Join(filepath.Dir(cache), "mnist")
	url, _ := serve(t, http.NotFound)
	missing := mnist.train.images
	missing.urls = []string{url}
	m := &mnistFiles{mnist.train.n, missing, mnist.train.labels}
	_, _, err := m.load()
	wantError(t, err, "train-images-idx3-ubyte of mnist is not on this machine", data, cache, "run scripts/setup", "Go module proxy", "D2L_DATA", url)
}
