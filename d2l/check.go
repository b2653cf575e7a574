package d2l

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
)

// Check ends the program with status 1, or 130 if err is ErrInterrupted, and err's
// message on standard error, unless err is nil. It is for notebook cells and other
// short programs; a notebook marks the cell as failed and shows the message, with the
// lines of the cells that led there.
//
// Book: none; in Python an unhandled error ends the program.
func Check(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n%s", err, cellLines())
		if errors.Is(err, ErrInterrupted) {
			os.Exit(statusInterrupted)
		}
		os.Exit(1)
	}
}

// cellLines returns, in a notebook, the lines of the cells that are being run, as Go writes them in a trace; the kernel
// shows them with the error.
func cellLines() string {
	if !gonbui.IsNotebook {
		return ""
	}
	var lines strings.Builder
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for more := true; more; {
		var frame runtime.Frame
		if frame, more = frames.Next(); strings.HasPrefix(frame.Function, "main.") {
			fmt.Fprintf(&lines, "\t%s:%d\n", frame.File, frame.Line)
		}
	}
	return lines.String()
}

// Must returns value, or ends the program as Check does if there is an error. It
// wraps a call that returns a value and an error.
//
// Book: none; in Python an unhandled error ends the program.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// requireMade panics if the receiver of a method, or a function's array, is nil, as a variable of an earlier cell is in
// a later one.
func requireMade[T any](given *T, function, maker string) {
	if given == nil {
		panic(fmt.Sprintf("d2l: %s of a nil %T: %s makes one; in a notebook, values do not carry over to a later cell",
			function, given, maker))
	}
}
