package d2l

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// A finiteStep makes a step do all that it does or nothing: where its loss is no
// sensible number, or a new value of any variable is not finite, all variables keep the values that they
// have, running statistics, an optimizer's state and the state of the random
// generator among them. XLA decides that on the device, inside of the step's
// program: the old values are gone once it has run.
type finiteStep struct {
	// The variables that steps change. The list only grows, so that a place in it
	// means the same variable in the programs of all shapes of batch.
	changed []string
}

// mostLoss is the mean loss from which on training counts as diverged: float32
// cannot tell losses that differ by 1 apart there, and a guess at random among a
// million classes has 14.
const mostLoss = 1 << 24

// guard, called once everything that the step changes is known, puts the old values
// in place of the new ones unless the loss is below mostLoss and all of them are finite. It
// returns the answers: for the loss, and for each of changed.
func (s *finiteStep) guard(store *model.Store, loss *graph.Node) *graph.Node {
	g := loss.Graph()
	var changed []*model.Variable
	for v := range store.IterVariables() {
		if !v.ChangedInGraph(g) {
			continue
		}
		changed = append(changed, v)
		if !slices.Contains(s.changed, v.Path()) {
			s.changed = append(s.changed, v.Path())
		}
	}
	finite := make([]*graph.Node, 1+len(s.changed))
	for i := range finite {
		finite[i] = graph.Const(g, true)
	}
	finite[0] = graph.LessThan(graph.Abs(loss), graph.Scalar(g, loss.DType(), mostLoss)) // False for NaN.
	for _, v := range changed {
		if v.DType().IsFloat() {
			finite[1+slices.Index(s.changed, v.Path())] = graph.LogicalAll(graph.IsFinite(v.NodeValue(g)))
		}
	}
	each := graph.Concatenate(finite, 0)
	all := graph.LogicalAll(each)
	for _, v := range changed {
		v.SetNodeValue(graph.Where(all, v.NodeValue(g), g.GetParameterByName(v.Path())))
	}
	return each
}
