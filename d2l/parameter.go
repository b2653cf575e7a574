package d2l

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/gonb/gonbui"
)

// errNoParameters is the error for a net that is used too early.
var errNoParameters = func() error {
	const message = "the net has no parameters yet: call its Initialize, as in net.Initialize(d2l.TryGPU(0), d2l.Xavier), or " +
		"LoadParameters or TrainCh5 first"
	if gonbui.IsNotebook {
		return errors.New(message + ", in this cell: each cell is a program of its own, so a net that another one " +
			"trained comes from a file, by SaveParameters there and LoadParameters here")
	}
	return errors.New(message)
}()

// Parameter returns one of the net's variables: by the name that it has in a file of
// SaveParameters, such as dense1.weight or batchnorm0.running_mean, or by its path, such as
// dense1/weights. The value has the layer's own axes, (in, out) for dense1.weight where
// files have (out, in). It is an error if there is none, as before the first batch. To
// change the value, call SetParameter: the variable's own SetValue takes any shape. To
// freeze it, call its SetTrainable(false) before a Trainer's first step; Initialize, and so
// TrainCh5, draws all parameters anew, and trains all. (Running statistics go on all the same, as in
// PyTorch: BatchNorm's UseGlobalStats and the optimizer's WithRates keep them.) What is frozen stays
// so in LoadParameters and CopyTo. A variable is the net's until Initialize or LoadParameters. Its NodeValue
// is for graphs of this net, as in a loss of its Trainer: in a graph of another net GoMLX would take that
// net's variable of the same path, without an error. There call Apply.
//
// Book: net[1].weight, section "Parameter Management".
func (n *Net) Parameter(name string) (*model.Variable, error) {
	requireMade(n, "Net.Parameter", "NewNet")
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

// SetParameter gives one of the net's variables a value, which stays the caller's: a tensor, or what
// tensors.FromValue makes one of, such as [][]float32. Names and axes are those of Parameter. It is
// an error if there is no such variable, or if it has another shape or type; then nothing changes.
// What files hold has other axes: LoadParameters and LoadMatchingParameters turn it.
//
// Of BatchNorm, num_batches_tracked also takes one whole number, as PyTorch has it. If that is not
// given, before or after them, a running_mean or running_var counts as that of ten batches at least:
// else the next steps would replace it (see BatchNorm).
//
// Book: net[0].weight.set_data, section "Parameter Management".
func (n *Net) SetParameter(name string, value any) error {
	requireMade(n, "Net.SetParameter", "NewNet")
	v, err := n.Parameter(name)
	if err != nil {
		return err
	}
	var given *tensors.Tensor
	if value != nil {
		if given, err = tensors.FromAnyValue(value); err != nil {
			return fmt.Errorf("the value of %s: %w", name, err)
		}
	}
	if given != nil && !given.Ok() {
		return fmt.Errorf("the value for %s is gone: a step has replaced it, or its memory was freed; before that take a copy, "+
			"by its LocalClone or d2l.Values", name)
	}
	counts := isBatchCount(n, v)
	if counts && given != nil {
		if given, err = countForAll(v, given); err != nil {
			return fmt.Errorf("the value of %s: %w", name, err)
		}
	}
	if given == nil || !given.Shape().Equal(v.Shape()) {
		got := "nil"
		if given != nil {
			got = given.Shape().String()
		}
		return fmt.Errorf("%s takes a value of the shape %v, got %s", name, v.Shape(), got)
	}
	given, err = given.LocalClone()
	if err != nil {
		return fmt.Errorf("the value of %s: %w", name, err)
	}
	count, kept, err := keptStatistics(n, v)
	if err != nil {
		return fmt.Errorf("the number of batches beside %s: %w", name, err)
	}
	n.savedTo = ""
	if count != nil {
		if err := count.SetValue(kept); err != nil {
			return fmt.Errorf("the number of batches beside %s: %w", name, err)
		}
	}
	if counts {
		n.counted[v.Path()] = true
	}
	return v.SetValue(given)
}

// NamedParameters iterates over the net's Parameters in their order, each with its name in files, such as
// dense1.weight: to freeze those of some layers, for example. Before the first batch there are none.
//
//	for name, p := range net.NamedParameters() {
//		p.SetTrainable(strings.HasPrefix(name, "dense1."))
//	}
//
// Book: none; PyTorch's named_parameters, section "Parameter Management".
func (n *Net) NamedParameters() iter.Seq2[string, *model.Variable] {
	requireMade(n, "Net.NamedParameters", "NewNet")
	return func(yield func(string, *model.Variable) bool) {
		if n.store == nil {
			return
		}
		names, err := weights.Names(n.store.Scope(netScope), n.stateRules())
		if err != nil { // Of layers of the program's own.
			panic(err)
		}
		for _, p := range n.Parameters() {
			if !yield(names[p], p) {
				return
			}
		}
	}
}

// Variables returns all that the net keeps, layer by layer: its Parameters and what is not
// learnt by gradients, such as the running statistics of batch normalization. Before the
// first batch there are none.
//
// Book: net.collect_params, section "Parameter Management".
func (n *Net) Variables() (all []*model.Variable) {
	requireMade(n, "Net.Variables", "NewNet")
	if n.store == nil {
		return nil
	}
	for v := range n.store.Scope(netScope).IterVariables() {
		all = append(all, v)
	}
	return all
}
