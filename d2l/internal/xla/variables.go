package xla

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Draw gives the variables that have no values their initial ones, in the memory of the host.
//
// GoMLX in pure Go draws them, whatever the device: it starts at once, while XLA takes longer to compile the drawing of
// a small net's parameters than its forward pass. What it cannot draw, the program's backend does.
func (p *Program) Draw() error {
	store := p.config.Store
	if !hasUnset(store) {
		p.made = nil
		return nil
	}
	pureGo, err := Go.Start()
	if err != nil {
		return err
	}
	drawOn := func(backend compute.Backend) error {
		return recovered(func() error { return store.InitializeVariables(backend, nil) })
	}
	if drawOn(pureGo) != nil {
		if err := drawOn(p.config.Backend); err != nil {
			return err
		}
	}
	for v := range store.IterVariables() { // The state of the random generator as well.
		if err := toHost(v); err != nil {
			return err
		}
	}
	p.made = nil
	return nil
}

// hasUnset reports whether there are variables without values.
func hasUnset(store *model.Store) bool {
	for v := range store.IterVariables() {
		if !v.HasValue() {
			return true
		}
	}
	return false
}

// toHost moves a variable's value to the memory of the host.
func toHost(v *model.Variable) error {
	value, err := HostValue(v)
	if err != nil {
		return err
	}
	return v.SetValue(value)
}

// HostValue returns a copy of a variable's value in the memory of the host.
func HostValue(v *model.Variable) (*tensors.Tensor, error) {
	value, err := v.Value()
	if err != nil {
		return nil, err
	}
	return value.LocalClone()
}
