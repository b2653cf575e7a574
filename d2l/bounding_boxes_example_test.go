package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleBoxCornerToCenter() {
	boxes := d2l.NewTensor([][]float32{{60, 45, 378, 516}}) // Left, top, right, bottom.
	fmt.Println(d2l.Must(d2l.BoxCornerToCenter(boxes)).Value())
	// Output: [[219 280.5 318 471]]
}

func ExampleBoxCenterToCorner() {
	boxes := d2l.NewTensor([][]float32{{219, 280.5, 318, 471}}) // The center's x and y, width, height.
	fmt.Println(d2l.Must(d2l.BoxCenterToCorner(boxes)).Value())
	// Output: [[60 45 378 516]]
}
