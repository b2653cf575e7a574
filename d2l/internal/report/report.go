// Package report turns what goes wrong in other people's code into errors, and warns the user.
package report

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

var warned sync.Map

// WarnOnce prints a message on standard error, unless this program has printed it before.
func WarnOnce(message string) {
	if _, already := warned.LoadOrStore(message, true); !already {
		fmt.Fprintln(os.Stderr, message)
	}
}

// PanicError returns a recovered value as an error. Called by the function that recovered, it adds to a runtime error,
// which does not explain itself, the file and line of the panic.
func PanicError(recovered any) error {
	switch e := recovered.(type) {
	case runtime.Error:
		return fmt.Errorf("%w, at %s", e, panicLine())
	case error:
		return e
	default:
		return fmt.Errorf("%v", e)
	}
}

// panicLine returns the file and line of the panic that is being recovered.
func panicLine() string {
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
