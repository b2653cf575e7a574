package d2l

import (
	"slices"
	"strings"
	"testing"
)

// byPointer is a layer by its pointer alone.
type byPointer struct{ Flatten }

func (*byPointer) Kind() string { return "byPointer" }

// What gives the same outputs has the same list, however it is written.
func TestLayerList(t *testing.T) {
	same := []Layer{
		Sequential{Conv2D{Channels: 2, KernelSize: 3}, MaxPool2D{PoolSize: 2}, Dense{Units: 4}},
		Sequential{Conv2D{Channels: 2, KernelSize: 3, Strides: 1}, MaxPool2D{PoolSize: 2, Strides: 2}, Flatten{}, Dropout{Rate: 0.5}, Dense{Units: 4}},
	}
	if a, b := layerList(same[0]), layerList(same[1]); !slices.Equal(a, b) {
		t.Errorf("%q\n%q", a, b)
	}
	// A pointer to a layer is a layer as well.
	pointers := &Sequential{&Conv2D{Channels: 2, KernelSize: 3}, &MaxPool2D{PoolSize: 2}, &Flatten{}, &Dropout{Rate: 0.5}, &Dense{Units: 4}}
	if a, b := layerList(same[0]), layerList(pointers); !slices.Equal(a, b) {
		t.Errorf("%q\n%q", a, b)
	}
	relu := ReLU
	for _, layer := range []Layer{&Conv2D{Padding: 2}, &AvgPool2D{PoolSize: 2}, &Dense{Activation: Tanh}, &BatchNorm{}, &GlobalAvgPool2D{}, &relu} {
		if a, b := layerList(layer), layerList(pointedTo(layer)); !slices.Equal(a, b) || strings.Contains(a[0], "*") {
			t.Errorf("%q\n%q", a, b)
		}
	}
	// Of the user's layers, one without methods of its value.
	if got, want := layerList(Sequential{&byPointer{}, (*byPointer)(nil), &residual{}}), []string{"byPointer0 *d2l.byPointer", "byPointer1 *d2l.byPointer", "residual0 *d2l.residual"}; !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
	nested := Sequential{Sequential{Dense{Units: 1, Activation: Tanh}}, GlobalAvgPool2D{}, residual{}}
	want := []string{"sequential0/dense0 d2l.Dense{Units:1 Activation:tanh}", "pool0 d2l.GlobalAvgPool2D{}", "residual0 d2l.residual"}
	if got := layerList(nested); !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
	if got, want := layerList(Dense{Units: 2}), []string{"dense d2l.Dense{Units:2 Activation:none}"}; !slices.Equal(got, want) {
		t.Errorf("got %q, expected %q", got, want)
	}
}
