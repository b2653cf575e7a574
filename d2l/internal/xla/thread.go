package xla

import (
	"runtime"
	"sync"
)

// thread is the one in which programs run on the CPU. There XLA allocates their arrays, and frees them after each run.
// glibc keeps freed memory for the thread that had it; in Go a program would run in one thread after another, whose
// memory goes back to the system, which clears it for the next step: with batches of 512 that is a third of a step of
// LeNet's.
var thread struct {
	start sync.Once
	work  chan func()
}

// inThread runs f there, and panics as f does.
func inThread(f func() error) (err error) {
	thread.start.Do(func() {
		thread.work = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range thread.work {
				f()
			}
		}()
	})
	ended := make(chan any)
	thread.work <- func() {
		defer func() { ended <- recover() }()
		err = f()
	}
	if cause := <-ended; cause != nil {
		panic(cause)
	}
	return err
}
