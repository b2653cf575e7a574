package d2l_test

import (
	"fmt"
	"time"

	"github.com/d2l-go/book/d2l"
)

func ExampleTimer() {
	timer := d2l.NewTimer()
	for range 3 {
		timer.Start()
		time.Sleep(time.Millisecond)
		timer.Stop()
	}
	fmt.Println(len(timer.Cumsum()), "laps")
	fmt.Println(timer.Avg() >= 0.001, timer.Sum() >= 0.003)
	// Output:
	// 3 laps
	// true true
}
