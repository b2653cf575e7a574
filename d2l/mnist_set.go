package d2l

import "fmt"

// mnistSet is a data set of MNIST's family: 60,000 images for training and 10,000
// for tests, each with a label from 0 to 9, in four files whose names and sizes
// are the same in the whole family.
type mnistSet struct {
	name                string
	train, test         *mnistFiles
	loadTrain, loadTest func() (images, labels []byte, err error)
}

// newMnistSet describes a data set that is kept in folders called folder. Each of
// urls, followed by the name of a file and .gz, is an address of that file; sums
// has the SHA-256 of the files' content. See dataFile for the remedy.
func newMnistSet(name, folder, remedy string, urls []string, sums map[string]string) *mnistSet {
	file := func(name string, size int64) dataFile {
		f := dataFile{set: folder, name: name, size: size, sha256: sums[name], remedy: remedy}
		for _, url := range urls {
			f.urls = append(f.urls, url+name+".gz")
		}
		setOf[f.sha256] = folder
		return f
	}
	part := func(name string, n int) *mnistFiles {
		return &mnistFiles{n,
			file(name+"-images-idx3-ubyte", 16+int64(n)*mnistSide*mnistSide),
			file(name+"-labels-idx1-ubyte", 8+int64(n)),
		}
	}
	set := &mnistSet{name: name, train: part("train", 60000), test: part("t10k", 10000)}
	set.loadTrain, set.loadTest = once(set.train.load), once(set.test.load)
	return set
}

// iters returns the data set in batches, for the exported function caller.
func (m *mnistSet) iters(caller string, batchSize int, resize []int) (train, test DataIter) {
	side := mnistSide
	if len(resize) > 0 {
		side = resize[0]
	}
	if batchSize <= 0 || side <= 0 || len(resize) > 1 {
		panic(fmt.Sprintf("d2l: %s needs a positive batch size and at most one positive resize, got %d and %v", caller, batchSize, resize))
	}
	return &imageIter{name: m.name + " (train)", n: m.train.n, load: m.loadTrain, shuffle: true, side: mnistSide, resize: side, batchSize: batchSize},
		&imageIter{name: m.name + " (test)", n: m.test.n, load: m.loadTest, side: mnistSide, resize: side, batchSize: batchSize}
}

// keep puts the files into the user's cache and returns their folder.
func (m *mnistSet) keep(fetch bool) (dir string, err error) {
	return keep(fetch, m.train.images, m.train.labels, m.test.images, m.test.labels)
}
