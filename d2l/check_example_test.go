package d2l_test

import (
	"fmt"
	"strconv"

	"github.com/d2l-go/book/d2l"
)

func ExampleMust() {
	fmt.Println(d2l.Must(strconv.Atoi("256")))
	// Output: 256
}
