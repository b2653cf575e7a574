package d2l

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/ml/model"
)

// CopyTo returns a net with a copy of n's parameters on device, or n itself if
// that is where they are already. It shares n's layers.
func (n *Net) CopyTo(device Device) (*Net, error) {
	if device == n.device || n.store == nil {
		return n, nil
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
	return &Net{layer: n.layer, store: store, device: device, init: n.init, input: slices.Clone(n.input)}, nil
}

// copyStore returns a copy, in the memory of the host, of the net's variables;
// those of optimizers are left out.
func (n *Net) copyStore() (*model.Store, error) {
	store := model.NewStore()
	for v := range n.store.Scope(netScope).IterVariables() {
		value, err := hostValue(v)
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
