package d2l

import "time"

// Timer measures laps of running time, in seconds. A new Timer is already
// running.
//
// Book: Timer, section "Linear Regression".
type Timer struct {
	start time.Time
	laps  []float64
}

// NewTimer returns a Timer that has just been started.
//
// Book: Timer, section "Linear Regression".
func NewTimer() *Timer { return &Timer{start: time.Now()} }

// Start begins a lap.
func (t *Timer) Start() {
	requireMade(t, "Timer.Start", "NewTimer")
	t.start = time.Now()
}

// Stop ends the lap that the last Start began, records it, and returns its length in
// seconds.
func (t *Timer) Stop() float64 {
	requireMade(t, "Timer.Stop", "NewTimer")
	lap := time.Since(t.start).Seconds()
	t.laps = append(t.laps, lap)
	return lap
}

// Avg returns the mean lap in seconds, 0 before the first Stop.
func (t *Timer) Avg() float64 {
	requireMade(t, "Timer.Avg", "NewTimer")
	if len(t.laps) == 0 {
		return 0
	}
	return t.Sum() / float64(len(t.laps))
}

// Sum returns the total length of all laps in seconds.
func (t *Timer) Sum() float64 {
	requireMade(t, "Timer.Sum", "NewTimer")
	sum := 0.0
	for _, lap := range t.laps {
		sum += lap
	}
	return sum
}

// Cumsum returns the cumulative sums of the laps in seconds.
func (t *Timer) Cumsum() []float64 {
	requireMade(t, "Timer.Cumsum", "NewTimer")
	sums := make([]float64, len(t.laps))
	sum := 0.0
	for i, lap := range t.laps {
		sum += lap
		sums[i] = sum
	}
	return sums
}
