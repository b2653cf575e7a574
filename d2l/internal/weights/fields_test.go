package weights

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Fields are compared where a file and the net have them: not those of earlier versions of this package, and not of a
// type that has got or lost fields since, or has got Settings.
func TestCompareFields(t *testing.T) {
	layer := func(settings any, fields map[string]any) Layer {
		l := d2ltest.Must(NewLayer("own0", "main.own", settings))(t)
		if settings == nil {
			l.Fields = d2ltest.Must(Fields(fields))(t)
		}
		return l
	}
	compare := func(saved, expected Layer) error {
		text := d2ltest.Must(describe([]shapes.Shape{shapes.Make(dtypes.Float32, 2)}, []Layer{saved}))(t)
		return d2ltest.Must(parseDescription(text))(t).Compare([]Layer{expected})
	}
	heads := func(n int) Layer { return layer(nil, map[string]any{"Heads": n, "Bias": false}) }
	for name, c := range map[string][2]Layer{
		"the same":           {heads(2), heads(2)},
		"none in the file":   {layer(nil, nil), heads(2)},
		"none any more":      {heads(2), layer(nil, nil)},
		"another one":        {heads(2), layer(nil, map[string]any{"Number": 3})},
		"one more":           {heads(2), layer(nil, map[string]any{"Heads": 2, "Size": 3, "Bias": false})},
		"Settings since":     {heads(2), layer(struct{ Bias bool }{}, nil)},
		"Settings of a zero": {layer(struct{ Bias bool }{}, nil), heads(2)},
	} {
		if err := compare(c[0], c[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	d2ltest.WantError(t, compare(heads(2), heads(4)), "layer own0 main.own had Heads:2, and has 4 here: give it that value")
	d2ltest.WantError(t, compare(heads(0), heads(4)), "had Heads:0, and has 4 here")
	_, err := Fields(map[string]any{"F": func() {}})
	d2ltest.WantError(t, err, "the field F of a layer cannot be saved")
}
