package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleShape() {
	fmt.Println(d2l.Shape{256, 1, 28, 28}, d2l.Shape{256})
	// Output: (256, 1, 28, 28) (256,)
}
