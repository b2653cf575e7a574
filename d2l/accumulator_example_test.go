package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
)

// Correct predictions and examples of two batches.
func ExampleAccumulator() {
	metric := d2l.NewAccumulator(2)
	metric.Add(200, 256)
	metric.Add(90, 96)
	fmt.Printf("%.0f of %.0f are correct\n", metric[0], metric[1])
	metric.Reset()
	fmt.Println(metric)
	// Output:
	// 290 of 352 are correct
	// [0 0]
}
