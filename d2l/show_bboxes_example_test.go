package d2l_test

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
)

func ExampleShowBBoxes() {
	boxes := [][]float32{{60, 45, 378, 516}, {400, 112, 655, 493}}
	figure := d2l.Must(d2l.ShowBBoxes(catDog(), boxes, d2l.BBoxOptions{Labels: []string{"dog", "cat"}, Pixels: true}))
	dir := d2l.Must(os.MkdirTemp("", ""))
	defer os.RemoveAll(dir)
	fmt.Println(figure.Save(filepath.Join(dir, "boxes.png")))
	// Output: <nil>
}

// Several pictures with boxes.
func ExampleWithBBoxes() {
	var pictures []image.Image
	for _, n := range []int{1, 2, 4} {
		anchors := d2l.MultiboxPrior(n, n, []float64{0.6 / float64(n)}, []float64{1, 2})
		boxed := d2l.Must(d2l.WithBBoxes(catDog(), anchors.Value().([][]float32), d2l.BBoxOptions{}))
		pictures = append(pictures, boxed)
	}
	d2l.Must(d2l.ShowImages(pictures, 1, 3, []string{"1", "2 × 2", "4 × 4"}, 0))
	fmt.Println(pictures[0].Bounds().Size())
	// Output: (728,561)
}

// Boxes of several sets: the objects in black, and predictions in white.
func ExampleBBoxOptions() {
	objects := d2l.BBoxOptions{Labels: []string{"dog", "cat"}, Colors: []color.Color{color.Black}}
	picture := d2l.Must(d2l.WithBBoxes(catDog(), [][]float32{{0.1, 0.08, 0.52, 0.92}, {0.55, 0.2, 0.9, 0.88}}, objects))
	predictions := d2l.BBoxOptions{Labels: []string{"dog 0.9"}, Colors: []color.Color{color.White}}
	_, err := d2l.ShowBBoxes(picture, [][]float32{{0.12, 0.1, 0.5, 0.95}}, predictions)
	fmt.Println(err)
	// Output: <nil>
}
