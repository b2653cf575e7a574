package xla

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Loop adds a loop to a graph and returns its last state. body gets the number of the round, int32 from 0 to below n,
// constants, and the state before the round; it returns the state after it and whether the loop goes on.
//
// body can use no other nodes of the graph: go-xla v0.4.5 refuses most operations on them, and their gradients are 0.
func Loop(n *graph.Node, constants, state []*graph.Node,
	body func(i *graph.Node, constants, state []*graph.Node) (next []*graph.Node, goOn *graph.Node)) []*graph.Node {
	g := n.Graph()
	// Numbers are nodes of their own, by Const: what AddScalar and its like take is one node a graph in GoMLX v0.28.8, and
	// part of the closure that came first.
	own := []*graph.Node{graph.Const(g, int32(0)), graph.Const(g, true), n}
	all := slices.Concat(own, constants, state)
	first := len(own) + len(constants) // Of the state.
	parameters := func() []*graph.Node {
		nodes := make([]*graph.Node, len(all))
		for i, s := range all {
			nodes[i] = graph.Parameter(g, fmt.Sprintf("loop %d", i), s.Shape())
		}
		return nodes
	}
	cond := graph.NewClosure(g, func(*graph.Graph) []*graph.Node {
		now := parameters()
		return []*graph.Node{graph.LogicalAnd(now[1], graph.LessThan(now[0], now[2]))}
	})
	round := graph.NewClosure(g, func(*graph.Graph) []*graph.Node {
		now := parameters()
		next, goOn := body(now[0], now[len(own):first], now[first:])
		i := graph.Add(now[0], graph.Const(g, int32(1)))
		return slices.Concat([]*graph.Node{i, goOn}, now[2:first], next)
	})
	return graph.While(cond, round, all...)[first:]
}

// Zeros returns an array of zeros that shares no node with others in the graph, unlike graph.Zeros.
func Zeros(g *graph.Graph, shape shapes.Shape) *graph.Node {
	return graph.BroadcastToShape(graph.Const(g, shapes.CastAsDType(0, shape.DType)), shape)
}

// At returns the i-th of the arrays in x, along its first axis.
func At(x, i *graph.Node) *graph.Node {
	sizes := x.Shape().Clone().Dimensions
	sizes[0] = 1
	return graph.Reshape(graph.DynamicSlice(x, starts(x, i), sizes), sizes[1:]...)
}

// SetAt returns x with the i-th of its arrays, along its first axis, replaced.
func SetAt(x, i, value *graph.Node) *graph.Node {
	return graph.DynamicUpdateSlice(x, graph.ExpandAxes(value, 0), starts(x, i))
}

// starts returns the indices at which the i-th array in x begins.
func starts(x, i *graph.Node) []*graph.Node {
	at := []*graph.Node{i}
	for range x.Rank() - 1 {
		at = append(at, graph.Const(x.Graph(), int32(0)))
	}
	return at
}
