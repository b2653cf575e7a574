package d2l

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What Pillow reads of a label picture, and the classes that the book's functions give its colours.
func TestVOCLabelIndicesAsPillow(t *testing.T) {
	var fixture struct {
		Colormap [][3]uint8
		Labels   []int32
	}
	noError(t, json.Unmarshal(must(os.ReadFile("testdata/voc.json"))(t), &fixture))
	for i, c := range fixture.Colormap {
		if want := (color.RGBA{c[0], c[1], c[2], 255}); VOCColormap[i] != want {
			t.Errorf("the colour of class %d is %v, expected %v", i, VOCColormap[i], want)
		}
	}
	if n := len(fixture.Colormap); n != 21 || len(VOCColormap) != n || len(VOCClasses) != n {
		t.Errorf("%d colours, here %d and %d names", n, len(VOCColormap), len(VOCClasses))
	}
	label := must(ReadImage("testdata/voc-label.png"))(t)
	if _, ok := label.(*image.Paletted); !ok {
		t.Errorf("it is a %T", label)
	}
	for _, label := range []image.Image{label, fromRGB(rgbOf(label), label.Bounds())} { // With a palette, and without.
		y := must(VOCLabelIndices(label))(t)
		if got := Values[int32](y); !slices.Equal(got, fixture.Labels) || ShapeOf(y).String() != "(4, 6)" {
			t.Errorf("of %T it makes %v %v, expected %v", label, ShapeOf(y), got, fixture.Labels)
		}
		part := must(VOCLabelIndices(cutOut(label, image.Pt(4, 1), 2, 3)))(t)
		if got := fmt.Sprint(part.Value()); got != "[[10 11] [16 17] [0 20]]" {
			t.Errorf("of a part of %T it makes %v", label, got)
		}
	}
}

func TestVOCLabelIndicesFaults(t *testing.T) {
	scaled := image.NewRGBA(image.Rect(0, 0, 3, 2))
	scaled.Set(2, 1, color.RGBA{64, 32, 0, 255})
	paletted := image.NewPaletted(image.Rect(5, 5, 7, 7), color.Palette{color.Black, color.RGBA{1, 2, 3, 255}})
	paletted.SetColorIndex(5, 6, 1)
	for want, label := range map[string]image.Image{
		"row 1, column 2 of a label picture has the colour (64, 32, 0), which no class in VOCColormap has": scaled,
		"row 1, column 0 of a label picture has the colour (1, 2, 3)":                                      paletted,
	} {
		y, err := VOCLabelIndices(label)
		if wantError(t, err, want); y != nil {
			t.Error(y)
		}
	}
	empty := image.NewRGBA(image.Rectangle{})
	wantPanic(t, func() { VOCLabelIndices(empty) }, "d2l: VOCLabelIndices needs a picture with pixels")
	// Colours of one's own.
	defer func(colours []color.RGBA) { VOCColormap = colours }(VOCColormap)
	VOCColormap = []color.RGBA{{0, 0, 0, 255}, {64, 32, 0, 255}}
	if got := fmt.Sprint(must(VOCLabelIndices(scaled))(t).Value()); got != "[[0 0 0] [0 0 1]]" {
		t.Error(got)
	}
}

// placed has pictures that tell where a part of them was: a colour, with the width, and a class by the place.
func placed(width, height int) (feature, label *image.RGBA) {
	feature, label = image.NewRGBA(image.Rect(0, 0, width, height)), image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			feature.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(width), 255})
			label.Set(x, y, VOCColormap[(2*x+5*y)%21])
		}
	}
	return feature, label
}

// notCut is a picture without SubImage.
type notCut struct{ image.Image }

