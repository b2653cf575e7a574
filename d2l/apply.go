package d2l

import (
	"fmt"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Apply adds the net to the graph of X, its inputs, and returns the first output that Forward would. It is for what is
// trained or computed through a net: the loss of a generator, which a discriminator judges, a layer on the features of
// a pretrained net, or a function of Compile whose gradient is taken with respect to X.
//
//	trainer.WithLoss(d2l.LossFunc(func(fake, _ *graph.Node) *graph.Node {
//		realOrFake := discriminator.Apply(fake)
//		return d2l.SigmoidBinaryCrossEntropyLoss{}.Forward(realOrFake, graph.OnesLike(realOrFake))
//	}))
//
// Gradients flow through the net to X. In a loss of the net's own Trainer, its parameters are also trained by what is
// computed here, and X counts in the running statistics. In a program of another net, and in a function of Compile, the
// parameters and statistics are only read, with the values that they have at each call.
//
// In a training step dropout drops, and batch normalization takes the statistics of the batch, as in PyTorch's training
// mode; in other programs, such as Forward and functions of Compile, the net infers. ApplyInference always infers.
//
// It panics, as functions of nodes do, if the net has no parameters yet (pass a batch through Forward first), or has
// Stateful layers. The program must run on the net's device alone: on another, or on several, its call returns an error.
// On a GPU, each step of a Trainer with such a loss is a call of its own.
//
// Book: net_D(fake_X), section "Generative Adversarial Networks".
func (n *Net) Apply(X ...*graph.Node) *graph.Node {
	return n.apply("Net.Apply", X)
}

// ApplyInference is Apply, but the net infers in training steps too, as in PyTorch's evaluation mode: for a pretrained
// net whose outputs, or features, a loss compares.
//
// Book: none; there a net is called in autograd.predict_mode.
func (n *Net) ApplyInference(X ...*graph.Node) *graph.Node {
	const function = "Net.ApplyInference"
	if len(X) == 0 || X[0] == nil {
		return n.apply(function, X) // It panics.
	}
	g := X[0].Graph()
	store := model.GetStore(g)
	if store == nil {
		return n.apply(function, X) // It panics.
	}
	training := store.IsTraining(g)
	store.SetTraining(g, false)
	defer store.SetTraining(g, training)
	return n.apply(function, X)
}

func (n *Net) apply(function string, X []*graph.Node) (y *graph.Node) {
	requireMade(n, function, "NewNet")
	// What it panics with are errors: after others, an executor of GoMLX waits forever.
	for _, x := range X {
		if x == nil {
			panic(fmt.Errorf("d2l: %s got an X that is nil", function))
		}
	}
	if len(X) == 0 {
		panic(fmt.Errorf("d2l: %s needs the net's input", function))
	}
	if n.store == nil {
		panic(fmt.Errorf("%s: %w", function, errNoParameters))
	}
	if len(n.Variables()) == 0 && !n.input.Ok() {
		panic(fmt.Errorf("%s: the net has no parameters yet: they are drawn when the first batch shows the shape of the input, as in "+
			"net.Forward(X)", function))
	}
	if isStateful(n) {
		panic(fmt.Errorf("d2l: %s takes no net with Stateful layers", function))
	}
	g := X[0].Graph()
	store := model.GetStore(g)
	if store == nil {
		panic(fmt.Errorf("d2l: %s is for losses, layers and functions of Compile", function))
	}
	path := fmt.Sprintf("/applying %p", n)
	if applying, ok := model.GetGraphParam(g, path); ok && applying.(bool) {
		panic(fmt.Errorf("d2l: a layer of the net calls %s of the net itself", function))
	}
	model.SetGraphParam(g, path, true)
	defer model.SetGraphParam(g, path, false)
	model.SetGraphParam(g, appliesParameter, true)
	if store == n.store {
		scope := n.store.RootScope().At("%s", netScope[1:])
		return n.forward(scope.WithInitializer(n.init(scope)), X...)
	}
	if store.GetVariable("/"+model.RNGStateVariableName) == nil { // Of a function of Compile; the net may draw numbers.
		if err := store.SetRNGStateFromSeed(nextSeed()); err != nil {
			panic(err)
		}
	}
	xla.Borrow(g, lent{n}, netScope, func(scope *model.Scope) { y = n.layers(scope, X, false)[0] })
	return y
}

// appliesParameter is where a graph has that nets are applied in it.
const appliesParameter = "/applies"

// applies reports whether gradients may be taken in a graph that is not one of training.
func applies(g *graph.Graph) bool {
	yes, ok := model.GetGraphParam(g, appliesParameter)
	return ok && yes.(bool)
}

// lent is a net as an xla.Lender.
type lent struct{ net *Net }

// Lent returns what programs of other nets read: see xla.Lender.
func (l lent) Lent() (*model.Store, compute.Backend, compute.DeviceNum, error) {
	if l.net.store == nil {
		return nil, nil, 0, errNoParameters
	}
	backend, number, err := l.net.device.Backend()
	return l.net.store, backend, number, err
}
