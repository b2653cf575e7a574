package d2l

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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

// panicError returns what other people's code panicked with as an error. Called by
// the function that recovered, it says where a runtime error was, which does not
// explain itself.
func panicError(recovered any) error {
	switch e := recovered.(type) {
	case runtime.Error:
		return fmt.Errorf("%w, at %s", e, panicPlace())
	case error:
		return e
	default:
		return fmt.Errorf("%v", e)
	}
}

// panicPlace returns the file and line that the panic which is being recovered
// comes from.
func panicPlace() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicking := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(frame.Function, "runtime."):
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
