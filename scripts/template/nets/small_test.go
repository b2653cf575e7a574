package nets

import (
	"fmt"
	"testing"
)

// The shapes of a net are found without data and without training.
func TestSmallHasTenOutputs(t *testing.T) {
	layers, err := Small().Shapes(1, 28, 28)
	if err != nil {
		t.Fatal(err)
	}
	if last := fmt.Sprint(layers[len(layers)-1].Shape); last != "(1, 10)" {
		t.Errorf("the output for one image has the shape %s, expected (1, 10)", last)
	}
}
