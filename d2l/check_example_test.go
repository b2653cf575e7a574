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

// Of a file that cannot be read, this would print the error and end the program.
func ExampleCheck() {
	_, err := strconv.Atoi("256")
	d2l.Check(err)
	fmt.Println("no error")
	// Output: no error
}
