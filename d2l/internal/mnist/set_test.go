package mnist

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/d2l-go/book/d2l/internal/files"
)

// firstTest has the first labels of the test parts.
var firstTest = map[*Set][]byte{
	FashionMNIST: {9, 2, 1, 1, 6, 1, 4, 6, 5, 7},
	MNIST:        {7, 2, 1, 0, 4, 1, 4, 9, 5, 9},
}

// samplePart is a part whose files would both have the sample's content.
func samplePart() *Part {
	p := &Part{N: 2, images: sampleFile(), labels: sampleFile()}
	p.images.name, p.labels.name = "images", "labels"
	return p
}

func TestPartRefuses(t *testing.T) {
	data, _ := testDirs(t)
	put(t, filepath.Join(data, "images"), []byte("\x00\x00\x08\x01\x00\x00\x00\x02\x09\x02"))
	_, _, err := samplePart().Load()
	wantError(t, err, filepath.Join(data, "images"), "cannot be used")

	// A file that is what the program expects but has no images.
	put(t, filepath.Join(data, "images"), sample)
	_, _, err = samplePart().Load()
	wantError(t, err, "images: not an IDX file of bytes with 3 axes")
}

// A failure is not kept, but files that were read once are not read again.
func TestPartLoadsOnce(t *testing.T) {
	data, _ := testDirs(t)
	p := &Part{N: 2}
	for _, c := range []struct {
		f       *file
		content []byte
	}{
		{&p.images, idxFile([]int{2, Side, Side}, make([]byte, 2*Side*Side))},
		{&p.labels, idxFile([]int{2}, []byte{3, 4})},
	} {
		*c.f = file{set: "d2l-test-set", name: digest(c.content), size: int64(len(c.content)), sha256: digest(c.content)}
		_, _, err := p.Load()
		wantError(t, err, digest(c.content)+" of d2l-test-set is not on this machine")
		put(t, filepath.Join(data, c.f.name), c.content)
	}
	for range 2 {
		images, labels, err := p.Load()
		noError(t, err)
		if len(images) != 2*Side*Side || !bytes.Equal(labels, []byte{3, 4}) {
			t.Errorf("%d pixels and the labels % x", len(images), labels)
		}
		noError(t, os.RemoveAll(data))
	}
}

// What is released stays for those who use it, and is read again when nobody does.
func TestPartRelease(t *testing.T) {
	data, _ := testDirs(t)
	p := &Part{N: 2}
	pixels := bytes.Repeat([]byte{7}, 2*Side*Side)
	for f, content := range map[*file][]byte{&p.images: idxFile([]int{2, Side, Side}, pixels), &p.labels: idxFile([]int{2}, []byte{3, 4})} {
		*f = file{set: "d2l-test-set", name: digest(content), size: int64(len(content)), sha256: digest(content)}
		put(t, filepath.Join(data, f.name), content)
	}
	load := func() []byte {
		images, labels, err := p.Load()
		noError(t, err)
		if !bytes.Equal(images, pixels) || !bytes.Equal(labels, []byte{3, 4}) {
			t.Errorf("%d pixels and the labels % x", len(images), labels)
		}
		return images
	}
	p.Release() // There is nothing yet.
	images := load()
	p.Release()
	runtime.GC()
	if again := load(); &again[0] != &images[0] {
		t.Error("images in use were read again")
	}
	runtime.KeepAlive(images)
	p.Release()
	runtime.GC()
	load()
	p.Release()
	runtime.GC()
	noError(t, os.Remove(filepath.Join(data, p.images.name)))
	_, _, err := p.Load()
	wantError(t, err, "is not on this machine")
}

func TestTrainLabels(t *testing.T) {
	for set, want := range map[*Set][]byte{
		FashionMNIST: {9, 0, 0, 3, 0, 2, 7, 2, 5, 5},
		MNIST:        {5, 0, 4, 1, 9, 2, 1, 3, 1, 4},
	} {
		images, labels, err := set.Train.Load()
		noError(t, err)
		if !bytes.HasPrefix(labels, want) || len(labels) != set.Train.N || len(images) != set.Train.N*Side*Side {
			t.Errorf("%s: %d labels that begin with % x, %d pixels", set.Name, len(labels), labels[:10], len(images))
		}
	}
}

// A folder that the user names for one set does not hide the other's.
func TestFolderOfAnotherSet(t *testing.T) {
	fashion, digits := must(FashionMNIST.Keep(false))(t), must(MNIST.Keep(false))(t)
	testDirs(t)
	t.Setenv("D2L_DATA", fashion)
	cache := filepath.Join(must(files.CacheDir())(t), "data", "mnist")
	noError(t, os.MkdirAll(filepath.Dir(cache), 0o755))
	noError(t, os.Symlink(digits, cache))
	f := MNIST.Test.labels
	var content []byte
	printed := captured(t, &os.Stderr, func() { content = must(f.load())(t) })
	if !bytes.HasPrefix(content[8:], firstTest[MNIST]) {
		t.Errorf("the labels begin with % x", content[8:18])
	}
	wantParts(t, printed, "has no "+f.String()+"; it is read from "+filepath.Join(cache, f.name))
}

// No file of MNIST or Fashion-MNIST is taken for another.
func TestFilesForOthers(t *testing.T) {
	type real struct {
		file
		path string
	}
	var all []real
	for _, set := range []*Set{FashionMNIST, MNIST} {
		dir := must(set.Keep(false))(t)
		for _, f := range set.files() {
			all = append(all, real{f, filepath.Join(dir, f.name)})
		}
	}
	for _, f := range all {
		for _, r := range all {
			t.Run(fmt.Sprintf("%s for %s", r, f), func(t *testing.T) {
				data, _ := testDirs(t)
				path := filepath.Join(data, f.set, f.name)
				noError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				noError(t, os.Symlink(r.path, path))
				content, _, err := f.find()
				switch {
				case r.path == f.path:
					noError(t, err)
				case r.name == f.name:
					wantError(t, err, path+" cannot be used: it is the file of "+r.set, "delete it")
				default:
					wantError(t, err, path+" cannot be used: its content has ", "bytes, expected", "delete it")
				}
				if err != nil && (content != nil || errors.Is(err, fs.ErrNotExist)) {
					t.Errorf("%d bytes and error %v", len(content), err)
				}
			})
		}
	}
}

func TestSetKeep(t *testing.T) {
	for set, want := range firstTest {
		t.Run(set.Name, func(t *testing.T) {
			found := must(set.Keep(false))(t)
			testDirs(t)
			t.Setenv("D2L_DATA", found)
			dir := must(set.Keep(false))(t)
			if dir == found || filepath.Base(dir) != filepath.Base(found) {
				t.Fatalf("kept in %s, expected the cache of the test", dir)
			}
			wantFiles(t, dir, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
				"train-images-idx3-ubyte", "train-labels-idx1-ubyte")
			labels := must(os.ReadFile(filepath.Join(dir, "t10k-labels-idx1-ubyte")))(t)
			if !bytes.HasPrefix(labels[8:], want) {
				t.Errorf("the kept labels begin with % x, expected % x", labels[8:18], want)
			}
		})
	}
}

// The error of a file that is missing says how to get it.
func TestMNISTMissing(t *testing.T) {
	data, cache := testDirs(t)
	url, _ := serve(t, http.NotFound)
	f := MNIST.Train.images
	f.urls = []string{url}
	_, err := f.load()
	wantError(t, err, "train-images-idx3-ubyte of mnist is not on this machine", data,
		filepath.Join(filepath.Dir(cache), "mnist"), "run scripts/setup", "Go module proxy", "D2L_DATA", url)
}
