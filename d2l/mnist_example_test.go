package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleLoadDataMnist() {
	train, test := d2l.LoadDataMnist(256)
	fmt.Println(train.Len(), "and", test.Len(), "batches")
	for batch, err := range test.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		fmt.Println(d2l.ShapeOf(X), d2l.ShapeOf(y))
		break
	}
	// Output:
	// 235 and 40 batches
	// (256, 1, 28, 28) (256,)
}

// Fetches what is missing and puts copies into the user's cache, so that later
// programs need no network.
func ExampleKeepMnist() {
	dir, err := d2l.KeepMnist(true)
	d2l.Check(err)
	fmt.Println("MNIST is in", dir)
}
