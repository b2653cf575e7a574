// Package report turns what goes wrong in other people's code into errors, and warns the user.
package report

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
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
// which does not explain itself, the file and line of the panic. What GoMLX says of a layer whose input has another
// width than before, or of a scope that two layers have, it says in other words.
func PanicError(recovered any) error {
	switch e := recovered.(type) {
	case runtime.Error:
		return fmt.Errorf("%w, at %s", e, panicLine())
	case error:
		return takenTwice(otherWidth(e))
	default:
		return fmt.Errorf("%v", e)
	}
}

// reused is what GoMLX says where a layer's variable would have another shape or type than it has.
var reused = regexp.MustCompile(`^requested to reuse variable "([^"]+)", but with (?:value with )?different shape ` +
	`from original: previous shape=\((\w+)\)\[?([^\]]*)\]?, requested shape=\((\w+)\)\[?([^\]]*)\]?`)

// otherWidth returns an error that says what to do about it, and any other error as it is.
func otherWidth(err error) error {
	m := reused.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	name, dtype, sizes, wantType, wantSizes := path.Base(m[1]), m[2], m[3], m[4], m[5]
	if dtype != wantType {
		return fmt.Errorf("its parameter %s is %s, and with this input would be %s: convert X to %s", name, dtype, wantType,
			dtype)
	}
	return fmt.Errorf("its parameter %s has the shape (%s), and with this input would have (%s): give X the channels, "+
		"or the width, for which the net's parameters were drawn or loaded, or initialize it again", name, sizes, wantSizes)
}

// taken is what GoMLX says where a layer asks twice for one scope.
var taken = regexp.MustCompile(`^sub-scope "([^"]+)" already visited from "([^"]+)"`)

// takenTwice returns an error that says what to do about it, and any other error as it is. (The Shared of which GoMLX speaks
// would share the parameters of what stands there.)
func takenTwice(err error) error {
	m := taken.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	return fmt.Errorf("the scope %s is taken twice: give each layer a scope of its own, such as scope.In(\"%s2\"), or, to use one "+
		"layer twice, make it by d2l.Share and keep its scope in a variable", path.Join(m[2], m[1]), m[1])
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
