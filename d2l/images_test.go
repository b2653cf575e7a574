package d2l

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/internal/page/pagetest"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestImages(t *testing.T) {
	grey := must(Images(tensors.FromFlatDataAndDimensions([]float32{0, 0.5, 1, 2, -1, 0.2}, 1, 1, 2, 3)))(t)
	if got := grey[0].Bounds().Size(); got != image.Pt(3, 2) {
		t.Errorf("the picture is %v, expected 3 × 2", got)
	}
	for p, want := range []uint8{0, 128, 255, 255, 0, 51} {
		if got := grey[0].At(p%3, p/3); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("pixel %d is %v, expected %d", p, got, want)
		}
	}
	rgb := must(Images(tensors.FromFlatDataAndDimensions([]float32{1, 0, 0, 1, 0.2, 0.4}, 1, 3, 1, 2)))(t)
	if got, want := rgb[0].At(1, 0), (color.RGBA{0, 255, 102, 255}); got != want {
		t.Errorf("the pixel is %v, expected %v", got, want)
	}
	wantPanic(t, func() { Images(waves(1, 1, 2, 2, 4, 4)) }, "(batch, 1 or 3, height, width)", "(2, 2, 4, 4)")
	wantPanic(t, func() { Images(waves(1, 1, 28, 28)) }, "(28, 28)")
	wantPanic(t, func() { Images(tensors.FromValue([][][][]float64{{{{1}}}})) }, "d2l: Images takes float32", "Float64")
}

// ramp is a grey picture that gets brighter to the right.
func ramp(side int) image.Image {
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for x := range side {
		for y := range side {
			picture.SetGray(x, y, color.Gray{uint8(255 * x / (side - 1))})
		}
	}
	return picture
}

func TestShowImagesGolden(t *testing.T) {
	pictures, titles := []image.Image{ramp(4), ramp(2), ramp(4)}, []string{"one\nof three", "two", "three"}
	figure := must(ShowImages(pictures, 2, 2, titles, 0.5))(t)
	svg := must(figure.SVG())(t)
	golden(t, "show_images.svg", svg)
	pagetest.WantSVG(t, svg, ">one<", ">two<", ">three<", "<image")
	if n := bytes.Count(svg, []byte("<image")); n != 3 {
		t.Errorf("%d images, expected 3", n)
	}
}

func TestShowImagesMisuse(t *testing.T) {
	pictures := []image.Image{ramp(4), ramp(4), ramp(4)}
	wantPanic(t, func() { ShowImages(pictures, 1, 2, nil, 1) }, "3 images and 0 titles for 1 rows of 2")
	wantPanic(t, func() { ShowImages(pictures, 2, 2, []string{"a", "b", "c", "d"}, 1) }, "3 images and 4 titles")
	wantPanic(t, func() { ShowImages(nil, -1, -1, nil, 1) }, "-1 rows of -1")
	for _, scale := range []float64{-1, math.NaN(), math.Inf(1)} {
		want := fmt.Sprintf("positive scale in inches, got %v", scale)
		wantPanic(t, func() { ShowImages(pictures, 2, 2, nil, scale) }, want)
		wantPanic(t, func() { ShowImageGrid([][]image.Image{pictures}, nil, nil, scale) }, "positive scale in inches")
	}
}

// endless is a picture of the bounds' size that takes no memory.
type endless struct {
	image.Image
	bounds image.Rectangle
}

func (e endless) Bounds() image.Rectangle { return e.bounds }

func TestShowImagesWithoutEnd(t *testing.T) {
	large := endless{image.White, image.Rect(0, 0, 1<<13, 1<<13)} // Half of what can be shown.
	all := endless{image.White, image.Rectangle{image.Pt(math.MinInt, math.MinInt), image.Pt(math.MaxInt, math.MaxInt)}}
	for part, pictures := range map[string][]image.Image{
		"row 0, column 0, of 2e+09 × 2e+09 pixels":                   {image.White, ramp(4)},
		"row 0, column 1, of 1.84467441e+19 × 1.84467441e+19 pixels": {ramp(4), all},
		"row 1, column 0, of 8192 × 8192 pixels":                     {large, large, large},
	} {
		_, err := ShowImages(pictures, 2, 2, nil, 1)
		wantError(t, err, part, "all pictures have more than 134217728 pixels", "SubImage")
	}
	_, err := ShowImages([]image.Image{large, large}, 1, 2, nil, 1)
	noError(t, err)
}

func TestShowImagesEmpty(t *testing.T) {
	pagetest.WantSVG(t, must(must(ShowImages(nil, 1, 1, nil, 0))(t).SVG())(t))
}

