package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// keepFrozen returns a function that freezes again what SetTrainable has frozen: layers say anew that their parameters are
// learnt whenever a program is compiled, GoMLX's batch normalization for one. What they say first is kept in n.learnt.
func (n *Net) keepFrozen(scope *model.Scope) (again func()) {
	var frozen []*model.Variable
	for v := range scope.IterVariables() {
		if !v.Trainable {
			frozen = append(frozen, v)
		}
	}
	return func() {
		for v := range scope.IterVariables() {
			if _, known := n.learnt[v.Path()]; !known {
				n.learnt[v.Path()] = v.Trainable
			}
		}
		for _, v := range frozen {
			v.SetTrainable(false)
		}
	}
}

// requireTrained panics if a step uses no parameter that is trained.
func requireTrained(net *model.Scope, g *graph.Graph) {
	for v := range net.IterVariables() {
		if v.InUseByGraph(g) && v.Trainable {
			return
		}
	}
	panic("there is nothing to train: the layers have no parameters, or SetTrainable(false) was called for all of them")
}

// requireSame returns an error if SetTrainable has been called since a step was compiled.
func (t *Trainer) requireSame() error {
	for v, trained := range t.trained {
		if v.Trainable != trained {
			return fmt.Errorf("SetTrainable was called for %s after the first step, whose program has what is trained: "+
				"make a new Trainer", v.Path())
		}
	}
	return nil
}
