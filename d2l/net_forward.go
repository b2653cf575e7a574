package d2l

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Forward computes the net's output for the batch X, of shape (batch, classes)
// for a classifier, on the net's device, in inference mode: no dropout, batch
// normalization with its running statistics. X is copied to the device where
// necessary and stays the caller's. A net of several inputs takes as many arrays (see
// Layer), each with a row for each example.
func (n *Net) Forward(X ...*tensors.Tensor) (*tensors.Tensor, error) {
	requireMade(n, "Net.Forward", "NewNet")
	outputs, err := n.infers("Net.Forward", &n.infer, false, X)
	if err != nil {
		return nil, err
	}
	return outputs[0], nil
}

// ForwardN computes what Forward does, and returns all outputs that the method ForwardN of the net's layer returns (see
// Layer), in order: attention weights after the output of a decoder, say, or the last state of a GRU. That method is
// called for one input, too. A layer without it has one output. Errors are those of Forward.
//
// Book: none; there a block keeps such arrays itself, as attention_weights, section "Bahdanau Attention".
func (n *Net) ForwardN(X ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	requireMade(n, "Net.ForwardN", "NewNet")
	return n.infers("Net.ForwardN", &n.inferN, true, X)
}

// infers runs the program of Forward or ForwardN.
func (n *Net) infers(function string, program **xla.Program, all bool, X []*tensors.Tensor) ([]*tensors.Tensor, error) {
	requireInputs(function, X)
	if n.store == nil {
		return nil, errNoParameters
	}
	infer, err := n.inference(program, all)
	if err != nil {
		return nil, err
	}
	g, outputs, err := n.run(infer, X)
	if err == nil {
		outputs, err = meetDemands(g, X, outputs)
	}
	if err != nil {
		return nil, fmt.Errorf("computing the net's output for X of shape %v: %w", textOf(X), err)
	}
	return outputs, nil
}

// inference returns the program of Forward, or, for all outputs, ForwardN, which it makes if there is none yet. After
// the outputs it returns those of demanded.
func (n *Net) inference(program **xla.Program, all bool) (*xla.Program, error) {
	if *program != nil {
		return *program, nil
	}
	var err error
	*program, err = n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		return slices.Concat(n.forwardN(scope, inputs, all), demanded(inputs))
	}})
	return *program, err
}

// run runs a program with a batch, the net's first one or another. It also returns the program's graph.
func (n *Net) run(p *xla.Program, X []*tensors.Tensor) (g *graph.Graph, outputs []*tensors.Tensor, err error) {
	if err := requireBatch(X); err != nil {
		return nil, nil, err
	}
	if g, err = p.Compile(X...); err != nil {
		return nil, nil, err
	}
	if err := n.draw(p, shapesOf(X)...); err != nil {
		return nil, nil, err
	}
	outputs, err = p.Call(X...)
	return g, outputs, err
}

// forward applies the net's layers, and returns the first of their outputs.
func (n *Net) forward(scope *model.Scope, inputs ...*graph.Node) *graph.Node {
	return n.forwardN(scope, inputs, false)[0]
}

// forwardN applies the net's layers, and returns all their outputs, or else the first. Sequential names those of its
// own that panic; any other net counts as one layer.
func (n *Net) forwardN(scope *model.Scope, inputs []*graph.Node, all bool) (outputs []*graph.Node) {
	defer n.keepFrozen(scope)()
	outputs = n.layers(scope, inputs, all)
	requireNoTwin(n.layer, scope.Store())
	return outputs
}

// layers applies the layers, whatever store the scope is in, and returns all their outputs, or else the first.
func (n *Net) layers(scope *model.Scope, inputs []*graph.Node, all bool) (outputs []*graph.Node) {
	defer func() {
		if had := len(n.input); had > 0 && had != len(inputs) {
			if e := recover(); e != nil {
				panic(fmt.Errorf("the batch has %d inputs, and an earlier one had %d: %w", len(inputs), had, report.PanicError(e)))
			}
		}
	}()
	if s, ok := n.layer.(Sequential); ok {
		outputs = s.forward(scope, inputs, all)
	} else {
		outputs = forwardStep(n.layer.Kind(), n.layer, scope, inputs, all)
	}
	if !all {
		outputs = outputs[:1]
	}
	return outputs
}
