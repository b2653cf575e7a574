package d2l

import (
	"math"
	"testing"
)

// The values are the book's formulas, computed by hand, for the parameters of its plots.
func TestSchedulers(t *testing.T) {
	factor := FactorScheduler{Factor: 0.9, StopFactorLR: 1e-2, BaseLR: 2}
	multi := MultiFactorScheduler{Step: []int{15, 30}, Factor: 0.5, BaseLR: 0.5}
	cosine := CosineScheduler{MaxUpdate: 20, BaseLR: 0.3, FinalLR: 0.01}
	warm := CosineScheduler{MaxUpdate: 20, BaseLR: 0.3, FinalLR: 0.01, WarmupSteps: 5}
	warmer := CosineScheduler{MaxUpdate: 6, BaseLR: 0.5, WarmupSteps: 4, WarmupBeginLR: 0.1}
	for _, c := range []struct {
		name     string
		schedule func(int) float64
		want     map[int]float64
	}{
		{"factor", factor.At, map[int]float64{0: 1.8, 1: 1.62, 2: 1.458, 9: 0.6973568802, 49: 0.0103075504,
			50: 0.01, 1000: 0.01}},
		{"multi-factor", multi.At, map[int]float64{0: 0.5, 14: 0.5, 15: 0.25, 29: 0.25, 30: 0.125, 1000: 0.125}},
		{"cosine", cosine.At, map[int]float64{0: 0.3, 5: 0.155 + 0.145*math.Sqrt2/2, 10: 0.155, 20: 0.01, 21: 0.01, 1000: 0.01}},
		{"cosine after a warm-up", warm.At, map[int]float64{0: 0, 1: 0.06, 4: 0.24, 5: 0.3, 10: 0.2275, 15: 0.0825, 20: 0.01, 99: 0.01}},
		{"cosine to 0 after a warm-up from 0.1", warmer.At, map[int]float64{0: 0.1, 1: 0.2, 3: 0.4, 4: 0.5, 5: 0.25, 6: 0, 7: 0}},
	} {
		for update, want := range c.want {
			if got := c.schedule(update); math.Abs(got-want) > 1e-8 {
				t.Errorf("%s: update %d has the rate %v, expected %v", c.name, update, got, want)
			}
		}
	}
}

func TestSchedulersMisuse(t *testing.T) {
	for _, s := range []FactorScheduler{{}, {BaseLR: 1}, {Factor: 0.9}, {Factor: math.NaN(), BaseLR: 1}} {
		wantPanic(t, func() { s.At(0) }, "d2l: FactorScheduler needs a positive Factor and BaseLR, got {Factor:")
	}
	for _, s := range []MultiFactorScheduler{{}, {BaseLR: 1}, {Factor: 0.9}} {
		wantPanic(t, func() { s.At(0) }, "d2l: MultiFactorScheduler needs a positive Factor and BaseLR, got {Step:")
	}
	for _, s := range []CosineScheduler{{}, {MaxUpdate: 10}, {BaseLR: 0.1}, {BaseLR: 0.1, MaxUpdate: 5, WarmupSteps: 5}, {BaseLR: 0.1, MaxUpdate: 5, WarmupSteps: -1}} {
		wantPanic(t, func() { s.At(0) }, "d2l: CosineScheduler needs a positive BaseLR", "got {MaxUpdate:")
	}
}
