package d2l

import (
	"errors"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// drawParameters draws the parameters of a net that has not seen a batch, for
// examples like those of X.
//
// They are drawn by GoMLX in pure Go, whatever the device: it starts at once,
// where XLA takes longer to compile the drawing of a small net's parameters than
// its forward pass. What it cannot draw is left to the device's backend, which
// draws what has no value when it first computes with it.
func (n *Net) drawParameters(X *tensors.Tensor) error {
	if n.input != nil {
		return nil
	}
	p, err := n.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		n.forward(scope, inputs[0])
		panic(errBuilt) // The variables are there now; nothing is to be compiled.
	}, false)
	if err != nil {
		return err
	}
	defer p.finalize()
	if _, err := p.call(X); !errors.Is(err, errBuilt) {
		return err
	}
	pureGo, err := platformGo.start()
	if err != nil {
		return err
	}
	var failed error
	if exceptions.Try(func() { failed = n.store.InitializeVariables(pureGo, nil) }) != nil || failed != nil {
		return nil // The device's backend tries, and reports.
	}
	for v := range n.store.IterVariables() { // The generator of random numbers as well.
		if err := toHost(v); err != nil {
			return err
		}
	}
	return nil
}
