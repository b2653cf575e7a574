package d2l

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/files"
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
		if got, want := fmt.Sprint(X.Shape(), y.Shape()), fmt.Sprintf("(Float32)[%d, 1, %d, %d] (Int32)[%d]", size, side, side, size); got != want {
			t.Fatalf("batch %d is %s, expected %s", batches, got, want)
		}
		least, greatest := float32(1), float32(0)
		for _, value := range float32s(t, X) {
			least, greatest = min(least, value), max(greatest, value)
		}
		if least != 0 || greatest != 1 {
			t.Errorf("the values of batch %d go from %v to %v, expected 0 to 1", batches, least, greatest)
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

// wantMnistSet is what is known of a data set of MNIST's family.
type wantMnistSet struct {
	firstTest   []int32 // The first labels of the test set.
	train, test [10]int // Examples of each label.
}

func testMnistSet(t *testing.T, load func(batchSize int, resize ...int) (train, test DataIter), want wantMnistSet) {
	t.Helper()
	unseeded(t)
	train, test := load(256)
	if train.Len() != 235 || test.Len() != 40 {
		t.Errorf("%d training and %d test batches, expected 235 and 40", train.Len(), test.Len())
	}
	inOrder := labelsOf(t, test, 256, 16, 28)
	if got := inOrder[:len(want.firstTest)]; !slices.Equal(got, want.firstTest) {
		t.Errorf("the test labels begin with %v, expected %v", got, want.firstTest)
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
		if got := counts(labels); got != want.train {
			t.Errorf("the %s epoch has %v examples of the labels, expected %v", name, got, want.train)
		}
	}
	if got := counts(inOrder); got != want.test {
		t.Errorf("the test set has %v examples of the labels, expected %v", got, want.test)
	}
}

func testKeepMnistSet(t *testing.T, keep func(fetch bool) (string, error), firstTest []byte) {
	t.Helper()
	found := must(keep(false))(t)
	places(t)
	t.Setenv("D2L_DATA", found)
	dir := must(keep(false))(t)
	if dir == found {
		t.Fatalf("kept in %s, expected the cache of the test", dir)
	}
	wantFiles(t, dir, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
	labels := must(os.ReadFile(filepath.Join(dir, "t10k-labels-idx1-ubyte")))(t)
	if got := labels[8 : 8+len(firstTest)]; !bytes.Equal(got, firstTest) {
		t.Errorf("the kept labels begin with % x, expected % x", got, firstTest)
	}
}

// Labels where images belong are refused by their content.
func TestMnistFilesSwapped(t *testing.T) {
	data, _ := places(t)
	labels := []byte("\x00\x00\x08\x01\x00\x00\x00\x02\x09\x02")
	f := func(name string) dataFile {
		f := sampleFile()
		f.name = name
		return f
	}
	m := &mnistFiles{2, f("images"), f("labels")}
	put(t, filepath.Join(data, "images"), labels)
	_, _, err := m.load()
	wantError(t, err, filepath.Join(data, "images"), "cannot be used")

	// A file that is what the program expects but no set of images.
	put(t, filepath.Join(data, "images"), sample)
	_, _, err = m.load()
	wantError(t, err, "images: not an IDX file of bytes with 3 axes")
}

// Labels where images belong, and another data set's images, are refused.
func TestMnistSetMixedUp(t *testing.T) {
	fashion, digits := must(KeepFashionMnist(false))(t), must(KeepMnist(false))(t)
	data, _ := places(t)
	link := func(from, to string) {
		t.Helper()
		noError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		noError(t, os.Symlink(from, to))
	}
	const images, labels = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
	path := filepath.Join(data, "mnist", images)
	for want, from := range map[string]string{
		"its content has 10008 bytes, expected 7840016": filepath.Join(digits, labels),
		"it is the file of fashion-mnist":               filepath.Join(fashion, images),
	} {
		link(from, path)
		_, _, err := mnist.test.load()
		wantError(t, err, path+" cannot be used: "+want)
		noError(t, os.Remove(path))
	}

	// A folder that the user names for one set does not hide the other's.
	t.Setenv("D2L_DATA", fashion)
	link(digits, filepath.Join(must(files.CacheDir())(t), "data", "mnist"))
	var keptLabels []byte
	printed := captured(t, &os.Stderr, func() {
		var err error
		_, keptLabels, err = mnist.test.load()
		noError(t, err)
	})
	if !bytes.HasPrefix(keptLabels, []byte{7, 2, 1, 0}) {
		t.Errorf("the labels begin with % x", keptLabels[:4])
	}
	wantParts(t, printed, "has no "+images+" of mnist; it is read from "+filepath.Join(must(files.CacheDir())(t), "data", "mnist", images))
}
