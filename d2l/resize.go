package d2l

import (
	"image"
	"math"
	"runtime"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"golang.org/x/image/draw"
)

// Images are resized on the host by x/image, and on a device by the same rule: bilinear interpolation, with a kernel
// that is as wide as a new pixel where they shrink, in numbers of 16 bits that are cut to 8.

// resizeTo writes the resized examples into X, on all cores. They go through colour images, since x/image is twice as
// fast with these as with grey ones.
func (it *imageIter) resizeTo(X []float32, images []byte, examples []int) {
	before, after := image.Rect(0, 0, it.side, it.side), image.Rect(0, 0, it.resize, it.resize)
	scaler := draw.BiLinear.NewScaler(after.Dx(), after.Dy(), before.Dx(), before.Dy())
	workers := min(runtime.GOMAXPROCS(0), len(examples))
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			resized, pixels := image.NewRGBA(after), it.resize*it.resize
			for i := worker; i < len(examples); i += workers {
				source := &image.Gray{Pix: images[examples[i]*it.side*it.side:], Stride: it.side, Rect: before}
				scaler.Scale(resized, after, source, before, draw.Src, nil)
				for p := range pixels {
					X[i*pixels+p] = scaled[resized.Pix[4*p]] // Its red.
				}
			}
		})
	}
	working.Wait()
}

// resized adds resizing to the graph of some images, float32 (images, side·side), whose values are bytes.
func (f imageForm) resized(x *graph.Node) *graph.Node {
	g, n := x.Graph(), x.Shape().Dim(0)
	weights := graph.Const(g, f.weights())
	x = graph.Reshape(x, n, f.side, f.side)
	x = graph.Einsum("nij,oi->noj", x, weights)
	x = graph.Einsum("noj,pj->nop", x, weights)
	// As x/image rounds: 0x101 times a byte has 16 bits, of which the upper 8 are kept.
	x = graph.Floor(graph.AddScalar(graph.MulScalar(x, 0x101), 0.5))
	return graph.Floor(graph.MulScalar(x, 1.0/0x100))
}

// weights returns the weight of each old row in each new one, (resize, side). It is that of each column as well.
func (f imageForm) weights() [][]float32 {
	step := float64(f.side) / float64(f.resize) // From one new row to the next, in old ones.
	width := max(step, 1)
	rows := make([][]float32, f.resize)
	for i := range rows {
		center, sum := (float64(i)+0.5)*step-0.5, 0.0
		weights := make([]float64, f.side)
		for j := range weights {
			weights[j] = max(0, 1-math.Abs(float64(j)-center)/width)
			sum += weights[j]
		}
		rows[i] = make([]float32, f.side)
		for j, weight := range weights {
			rows[i][j] = float32(weight / sum)
		}
	}
	return rows
}