func TestVOCRandCrop(t *testing.T) {
	Seed(1)
	feature, label := placed(9, 6)
	places := map[image.Point]int{}
	for i := range 600 {
		f, l := image.Image(feature), image.Image(label)
		if i%2 == 1 {
			f, l = notCut{f}, notCut{l}
		}
		f, l = VOCRandCrop(f, l, 4, 7)
		pixels, y := rgbOf(f), must(VOCLabelIndices(l))(t)
		x0, y0 := int(pixels[0][0]*255+0.5), int(pixels[0][1]*255+0.5)
		places[image.Pt(x0, y0)]++
		if got := ShapeOf(y).String(); got != "(4, 7)" || f.Bounds().Size() != image.Pt(7, 4) {
			t.Fatal(got, f.Bounds())
		}
		for p, class := range Values[int32](y) {
			x, y := x0+p%7, y0+p/7
			want := [3]float64{float64(x) / 255, float64(y) / 255, 9. / 255}
			if pixels[p] != want || class != int32(2*x+5*y)%21 {
				t.Fatalf("pixel %d of the part at %d, %d is %v and of class %d", p, x0, y0, pixels[p], class)
			}
		}
	}
	for x := range 3 {
		for y := range 3 {
			if n := places[image.Pt(x, y)]; n < 40 || n > 95 { // Expected are 67.
				t.Errorf("%d parts of 600 are at %d, %d", n, x, y)
			}
		}
	}
	whole, _ := VOCRandCrop(feature, label, 6, 9)
	if whole.Bounds() != feature.Bounds() {
		t.Error(whole.Bounds())
	}
	small, _ := placed(9, 3)
	for _, c := range []struct {
		label         image.Image
		height, width int
		want          string
	}{
		{small, 4, 9, "needs two pictures of one size, and of at least 9 × 4 pixels, got 9 × 6 and 9 × 3"},
		{label, 6, 10, "needs two pictures of one size, and of at least 10 × 6 pixels, got 9 × 6 and 9 × 6"},
		{label, 7, 9, "needs two pictures of one size, and of at least 9 × 7 pixels"},
		{label, 0, 9, "needs a positive width and height, got 9 × 0"},
	} {
		wantPanic(t, func() { VOCRandCrop(feature, c.label, c.height, c.width) }, "d2l: VOCRandCrop "+c.want)
	}
}

func encoded(t *testing.T, picture image.Image) []byte {
	var content bytes.Buffer
	noError(t, png.Encode(&content, picture))
	return content.Bytes()
}

// putVOC writes pictures of the given widths and a height of 6 in the layout of the data set. ReadImage tells by the
// content that those called .jpg are PNG here, whose pixels are exact.
func putVOC(t *testing.T, train, val []int) string {
	dir := t.TempDir()
	for list, widths := range map[string][]int{"train": train, "val": val} {
		var names strings.Builder
		for i, width := range widths {
			feature, label := placed(width, 6)
			name := fmt.Sprintf("2012_%s%d", list, i)
			fmt.Fprintln(&names, name)
			put(t, filepath.Join(dir, "JPEGImages", name+".jpg"), encoded(t, feature))
			put(t, filepath.Join(dir, "SegmentationClass", name+".png"), encoded(t, label))
		}
		put(t, filepath.Join(dir, "ImageSets", "Segmentation", list+".txt"), []byte(names.String()))
	}
	return dir
}

