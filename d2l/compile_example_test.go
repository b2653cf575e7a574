package d2l_test

import (
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// The softmax of the book's section "Implementation of Softmax Regression from Scratch": each row of the result adds up
// to 1.
func ExampleCompile() {
	softmax := d2l.Compile(func(X *graph.Node) *graph.Node {
		exp := graph.Exp(X)
		return graph.Div(exp, graph.ReduceAndKeep(exp, graph.ReduceSum, 1))
	})
	fmt.Printf("%.2f\n", d2l.Must(softmax([][]float32{{0, 0, 0, 0}, {1, 2, 3, 4}})).Value())
	// Output: [[0.25 0.25 0.25 0.25] [0.03 0.09 0.24 0.64]]
}

// Gradient descent on x², as in the book's section "Gradient Descent": a step returns the new x and the old value.
func ExampleCompileN() {
	step := d2l.CompileN(func(x *graph.Node) []*graph.Node {
		f := graph.Square(x)
		gradient := graph.Gradient(f, x)[0]
		return []*graph.Node{graph.Sub(x, graph.MulScalar(gradient, 0.2)), f}
	})
	x := any(float32(10))
	for range 10 {
		results := d2l.Must(step(x))
		x = results[0]
	}
	fmt.Printf("%.4f\n", d2l.Must(step(x))[0].Value())
	// Output: 0.0363
}
