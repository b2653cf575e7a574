package d2l

import (
	"fmt"
	"strings"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/gomlx/ml/model"
)

// Parameter returns one of the net's variables: by the name that it has in a file of
// SaveParameters, such as dense1.weight or batchnorm0.running_mean, or by its path, such as
// dense1/weights. The value has the layer's own axes, (in, out) for dense1.weight where
// files have (out, in). It is an error if there is none, as before the first batch.
//
// Book: net[1].weight, section "Parameter Management".
func (n *Net) Parameter(name string) (*model.Variable, error) {
	if n.store == nil {
		return nil, errNoParameters
	}
	named, err := weights.Names(n.store.Scope(netScope), n.stateRules())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range n.Variables() {
		if name == named[v] || name == v.Path() || netScope+"/"+name == v.Path() {
			return v, nil
		}
		names = append(names, named[v])
	}
	if names == nil {
		return nil, fmt.Errorf("the net has no parameters yet, so no %s: they are drawn when the first batch shows the "+
			"shape of the input, as in net.Forward(X)", name)
	}
	return nil, fmt.Errorf("the net has no parameter %s, but %.400s", name, strings.Join(names, ", "))
}

// Variables returns all that the net keeps, layer by layer: its Parameters and what is not
// learnt by gradients, such as the running statistics of batch normalization. Before the
// first batch there are none.
//
// Book: net.collect_params, section "Parameter Management".
func (n *Net) Variables() (all []*model.Variable) {
	if n.store == nil {
		return nil
	}
	for v := range n.store.Scope(netScope).IterVariables() {
		all = append(all, v)
	}
	return all
}
