package d2l

import (
	"fmt"
	"strings"
	"testing"
)

// A layer that is not there is named by its place.
func TestNoLayer(t *testing.T) {
	wantPanic(t, func() { NewNet(nil) }, "d2l: NewNet got nil, not a layer")
	wantPanic(t, func() { NewNet((*Dense)(nil)) }, "d2l: NewNet got a nil *d2l.Dense, not a layer")
	wantPanic(t, func() { NewNet(twice{}) }, "d2l: NewNet got a d2l.twice whose Layer is nil, not a layer")
	wantPanic(t, func() { NewNet(layerFunc(nil)) }, "d2l: NewNet got a nil d2l.layerFunc, not a layer")
	const first = "d2l: layer 1 of 2 in a Sequential, at its beginning, is "
	const last = "d2l: layer 2 of 2 in a Sequential, after dense0, is "
	for want, layers := range map[string]Sequential{
		first + "nil: give":         {nil, Flatten{}},
		last + "nil: give":          {Dense{Units: 3}, nil},
		last + "a nil *d2l.Conv2D:": {Dense{Units: 3}, (*Conv2D)(nil)},
	} {
		wantPanic(t, func() { NewNet(layers) }, want)
		wantPanic(t, func() { NewNet(Sequential{Flatten{}, Sequential{layers}}) }, want)
	}
	wantPanic(t, func() { NewNet(Branches{Dense{Units: 3}, nil}) },
		"d2l: layer 2 of 2 in Branches, after dense0, is nil: give a layer, or leave it out")
	wantPanic(t, func() { NewNet(Sequential{Residual{}}) }, "d2l: the Body of a Residual is nil: give a layer")
	wantPanic(t, func() { NewNet(Residual{Body: Sequential{nil, ReLU}}) }, first+"nil: give")
	wantPanic(t, func() { WithInit(nil, Xavier) }, "d2l: WithInit got nil, not a layer")
	wantPanic(t, func() { WithInit(ReLU, nil) }, "d2l: WithInit got a nil Initializer")
	// A block of one's own shows it when it is computed.
	block := Sequential{Dense{Units: 3}, nil}
	_, err := NewNet(twice{block}).Shapes(4)
	wantError(t, err, last+"nil: give a layer, or leave it out")
	NewNet(Sequential{})
	NewNet(Sequential{Sequential(nil), &Dense{Units: 1}})
}

func TestSequentialNames(t *testing.T) {
	net := Sequential{
		Conv2D{}, Conv2D{}, AvgPool2D{}, Flatten{}, MaxPool2D{}, Dense{}, Sequential{}, Conv2D{}, Sequential{},
		BatchNorm{}, ReLU, Sigmoid, BatchNorm{}, ReLU, GlobalAvgPool2D{}, Dropout{0.5},
	}
	var names []string
	for name := range net.Named() {
		names = append(names, name)
	}
	want := "[conv0 conv1 pool0 flatten0 pool1 dense0 sequential0 conv2 sequential1 " +
		"batchnorm0 relu0 sigmoid0 batchnorm1 relu1 pool2 dropout0]"
	if fmt.Sprint(names) != want {
		t.Errorf("layers are called %v, expected %s", names, want)
	}
	for name := range net.Named() { // Breaking off is allowed.
		if name != "conv0" {
			t.Error(name)
		}
		break
	}
}

func TestSequentialNested(t *testing.T) {
	net := NewNet(Sequential{
		Sequential{Dense{Units: 3, Activation: ReLU}, Dense{Units: 2}},
		Sequential{Dense{Units: 5}},
	})
	noError(t, net.Initialize(testDevice(), Xavier))
	outputs := must(net.Outputs(waves(1, 1, 2, 4)))(t)
	got := fmt.Sprintln(outputs[0].Name, outputs[0].Shape(), outputs[1].Name, outputs[1].Shape())
	if got != "sequential0 (2, 2) sequential1 (2, 5)\n" {
		t.Error(got)
	}
	for i, p := range net.Parameters() {
		want := []string{"/net/sequential0/dense0/", "/net/sequential0/dense1/", "/net/sequential1/dense0/"}[i/2]
		if !strings.HasPrefix(p.Path(), want) {
			t.Errorf("parameter %d is %s, expected one of %s", i, p.Path(), want)
		}
	}
}
