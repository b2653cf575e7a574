package gocell

import (
	"maps"
	"testing"
)

func TestDeclared(t *testing.T) {
	const cell = `//d2l:save
import (
	"math/rand/v2"
	t "time"
	_ "embed"
)
%env A=1
var batchSize = 256 // images
var trainIter, _ = load(
	batchSize)
const (
	one = 1
	two
)

type Net struct {
	size int
}

// F is a method.
func (n *Net) F(x int) int {
	y := x
	return y
}
%%
lr, numEpochs := 0.9, 10
lr = 0.8
var done bool
for i := range 3 {
	inside := i
}
`
	want := map[string]Declaration{
		"rand":      {Line: `"math/rand/v2"`},
		"t":         {Line: `t "time"`},
		"batchSize": {Line: "var batchSize = 256 // images"},
		"trainIter": {Line: "var trainIter, _ = load("},
		"one":       {Line: "one = 1"},
		"two":       {Line: "two"},
		"Net":       {Line: "type Net struct"},
		"Net.F":     {Line: "func (n *Net) F(x int) int"},
		"lr":        {Line: "lr, numEpochs := 0.9, 10", Local: true},
		"numEpochs": {Line: "lr, numEpochs := 0.9, 10", Local: true},
		"done":      {Line: "var done bool", Local: true},
	}
	got := Declared(cell)
	for name := range maps.All(want) {
		if got[name] != want[name] {
			t.Errorf("%s: %+v, want %+v", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%+v", got)
	}
	for _, cell := range []string{"%%bash\nx=1", "", "var x = ", "%%\nx := "} {
		if got := Declared(cell); len(got) > 0 {
			t.Errorf("%q: %+v", cell, got)
		}
	}
	// Of a name declared for all cells and again below %%, the first counts.
	if got := Declared("var x = 1\n%%\nx := 2\n")["x"]; got.Local {
		t.Errorf("%+v", got)
	}
}
