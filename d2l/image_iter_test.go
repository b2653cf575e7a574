package d2l

import (
	"fmt"
	"image"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/image/draw"
)

// plainlyResized returns one example of an iterator, resized alone as a grey image.
func plainlyResized(t *testing.T, it *imageIter, example int) (values []float32) {
	t.Helper()
	images, _, err := it.load()
	noError(t, err)
	source := &image.Gray{Pix: images[example*it.side*it.side:], Stride: it.side, Rect: image.Rect(0, 0, it.side, it.side)}
	resized := image.NewGray(image.Rect(0, 0, it.resize, it.resize))
	draw.BiLinear.Scale(resized, resized.Rect, source, source.Rect, draw.Src, nil)
	for _, value := range resized.Pix {
		values = append(values, float32(value)*scale)
	}
	return values
}

// Images are the same, to the byte, as resized one by one, also where several loops run over one iterator.
func TestResizedAsPlainly(t *testing.T) {
	for _, c := range []struct{ n, batchSize, resize int }{{5, 5, 224}, {41, 20, 16}, {9, 4, 3}, {3, 1, 9}, {2, 7, 1}} {
		it := quadrants(c.n, c.batchSize, false)
		it.resize = c.resize
		var want []float32
		for example := range c.n {
			want = append(want, plainlyResized(t, it, example)...)
		}
		var loops sync.WaitGroup
		for range 3 {
			loops.Go(func() {
				var got []float32
				for batch, err := range it.Iter() {
					var X []float32
					if err == nil {
						X, err = tensors.CopyFlatData[float32](batch.Inputs[0])
					}
					if err != nil {
						t.Error(err)
						return
					}
					got = append(got, X...)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d images resized to %d in batches of %d differ", c.n, c.resize, c.batchSize)
				}
			})
		}
		loops.Wait()
	}
}

// An error ends the iteration, and the next epoch tries again.
func TestImageIterError(t *testing.T) {
	it := quadrants(4, 2, false)
	load := it.load
	it.load = func() ([]byte, []byte, error) { return nil, nil, os.ErrNotExist }
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
	it.load = load
	if n, err := batches(); n != 2 || err != nil {
		t.Errorf("%d batches and error %v once the file is there", n, err)
	}
}

// The time per image of a batch of 128, by the height of its images, on the host and on a device.
func BenchmarkResize(b *testing.B) {
	for _, side := range []int{28, 96, 224} {
		_, test := LoadDataFashionMnist(128, side)
		for where, it := range map[string]DataIter{"host": test, "device": OnDevice(test, testDevice())} {
			b.Run(fmt.Sprint(side, " ", where), func(b *testing.B) {
				for b.Loop() {
					for batch, err := range it.Iter() {
						noError(b, err)
						noError(b, batch.Inputs[0].ConstBytes(func([]byte) {})) // Waits for it.
						break
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/128, "µs/image")
			})
		}
	}
}
