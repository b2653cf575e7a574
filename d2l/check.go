package d2l

import (
	"fmt"
	"os"
)

// Check ends the program with status 1 and err's message on standard error, unless
// err is nil. It is for notebook cells and other short programs; a notebook marks the
// cell as failed and shows the message.
//
// Book: none; in Python an unhandled error ends the program.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// Must returns value, or ends the program as Check does if there is an error. It
// wraps a call that returns a value and an error.
//
// Book: none; in Python an unhandled error ends the program.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}