func TestShowImageGridGolden(t *testing.T) {
	rows := [][]image.Image{{ramp(4), ramp(2), nil}, {ramp(4)}}
	figure := must(ShowImageGrid(rows, []string{"pullover", "coat\n(wrong)"}, []string{"image", "0", "1"}, 0.4))(t)
	pagetest.WantReadable(t, figure.drawing)
	golden(t, "image_grid.svg", must(figure.SVG())(t))
	pagetest.WantSVG(t, must(must(ShowImageGrid(nil, nil, nil, 0))(t).SVG())(t))
	wantPanic(t, func() { ShowImageGrid(rows, []string{"a", "b", "c"}, nil, 1) }, "3 and 0 titles for 2 rows of 3")
	wantPanic(t, func() { ShowImageGrid(rows, nil, []string{"a", "b", "c", "d"}, 1) }, "0 and 4 titles for 2 rows of 3")
	empty := image.NewGray(image.Rect(0, 0, 0, 3))
	wantPanic(t, func() { ShowImageGrid([][]image.Image{{empty}}, nil, nil, 1) }, "0 × 3 pixels")
}

func TestFeatureMaps(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	X := tensors.FromFlatDataAndDimensions([]float32{
		-1, 0, 1, 5, 5, 5, inf, 0, nan, // Of the first example three channels,
		3, 2, 1, 5, 5, 5, 2, -inf, 1, // and of the second.
	}, 2, 3, 1, 3)
	want := [][][3]uint8{
		{{0, 64, 128}, {128, 128, 128}, {255, 0, 0}},
		{{255, 191, 128}, {128, 128, 128}, {255, 0, 128}},
	}
	maps := must(FeatureMaps(X))(t)
	for i := range want {
		for c := range want[i] {
			for p, value := range want[i][c] {
				if got := maps[i][c].At(p, 0); got != (color.Gray{value}) {
					t.Errorf("example %d, channel %d, pixel %d is %v, expected %d", i, c, p, got, value)
				}
			}
		}
	}
	float64s := tensors.FromValue([][][][]float64{{{{1}}}})
	wantPanic(t, func() { FeatureMaps(float64s) }, "d2l: FeatureMaps takes float32", "Float64")
	wantPanic(t, func() { FeatureMaps(waves(1, 1, 2, 120)) }, "(batch, channel, height, width)", "(2, 120)")
}

func TestTransparentPicturesKeepTheirColours(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for i := range 24 {
		picture.SetNRGBA(i%6, i/6, color.NRGBA{255, 255, 255, 0})
	}
	for name, transform := range map[string]Transform{
		"Resize": Resize(3, 2), "CenterCrop": CenterCrop(2, 2), "RandomFlipLeftRight": RandomFlipLeftRight(),
		"RandomResizedCrop": RandomResizedCrop(2, 2, [2]float64{0.5, 1}, [2]float64{1, 1}),
	} {
		for range 8 {
			values := Values[float32](ToTensor(transform(picture)))
			if slices.Min(values) != 1 {
				t.Fatalf("%s: %v", name, values)
			}
		}
	}
}

// Grey pictures stay grey, whatever is done to them, and pictures of which some have colours all get three channels.
func TestGreyPictures(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 2, 1))
	grey.Pix = []uint8{0, 255}
	for _, transform := range []Transform{
		RandomFlipLeftRight(), Resize(2, 1), CenterCrop(2, 1), RandomColorJitter(0, 0, 0.5, 0.5),
		RandomResizedCrop(2, 1, [2]float64{1, 1}, [2]float64{2, 2}),
	} {
		for range 8 {
			X := ToTensor(transform(grey))
			if got := fmt.Sprint(ShapeOf(X), Values[float32](X)); got != "(1, 1, 1, 2) [0 1]" && got != "(1, 1, 1, 2) [1 0]" {
				t.Fatalf("a grey picture became %v", got)
			}
		}
	}
	mixed := []image.Image{grey, grey, image.NewRGBA(grey.Bounds())}
	for batch, err := range LoadImages(mixed, []int32{0, 0, 0}, 2, false, nil).Iter() {
		noError(t, err)
		if channels := batch.Inputs[0].Shape().Dim(1); channels != 3 {
			t.Errorf("a batch of pictures of which some have colours has %d channels", channels)
		}
	}
}

func TestRandomResizedCropOfAWidePicture(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 600, 100))
	for x := range 600 {
		for y := range 100 {
			picture.SetRGBA(x, y, color.RGBA{uint8(x / 3), 0, 0, 255})
		}
	}
	red := Values[float32](ToTensor(RandomResizedCrop(50, 50, [2]float64{0.9, 1}, [2]float64{0.5, 2})(picture)))[:50]
	if first, last := red[0]*255*3, red[49]*255*3; first < 195 || first > 207 || last < 392 || last > 402 {
		t.Errorf("the part from column %v to %v, not the middle 200", first, last)
	}
}
