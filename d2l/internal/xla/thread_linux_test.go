package xla

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// All run in the same thread, one after the other; errors and panics come back.
func TestInThread(t *testing.T) {
	var group sync.WaitGroup
	threads, running := map[int]int{}, 0
	for i := range 40 {
		group.Add(1)
		go func() {
			defer group.Done()
			want := fmt.Sprint("number ", i)
			defer func() {
				if got := recover(); i%3 == 1 && got != want {
					t.Errorf("it panics with %v, expected %v", got, want)
				}
			}()
			err := inThread(func() error {
				if running++; running != 1 {
					t.Errorf("%d run at once", running)
				}
				threads[unix.Gettid()]++
				running--
				switch i % 3 {
				case 1:
					panic(want)
				case 2:
					return errors.New(want)
				}
				return nil
			})
			if i%3 == 1 {
				t.Error("it does not panic")
			}
			if got := fmt.Sprint(err); i%3 == 2 && got != want {
				t.Errorf("the error is %v, expected %v", got, want)
			}
		}()
	}
	group.Wait()
	if len(threads) != 1 {
		t.Errorf("they ran in %d threads", len(threads))
	}
}
