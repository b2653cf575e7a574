package xla

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// A Lender has variables that programs with variables of their own read.
type Lender interface {
	// Lent returns the store with the variables, nil if there are none yet, and the device they are on.
	Lent() (*model.Store, compute.Backend, compute.DeviceNum, error)
}

// borrowed are the variables of a lender in a graph. GoMLX v0.28.8 takes variables of two stores for one in a graph if they
// have the same path, so here they have paths of their own.
type borrowed struct {
	lender Lender
	store  *model.Store // Its variables share the values of the lender's.
	prefix string       // Of the paths.
}

// borrowedParameter is where a graph has what it has borrowed.
const borrowedParameter = "/borrowed"

func borrowedBy(g *graph.Graph) []*borrowed {
	if all, ok := model.GetGraphParam(g, borrowedParameter); ok {
		return all.([]*borrowed)
	}
	return nil
}

// Borrows reports whether a graph reads variables of a lender.
func Borrows(g *graph.Graph) bool { return len(borrowedBy(g)) > 0 }

// BorrowedValues returns the variables of lenders that a graph reads, with their values in the last call.
func BorrowedValues(g *graph.Graph) (all []*model.Variable) {
	for _, b := range borrowedBy(g) {
		for v := range b.store.IterVariables() {
			if strings.HasPrefix(v.Path(), b.prefix) {
				all = append(all, v)
			}
		}
	}
	return all
}

// Borrow calls build with a scope in which the lender's variables are, to be read in the graph g. They are not trained, and
// changes that build makes to them do not last. It panics if there are no variables, or if build makes new ones. A
// program with such a graph gets the values that the lender has when it is called.
func Borrow(g *graph.Graph, lender Lender, scope string, build func(scope *model.Scope)) {
	all := borrowedBy(g)
	i := slices.IndexFunc(all, func(b *borrowed) bool { return b.lender == lender })
	if i < 0 {
		i = len(all)
		b := &borrowed{lender, model.NewStore(), fmt.Sprintf("/borrowed%d", i)}
		from, _, _, err := lender.Lent()
		if err != nil {
			panic(err)
		}
		for v := range from.Scope(scope).IterVariables() {
			value, err := v.Value()
			if err != nil {
				panic(err)
			}
			if _, err := b.store.CreateVariable(b.prefix+v.Path(), value); err != nil {
				panic(err)
			}
		}
		all = append(all, b)
		model.SetGraphParam(g, borrowedParameter, all)
	}
	b := all[i]
	// The state of the random generator is that of the program's store, which is then in the graph by the same path.
	model.GetStore(g).GetVariable("/" + model.RNGStateVariableName).NodeValue(g)
	has := b.count()
	build(b.store.Scope(b.prefix + scope))
	if b.count() > has {
		panic("the net has no parameters for such an input: pass a batch of its shape through Forward first")
	}
	b.keepUnchanged(g)
}

func (b *borrowed) count() (n int) {
	for v := range b.store.IterVariables() {
		if strings.HasPrefix(v.Path(), b.prefix) {
			n++
		}
	}
	return n
}

// keepUnchanged undoes the changes of variables in a graph: after a change GoMLX would give their values away.
func (b *borrowed) keepUnchanged(g *graph.Graph) {
	for v := range b.store.IterVariables() {
		if v.ChangedInGraph(g) && strings.HasPrefix(v.Path(), b.prefix) {
			v.SetNodeValue(g.GetParameterByName(v.Path()))
		}
	}
}

// renew gives the variables the values that those of the lender have, for a call of p.
func (b *borrowed) renew(p *Program) error {
	from, backend, device, err := b.lender.Lent()
	if err != nil {
		return err
	}
	if backend != p.config.Backend || len(p.config.Devices) > 1 || device != p.config.Devices[0] {
		return errors.New("a net that is applied to what another one computes is on the same device, and on one alone: " +
			"initialize both there, or CopyTo it")
	}
	for v := range b.store.IterVariables() {
		path, ok := strings.CutPrefix(v.Path(), b.prefix)
		if !ok {
			continue
		}
		lent := from.GetVariable(path)
		if lent == nil || !lent.HasValue() || !lent.Shape().Equal(v.Shape()) {
			return fmt.Errorf("the net that is applied has other parameters than when this was compiled, or none (%s): "+
				"make a new Trainer, or compile the function anew", path)
		}
		value, err := lent.Value()
		if err != nil {
			return err
		}
		if err := v.SetValuePreservingOld(value); err != nil {
			return err
		}
	}
	return nil
}
