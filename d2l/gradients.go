package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// requireGradients panics if GoMLX v0.28.8 would give a parameter that the graph of the
// loss reads the gradient 0 though it has another: if a closure, as of graph.If, reads
// what was computed from the parameter outside of it. So it does if the loss does not
// depend on the parameter at all, or if it depends on all of them by graph.StopGradient alone.
func requireGradients(store *model.Store, loss *graph.Node) {
	g := loss.Graph()
	from := map[*graph.Node]string{} // A parameter from which each node is computed.
	for v := range store.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			from[v.NodeValue(g)] = v.Path()
		}
	}
	for _, n := range g.Nodes() { // Inputs come before what is computed from them.
		for _, input := range n.Inputs() {
			path, ok := from[input]
			if !ok || n.StopGradient() {
				continue
			}
			if input.Function() != n.Function() {
				panic(fmt.Sprintf("d2l: a closure, as of graph.If or graph.While, reads what is computed from %s outside of it, "+
					"where GoMLX gives it the gradient 0: use graph.Where, or make it part of the state of graph.While", path))
			}
			from[n] = path
		}
	}
	reached, learns, some := behind(loss, true), behind(loss, false), false
	for v := range store.IterVariables() {
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		if !reached[v.NodeValue(g)] {
			panic(fmt.Sprintf("d2l: a layer reads the parameter %s, but no gradient reaches it, so that it would not be trained: "+
				"use it (of several outputs of a net a loss gets the first, and a LossFuncN all), and in place of graph.If, where GoMLX loses it, graph.Where; "+
				"or call SetTrainable(false) of it, and of others that are not to learn", v.Path()))
		}
		some = some || learns[v.NodeValue(g)]
	}
	if len(from) > 0 && !some {
		panic("d2l: no gradient reaches any of the net's parameters, so that nothing would be trained: graph.StopGradient stands " +
			"between all of them and the loss")
	}
}

// behind returns the nodes that a node is computed from, also through graph.StopGradient or not.
func behind(node *graph.Node, stopped bool) map[*graph.Node]bool {
	reached := map[*graph.Node]bool{}
	for todo := []*graph.Node{node}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[n] {
			continue
		}
		reached[n] = true
		if stopped || !n.StopGradient() {
			todo = append(todo, n.Inputs()...)
		}
	}
	return reached
}
