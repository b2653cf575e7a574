package d2l

import (
	"fmt"
	"os"
)

// Check ends the program with err's sentence on standard error, and status 1,
// unless err is nil. It is for the cells of a notebook and other short programs;
// a notebook marks the cell as failed and shows the sentence.
//
// Book: none; in Python an error that nobody handles ends the program.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// Must returns value, or ends the program as Check does. It wraps the call of a
// function that returns a value and an error.
//
// Book: none; in Python an error that nobody handles ends the program.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}
