package d2l

import (
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"testing"
)

// Pixels of JPEG files are Pillow's, but for the rounding of their decoders, which differ as much where the planes of
// colour are whole.
func TestReadImageAsPillow(t *testing.T) {
	var fixture struct {
		Size   [2]int
		Pixels map[string][]int
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/jpeg.json"))(t), &fixture))
	if len(fixture.Pixels) != 3 {
		t.Fatalf("the fixture has %d pictures", len(fixture.Pixels))
	}
	for name, want := range fixture.Pixels {
		picture := must(ReadImage(fmt.Sprintf("testdata/jpeg-%s.jpg", name)))(t)
		X := ToTensor(picture)
		if got := ShapeOf(X); got[2] != fixture.Size[1] || got[3] != fixture.Size[0] {
			t.Fatalf("%s has the shape %v", name, got)
		}
		const most = 4
		size := fixture.Size[0] * fixture.Size[1]
		for i, x := range float32s(t, X) {
			if w := want[i%size*3+i/size]; math.Abs(float64(x)*255-float64(w)) > most {
				t.Fatalf("%s: value %d of channel %d is %.0f, and Pillow's is %d", name, i%size, i/size, x*255, w)
			}
		}
	}
}

// Planes of half the height are those of half the width, turned.
func TestColoursOfHalfTheHeight(t *testing.T) {
	const w, h = 9, 7
	wide := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio422)
	high := image.NewYCbCr(image.Rect(0, 0, h, w), image.YCbCrSubsampleRatio440)
	for y := range h {
		for x := range w {
			high.Y[x*high.YStride+y] = byte(x*20 + y)
			wide.Y[y*wide.YStride+x] = byte(x*20 + y)
			value := byte(x/2*62 + y*13)
			wide.Cb[y*wide.CStride+x/2], high.Cb[x/2*high.CStride+y] = value, value
			wide.Cr[y*wide.CStride+x/2], high.Cr[x/2*high.CStride+y] = 255-value, 255-value
		}
	}
	a, b := smoothColours(wide), smoothColours(high)
	for y := range h {
		for x := range w {
			if a.At(x, y) != b.At(y, x) {
				t.Fatalf("at %d, %d: %v and %v", x, y, a.At(x, y), b.At(y, x))
			}
		}
	}
}
