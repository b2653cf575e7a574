package d2l

import (
	"cmp"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// keepFrozen returns a function that freezes again what SetTrainable has frozen: layers say anew that their parameters are
// learnt whenever a program is compiled, GoMLX's batch normalization for one.
func keepFrozen(scope *model.Scope) (again func()) {
	var frozen []*model.Variable
	for v := range scope.IterVariables() {
		if !v.Trainable {
			frozen = append(frozen, v)
		}
	}
	return func() {
		for _, v := range frozen {
			v.SetTrainable(false)
		}
	}
}

// requireTrained panics if SetTrainable has frozen all parameters that a step uses.
func requireTrained(net *model.Scope, g *graph.Graph) {
	frozen := ""
	for v := range net.IterVariables() {
		switch {
		case !v.InUseByGraph(g):
		case v.Trainable:
			return
		default:
			frozen = cmp.Or(frozen, v.Path())
		}
	}
	if frozen != "" {
		panic(fmt.Sprintf("there is nothing to train: SetTrainable(false) was called for all parameters, as for %s", frozen))
	}
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
