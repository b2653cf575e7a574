package d2l

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

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
