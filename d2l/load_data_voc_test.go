package d2l

import (
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLoadDataVOC(t *testing.T) {
	Seed(1)
	dir := putVOC(t, []int{9, 4, 8, 9}, []int{5, 6})
	var trainIter, testIter DataIter
	said := captured(t, &os.Stdout, func() {
		var err error
		trainIter, testIter, err = LoadDataVOC(2, [2]int{4, 5}, dir)
		noError(t, err)
	})
	if said != "read 3 examples, left out 1 that are smaller than 5 × 4\nread 2 examples\n" {
		t.Error(said)
	}
	if trainIter.Len() != 2 || testIter.Len() != 1 {
		t.Error(trainIter.Len(), testIter.Len())
	}
	corners, orders := map[image.Point]bool{}, map[string]bool{}
	for range 40 {
		for _, data := range []DataIter{trainIter, testIter} {
			count, order := 0, ""
			for batch, err := range data.Iter() {
				noError(t, err)
				X, y := float32s(t, batch.Inputs[0]), Values[int32](batch.Labels[0])
				n := ShapeOf(batch.Inputs[0])[0]
				count += n
				got := fmt.Sprint(ShapeOf(batch.Inputs[0]), ShapeOf(batch.Labels[0]))
				if got != fmt.Sprintf("(%d, 3, 4, 5) (%[1]d, 4, 5)", n) {
					t.Fatal(got)
				}
				for i := range n {
					at := func(channel, p int) int { return int(X[(i*3+channel)*20+p]*255 + 0.5) }
					corners[image.Pt(at(0, 0), at(1, 0))] = true
					order += fmt.Sprint(at(2, 0), " ") // Of their widths.
					for p := range 20 {
						x, row := at(0, 0)+p%5, at(1, 0)+p/5
						if at(0, p) != x || at(1, p) != row || at(2, p) != at(2, 0) || y[i*20+p] != int32(2*x+5*row)%21 {
							t.Fatalf("pixel %d: %d %d %d, class %d", p, at(0, p), at(1, p), at(2, p), y[i*20+p])
						}
					}
				}
			}
			if want := map[bool]int{true: 3, false: 2}[data == trainIter]; count != want {
				t.Errorf("%d examples, expected %d", count, want)
			}
			orders[order] = true
		}
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(orders))); got != "[5 6  8 9 9  9 8 9  9 9 8 ]" {
		t.Errorf("the orders are %s, expected that of the test, and three for training", got)
	}
	if len(corners) != 15 {
		t.Error("parts are at", corners)
	}
}

// What becomes wrong after the sizes have been read is an error of the loop.
func TestLoadDataVOCLater(t *testing.T) {
	small, label := placed(4, 6)
	feature, _ := placed(9, 6)
	label.Set(3, 3, feature.At(1, 2))
	for want, replaced := range map[string][2]image.Image{
		"2012_val0.jpg has become smaller: load the data again":                             {small, small},
		"2012_val0.jpg has 9 × 6 pixels, and ":                                              {feature, small},
		"2012_val0.png: the pixel in row 3, column 3 of a label picture has the colour (1,": {small, label},
	} {
		dir := putVOC(t, []int{9}, []int{9})
		size := [2]int{6, 4}
		if replaced[1] == small {
			size[1] = 9
		}
		var testIter DataIter
		quietly(t, func() {
			var err error
			_, testIter, err = LoadDataVOC(2, size, dir)
			noError(t, err)
		})
		put(t, filepath.Join(dir, "JPEGImages", "2012_val0.jpg"), encoded(t, replaced[0]))
		put(t, filepath.Join(dir, "SegmentationClass", "2012_val0.png"), encoded(t, replaced[1]))
		for _, err := range testIter.Iter() {
			wantError(t, err, dir+": ", want)
		}
	}
}

func TestLoadDataVOCFaults(t *testing.T) {
	dir := putVOC(t, []int{9}, []int{3, 4})
	said := captured(t, &os.Stdout, func() {
		_, _, err := LoadDataVOC(2, [2]int{6, 5}, dir)
		wantError(t, err, "2012_val0.jpg and all after it, 2 in all, are smaller than 5 × 6 pixels: give a smaller part to "+
			"cut out")
		_, _, err = LoadDataVOC(2, [2]int{7, 3}, dir)
		wantError(t, err, "2012_train0.jpg and all after it, 1 in all, are smaller than 3 × 7 pixels")
	})
	if said != "" {
		t.Error(said)
	}
	for want, f := range map[string]func(){
		"LoadDataVOC needs a positive batch size, got 0":                func() { LoadDataVOC(0, [2]int{1, 1}, "a") },
		"LoadDataVOC needs a positive width and height, got 480 × -320": func() { LoadDataVOC(1, [2]int{-320, 480}, "a") },
		`LoadDataVOC takes at most one folder, got ["a" "b"]`:           func() { LoadDataVOC(1, [2]int{1, 1}, "a", "b") },
	} {
		wantPanic(t, f, "d2l: "+want)
	}
}
