package d2l

import (
	"slices"
	"testing"
	"time"
)

func TestTimer(t *testing.T) {
	timer := NewTimer()
	if timer.Avg() != 0 || timer.Sum() != 0 || len(timer.Cumsum()) != 0 {
		t.Error("a timer has laps before the first Stop")
	}
	if lap := timer.Stop(); lap <= 0 {
		t.Errorf("a new timer does not run: its first lap is %v", lap)
	}
	timer.start = time.Now().Add(-time.Hour)
	timer.Start()
	if lap := timer.Stop(); lap > 60 {
		t.Errorf("Start did not begin a lap: it took %v s", lap)
	}
	timer.laps = []float64{1, 2, 3.5}
	if timer.Sum() != 6.5 || timer.Avg() != 6.5/3 || !slices.Equal(timer.Cumsum(), []float64{1, 3, 6.5}) {
		t.Errorf("sum %v, mean %v, running sums %v", timer.Sum(), timer.Avg(), timer.Cumsum())
	}
}
