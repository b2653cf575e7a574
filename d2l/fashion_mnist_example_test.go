package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

func ExampleLoadDataFashionMnist() {
	train, test := d2l.LoadDataFashionMnist(256)
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

func ExampleLoadDataFashionMnist_resize() {
	_, test := d2l.LoadDataFashionMnist(32, 96)
	for batch, err := range test.Iter() {
		d2l.Check(err)
		fmt.Println(d2l.ShapeOf(batch.Inputs[0]))
		break
	}
	// Output: (32, 1, 96, 96)
}

func ExampleGetFashionMnistLabels() {
	fmt.Println(d2l.GetFashionMnistLabels(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
	// Output: [t-shirt trouser pullover dress coat sandal shirt sneaker bag ankle boot]
}

// Fetches what is missing and puts copies into the user's cache, so that later
// programs need no network.
func ExampleKeepFashionMnist() {
	dir, err := d2l.KeepFashionMnist(true)
	d2l.Check(err)
	fmt.Println("Fashion-MNIST is in", dir)
}

func ExampleLoadDataMnist() {
	train, test := d2l.LoadDataMnist(256)
	fmt.Println(train.Len(), "and", test.Len(), "batches")
	// Output: 235 and 40 batches
}

// Fetches what is missing and puts copies into the user's cache, so that later
// programs need no network.
func ExampleKeepMnist() {
	dir, err := d2l.KeepMnist(true)
	d2l.Check(err)
	fmt.Println("MNIST is in", dir)
}
