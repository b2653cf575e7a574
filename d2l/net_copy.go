package d2l

import (
	"fmt"
	"maps"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/ml/model"
)

// CopyTo returns a net of its own with a copy of n's parameters on device, which may be the one where they are:
// to keep the best net of a training, say. It shares n's layers. It is an error before the first batch, when there are
// no parameters.
func (n *Net) CopyTo(device Device) (*Net, error) {
	requireMade(n, "Net.CopyTo", "NewNet")
	if n.store == nil || !n.input.Ok() {
		return nil, errNoParameters
	}
	if _, _, err := device.Backend(); err != nil {
		return nil, err
	}
	store, err := n.copyStore()
	if err != nil {
		return nil, fmt.Errorf("copying the net from %v to %v: %w", n.device, device, err)
	}
	if err := store.SetRNGStateFromSeed(nextSeed()); err != nil {
		return nil, err
	}
	return &Net{
		layer: n.layer, store: store, device: device, init: n.init, input: n.input, loops: map[loopShape]forwardLoop{},
		trained: n.trained, savedTo: n.savedTo, learnt: maps.Clone(n.learnt), counted: maps.Clone(n.counted),
	}, nil
}

// copyStore returns a copy, in the memory of the host, of the net's variables;
// those of optimizers are left out.
func (n *Net) copyStore() (*model.Store, error) {
	store := model.NewStore()
	for v := range n.store.Scope(netScope).IterVariables() {
		value, err := xla.HostValue(v)
		if err != nil {
			return nil, err
		}
		created, err := store.Scope(v.Scope()).CreateVariable(v.Name(), value)
		if err != nil {
			return nil, err
		}
		created.SetTrainable(v.Trainable)
	}
	return store, nil
}
