package d2l_test

import (
	"fmt"
	"time"

	"github.com/d2l-go/book/d2l"
)

// Three laps; what happens between Stop and Start does not count.
func ExampleTimer() {
	timer := d2l.NewTimer()
	for range 3 {
		timer.Start()
		time.Sleep(time.Millisecond)
		timer.Stop()
	}
	laps := timer.Cumsum()
	fmt.Println(len(laps), "laps, together", laps[2] == timer.Sum())
	fmt.Println("each of a millisecond or more:", timer.Avg() >= 0.001)
	// Output:
	// 3 laps, together true
	// each of a millisecond or more: true
}
