package d2l

import (
	"math"
	"testing"
)

// A device resizes as the host does: hardly a value in a thousand differs, and none by more than a byte's step.
func TestOnDeviceResized(t *testing.T) {
	for _, resize := range []int{224, 96, 16, 3, 1} {
		it := quadrants(20, 8, false)
		it.resize = resize
		got, want := epoch(t, OnDevice(it, testDevice()), testDevice()), epoch(t, it)
		different, values := 0, 0
		for i := range want {
			if got[i].shape != want[i].shape {
				t.Fatalf("resized to %d: shape %s, expected %s", resize, got[i].shape, want[i].shape)
			}
			for j, v := range want[i].X {
				if values++; got[i].X[j] != v {
					different++
				}
				if d := math.Abs(float64(got[i].X[j] - v)); d > 1.001/255 {
					t.Fatalf("resized to %d: value %d is %v, expected %v", resize, j, got[i].X[j], v)
				}
			}
		}
		if different > values/1000 {
			t.Errorf("resized to %d: %d of %d values differ", resize, different, values)
		}
	}
}
