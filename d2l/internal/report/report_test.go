package report

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// recovered returns the error of a panic in f.
func recovered(f func()) (err error) {
	defer func() { err = PanicError(recover()) }()
	f()
	return nil
}

func TestPanicError(t *testing.T) {
	cause := errors.New("the cable is loose")
	if err := recovered(func() { panic(cause) }); err != cause {
		t.Errorf("the error has become %v", err)
	}
	d2ltest.WantError(t, recovered(func() { panic("the disk is gone") }), "the disk is gone")

	err := recovered(func() { _ = make([]int, 3)[len(os.Args)+3] })
	d2ltest.WantError(t, err, "runtime error: index out of range [", ", at report_test.go:26")
	if !errors.As(err, new(runtime.Error)) {
		t.Errorf("the runtime error is lost in %v", err)
	}
}

func TestWarnOnce(t *testing.T) {
	printed := d2ltest.Captured(t, &os.Stderr, func() {
		for _, message := range []string{"a", "b", "a"} {
			WarnOnce(message)
		}
	})
	if printed != "a\nb\n" {
		t.Errorf("it prints %q", printed)
	}
}
