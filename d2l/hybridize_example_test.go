package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

func addNodes(a, b *graph.Node) *graph.Node { return graph.Add(a, b) }

// The book's section "Compilers and Interpreters". A function of nodes builds a graph, which XLA compiles as a whole
// when it is first called with arguments of these shapes; so it is with a net. There is nothing to hybridize.
func Example_hybridize() {
	fancyFunc := d2l.Compile(func(a, b, c, d *graph.Node) *graph.Node { return addNodes(addNodes(a, b), addNodes(c, d)) })
	fmt.Println(d2l.Must(fancyFunc(float32(1), float32(2), float32(3), float32(4))).Value())

	net := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 256, Activation: d2l.ReLU}, d2l.Dense{Units: 128, Activation: d2l.ReLU}, d2l.Dense{Units: 2},
	})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	x, timer := d2l.Randn(1, 512), d2l.NewTimer()
	fmt.Println(d2l.ShapeOf(d2l.Must(net.Forward(x))))
	fmt.Fprintf(os.Stderr, "compiled and called: %.4f sec\n", timer.Stop())
	timer.Start()
	for range 1000 {
		d2l.Must(net.Forward(x)) // Returns when it has been computed.
	}
	fmt.Fprintf(os.Stderr, "called 1000 times: %.4f sec\n", timer.Stop())

	path := filepath.Join(os.TempDir(), "my_mlp.params")
	defer os.Remove(path)
	d2l.Check(net.SaveParameters(path))
	fmt.Println("more than 600 kB:", d2l.Must(os.Stat(path)).Size() > 600_000)
	// Output:
	// 10
	// (1, 2)
	// more than 600 kB: true
}
