package d2l

import (
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Shapes and types are known when a graph is built, values only when it runs. A layer that demands something of
// values has the output NaN for others, which no step and no metric takes, and notes the demand, by which a net says
// what is wrong.

// A demand is what a layer demands of the values of x.
type demand struct {
	x *graph.Node
	// unmet returns what is wrong with values, and what to do; nothing if they meet the demand. Their name is empty
	// if they are no input of the net.
	unmet func(name string, x *tensors.Tensor) (cause, remedy string, err error)
	input int // Which of the net's inputs x is, -1 if it is none of them.
}

// demandsParameter is where a graph has the demands of its layers.
const demandsParameter = "/demands"

func demandsIn(g *graph.Graph) []demand {
	if all, ok := model.GetGraphParam(g, demandsParameter); ok {
		return all.([]demand)
	}
	return nil
}

// note adds a demand to its graph. In a closure, such as the body of a loop, it does not: nothing outside sees its
// nodes.
func (d demand) note() {
	if g := d.x.Graph(); g.IsMainFunc() {
		model.SetGraphParam(g, demandsParameter, append(demandsIn(g), d))
	}
}

// demanded returns those nodes of which the graph of the net's inputs has demands that are no inputs.
func demanded(inputs []*graph.Node) (nodes []*graph.Node) {
	all := demandsIn(inputs[0].Graph())
	for i := range all {
		all[i].input = slices.Index(inputs, all[i].x)
		if all[i].input < 0 {
			nodes = append(nodes, all[i].x)
		}
	}
	return nodes
}

// unmetIn returns what is wrong with X and the values of demanded, and what to do; nothing if all demands are met.
func unmetIn(demands []demand, X, demanded []*tensors.Tensor) (cause, remedy string, err error) {
	for _, d := range demands {
		if d.input >= 0 {
			cause, remedy, err = d.unmet(inputName(d.input, X), X[d.input])
		} else {
			cause, remedy, err = d.unmet("", demanded[0])
			demanded = demanded[1:]
		}
		if err != nil || cause != "" {
			return cause, remedy, err
		}
	}
	return "", "", nil
}

// meetDemands returns the outputs of a graph for X without those of demanded, which are the last, or an error if a
// demand is not met.
func meetDemands(g *graph.Graph, X, outputs []*tensors.Tensor) ([]*tensors.Tensor, error) {
	demands, end := demandsIn(g), len(outputs)
	for _, d := range demands {
		if d.input < 0 {
			end--
		}
	}
	if err := unmetError(unmetIn(demands, X, outputs[end:])); err != nil {
		return nil, err
	}
	for _, x := range outputs[end:] {
		if err := x.FinalizeAll(); err != nil { // Go does not see its memory.
			return nil, err
		}
	}
	return outputs[:end], nil
}

// unmetError returns the results of unmetIn or unmetDemand as an error, nil if there is nothing wrong.
func unmetError(cause, remedy string, err error) error {
	if err == nil && cause != "" {
		err = fmt.Errorf("%s: %s", cause, remedy)
	}
	return err
}

// unmetDemand returns what is wrong with X for a layer of the net, and what to do; nothing if all demands are met. It
// runs layers to find it.
func (n *Net) unmetDemand(X []*tensors.Tensor) (cause, remedy string, err error) {
	var demands []demand
	p, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		n.forward(scope, inputs...)
		nodes := demanded(inputs)
		demands = demandsIn(inputs[0].Graph())
		return append(nodes, inputs[0]) // A program has an output.
	}})
	if err != nil {
		return "", "", err
	}
	defer p.Finalize()
	outputs, err := p.Call(X...)
	if err != nil {
		return "", "", err
	}
	return unmetIn(demands, X, outputs)
}

// inLayers returns where a scope is in the net, such as "layer embedding0".
func inLayers(scope *model.Scope) string {
	_, path, _ := strings.Cut(scope.Scope(), netScope)
	if path = strings.TrimPrefix(path, "/"); path == "" {
		return "the net's layer"
	}
	return "layer " + path
}
