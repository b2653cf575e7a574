package d2l

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestCompile(t *testing.T) {
	device := d2ltest.Device(CPU, GPU)
	builds := 0
	add := Compile(func(x, y *graph.Node) *graph.Node { builds++; return graph.Add(x, y) }, device)
	for range 2 {
		for _, n := range []int{2, 3} {
			x := tensors.FromFlatDataAndDimensions(d2ltest.Wave(n, 1, n), n)
			sum := d2ltest.Must(add(x, x))(t)
			if number, err := sum.Device(); err != nil || int(number) != device.index {
				t.Errorf("the sum is on device %d (%v), expected %v", number, err, device)
			}
			want := d2ltest.Wave(n, 2, n)
			d2ltest.Near(t, "x + x", tensors.MustCopyFlatData[float32](sum), want, 1e-6)
		}
	}
	if builds != 2 {
		t.Errorf("compiled %d times for two shapes", builds)
	}
	// After an error the function goes on.
	_, err := add([]float32{1, 2}, []float32{1, 2, 3})
	d2ltest.WantError(t, err, "computing a function of (Float32)[2], (Float32)[3]", "dimension")
	d2ltest.Must(add(float32(1), float32(2)))(t)

	all := CompileN(func(x []*graph.Node) (*graph.Node, *graph.Node) { return x[0], x[len(x)-1] }, device)
	if results := d2ltest.Must(all(int32(1), int32(2), int32(3)))(t); len(results) != 2 || results[1].Value() != int32(3) {
		t.Errorf("the first and the last of 1, 2, 3 are %v", results)
	}
}

func TestCompileMisuse(t *testing.T) {
	double := Compile(func(x *graph.Node) *graph.Node { return graph.Add(x, x) })
	list := CompileN(func(x []*graph.Node) []*graph.Node { return x })
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"nil":             {func() { Compile[func(*graph.Node) *graph.Node](nil) }, "takes a function of nodes"},
		"of a graph":      {func() { Compile(func(*graph.Graph) *graph.Node { return nil }) }, "takes a function of nodes"},
		"too few":         {func() { double() }, "takes 1 arguments, got 0"},
		"too many":        {func() { double(1, 2) }, "takes 1 arguments, got 2"},
		"none of many":    {func() { list() }, "takes 1 arguments, got 0"},
		"no array":        {func() { double("a") }, "argument 0 of a compiled function, of type string"},
		"nothing":         {func() { double(nil) }, "of type <nil>"},
		"no tensor":       {func() { double((*tensors.Tensor)(nil)) }, "of type *tensors.Tensor"},
		"rows that vary":  {func() { double([][]float32{{1}, {1, 2}}) }, "rows of slices"},
		"several devices": {func() { Compile(func(x *graph.Node) *graph.Node { return x }, CPU(0), CPU(1)) }, "one device"},
	} {
		t.Run(name, func(t *testing.T) { d2ltest.WantPanic(t, c.f, c.want) })
	}
}
