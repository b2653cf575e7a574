// Package mnist finds, verifies, downloads and reads the files of MNIST and of Fashion-MNIST.
package mnist

import (
	"fmt"
	"runtime/debug"
	"sync"
	"unsafe"
	"weak"
)

// Side is the height and width of an image.
const Side = 28

// A Set is a data set of MNIST's family: 60,000 images for training and 10,000 for testing, each with a label from 0
// to 9, in four files whose names and sizes are the same in the whole family.
type Set struct {
	Name        string
	Train, Test *Part
}

// A Part is the training or the test part of a data set.
type Part struct {
	N              int // Examples.
	images, labels file

	mutex        sync.Mutex
	pixels, tags []byte // Once they are loaded.
	released     weak.Pointer[byte]
}

// newSet describes a data set that is kept in folders called folder. Each of urls, followed by the name of a file and
// .gz, is an address of that file. See file for the remedy.
func newSet(name, folder, remedy string, urls ...string) *Set {
	describe := func(name string, size int) file {
		f := file{set: folder, name: name, size: int64(size), sha256: sha256s[folder][name], remedy: remedy}
		for _, url := range urls {
			f.urls = append(f.urls, url+name+".gz")
		}
		return f
	}
	part := func(name string, n int) *Part {
		return &Part{
			N:      n,
			images: describe(name+"-images-idx3-ubyte", 16+n*Side*Side),
			labels: describe(name+"-labels-idx1-ubyte", 8+n),
		}
	}
	return &Set{name, part("train", 60000), part("t10k", 10000)}
}

// Keep finds and verifies the files, or, if fetch is set, fetches those that are missing, and puts uncompressed copies
// into the user's cache. It returns their folder.
func (s *Set) Keep(fetch bool) (dir string, err error) {
	for _, f := range s.files() {
		if dir, err = f.keep(fetch); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func (s *Set) files() []file {
	return []file{s.Train.images, s.Train.labels, s.Test.images, s.Test.labels}
}

// Load returns the images, N · Side · Side bytes, and their N labels. After the first success it returns the same
// bytes, until Release; a failure is not kept, so that the next cell or epoch finds a file that has been put right.
func (p *Part) Load() (images, labels []byte, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if first := p.released.Value(); p.pixels == nil && first != nil {
		p.pixels = unsafe.Slice(first, p.N*Side*Side)
	}
	if p.pixels == nil {
		if images, err = p.images.readIDX(p.N, Side, Side); err != nil {
			return nil, nil, err
		}
		if labels, err = p.labels.readIDX(p.N); err != nil {
			return nil, nil, err
		}
		p.pixels, p.tags = images, labels
	}
	return p.pixels, p.tags, nil
}

// Release is for who has a copy of the images elsewhere, such as on a device: unless someone still uses them, the
// garbage collector may have them. Then the next Load reads their file again.
func (p *Part) Release() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.pixels == nil {
		return
	}
	p.released, p.pixels = weak.Make(&p.pixels[0]), nil
	debug.FreeOSMemory() // Otherwise Go goes on with twice as much.
}

// readIDX loads the file and returns its values, which must have that shape.
func (f file) readIDX(shape ...int) ([]byte, error) {
	content, err := f.load()
	if err != nil {
		return nil, err
	}
	values, err := readIDX(content, shape...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return values, nil
}