func TestReadVOCImages(t *testing.T) {
	dir := putVOC(t, []int{9, 7}, []int{8})
	grey := image.NewGray(image.Rect(0, 0, 24, 17))
	grey.Pix[0] = 51
	put(t, filepath.Join(dir, "JPEGImages", "grey.jpg"), encoded(t, grey))
	put(t, filepath.Join(dir, "SegmentationClass", "grey.png"), encoded(t, image.NewGray(grey.Rect)))
	put(t, filepath.Join(dir, "JPEGImages", "real.jpg"), must(os.ReadFile("testdata/jpeg-420.jpg"))(t))
	put(t, filepath.Join(dir, "SegmentationClass", "real.png"), encoded(t, image.NewGray(grey.Rect)))
	put(t, filepath.Join(dir, "ImageSets", "Segmentation", "val.txt"), []byte("\r\n2012_train1\r\n real  grey"))
	for isTrain, want := range map[bool]string{true: "[(9,6) (7,6)]", false: "[(7,6) (24,17) (24,17)]"} {
		features, labels, err := ReadVOCImages(dir, isTrain)
		noError(t, err)
		var sizes [2][]image.Point
		for i, feature := range features {
			sizes[0], sizes[1] = append(sizes[0], feature.Bounds().Size()), append(sizes[1], labels[i].Bounds().Size())
		}
		if got := fmt.Sprint(sizes); got != "["+want+" "+want+"]" {
			t.Errorf("for training %v: %s", isTrain, got)
		}
		wantFeature, wantLabel := placed(7, 6)
		at := map[bool]int{true: 1}[isTrain]
		if got := float32s(t, ToTensor(features[at])); !slices.Equal(got, float32s(t, ToTensor(wantFeature))) {
			t.Errorf("it has the pixels %v", got)
		}
		if got := float32s(t, ToTensor(labels[at])); !slices.Equal(got, float32s(t, ToTensor(wantLabel))) {
			t.Errorf("its label has the pixels %v", got)
		}
		if isTrain {
			continue
		}
		real := float32s(t, ToTensor(must(ReadImage("testdata/jpeg-420.jpg"))(t)))
		if got := float32s(t, ToTensor(features[1])); !slices.Equal(got, real) {
			t.Error("a JPEG has other pixels than ReadImage's")
		}
		if got := ToTensor(features[2]); ShapeOf(got).String() != "(1, 3, 17, 24)" || float32s(t, got)[2*17*24] != 0.2 {
			t.Error("grey:", ShapeOf(got))
		}
	}
}

func TestReadVOCImagesFaults(t *testing.T) {
	good := func() string { return putVOC(t, []int{9, 9}, []int{9}) }
	image0 := filepath.Join("JPEGImages", "2012_train0.jpg")
	label1 := filepath.Join("SegmentationClass", "2012_train1.png")
	list := filepath.Join("ImageSets", "Segmentation", "train.txt")
	other, _ := placed(9, 5)
	for _, c := range []struct {
		path    string
		content []byte // None removes the file.
		want    []string
	}{
		{list, nil, []string{"reading the names of pictures: ", "give the folder VOC2012, which has the folders ImageSets"}},
		{list, []byte(" \n"), []string{"there is no name of a picture in ", list}},
		{list, []byte("2012_train0\n\n../a\n"), []string{list + ", line 3: \"../a\" is no name of a picture"}},
		{list, []byte("a/b"), []string{list + ", line 1: \"a/b\" is no name of a picture"}},
		{list, []byte("a\n\xff\n"), []string{list + ", line 2: this is no text in UTF-8"}},
		{list, []byte("2012_train0\nmore\n"), []string{list + ", line 2: reading a picture: ", "more.jpg"}},
		{image0, nil, []string{list + ", line 1: reading a picture: ", image0}},
		{label1, nil, []string{list + ", line 2: reading a picture: ", label1}},
		{image0, []byte("no picture"), []string{list + ", line 1: reading the picture ", image0, "give a PNG, JPEG or GIF"}},
		{label1, encoded(t, other), []string{list + ", line 2: ", "train1.jpg has 9 × 6 pixels, and ", label1 + " 9 × 5"}},
	} {
		dir := good()
		noError(t, os.Remove(filepath.Join(dir, c.path)))
		if c.content != nil {
			put(t, filepath.Join(dir, c.path), c.content)
		}
		features, labels, err := ReadVOCImages(dir, true)
		if wantError(t, err, c.want...); features != nil || labels != nil {
			t.Error("a part of the pictures", len(features), len(labels))
		}
		trainIter, testIter, err := LoadDataVOC(1, [2]int{2, 2}, dir)
		if wantError(t, err, c.want...); trainIter != nil || testIter != nil {
			t.Error("a part of the data", trainIter, testIter)
		}
	}
}
