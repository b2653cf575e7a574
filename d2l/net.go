package d2l

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/janpfeifer/gonb/gonbui"
)

// Net is a network with parameters: a Layer, the values of its parameters, and
// the device they are on. Make one with NewNet and give it parameters with
// Initialize or LoadParameters; TrainCh5 initializes by itself.
//
// A Net may not be used by several goroutines at once.
//
// Book: none; there a block keeps its parameters itself.
type Net struct {
	layer  Layer
	store  *model.Store // nil until the net has parameters.
	init   Initializer
	device Device
	infer  *program
	// The Trainer whose optimizer's variables are in store, if there is one.
	trainer *Trainer
	input   shapes.Shape // Of one example, with its type; not Ok before the net has seen a batch.
}

// netScope is where the layers' variables are, apart from optimizers'.
const netScope = "/net"

// NewNet returns a net without parameters. It costs next to nothing, so that a
// notebook can keep one in a package-level variable, which is made anew for
// each cell.
//
// Book: none; there a block keeps its parameters itself.
func NewNet(layer Layer) *Net { return &Net{layer: layer} }

// errNoParameters is what using a net too early ends with.
var errNoParameters = func() error {
	const message = "the net has no parameters yet: call Initialize, LoadParameters or TrainCh5 first"
	if gonbui.IsNotebook {
		return errors.New(message + ", in this cell: each cell is a program of its own, so a net that another one trained comes from a file, by SaveParameters there and LoadParameters here")
	}
	return errors.New(message)
}()

// Initialize gives the net new parameters on device, drawn by init; whatever it
// had before is dropped. The parameters themselves are drawn when the first
// batch shows the shape of the input, as in the book's deferred initialization.
func (n *Net) Initialize(device Device, init Initializer) error {
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(nextSeed()); err != nil {
		return fmt.Errorf("seeding the parameters: %w", err)
	}
	n.use(store, device, init)
	return nil
}

// use replaces the net's parameters.
func (n *Net) use(store *model.Store, device Device, init Initializer) {
	if n.infer != nil {
		n.infer.finalize()
	}
	n.dropTrainer()
	if n.store != nil {
		n.store.Finalize()
	}
	n.store, n.device, n.init, n.infer, n.input = store, device, init, nil, shapes.Shape{}
}

// drop takes the net's parameters away, as before Initialize.
func (n *Net) drop() {
	device, init := n.device, n.init
	n.use(nil, device, init)
}

// dropTrainer gives back what the net's Trainer has compiled, which makes no
// further steps: Go does not see that memory.
func (n *Net) dropTrainer() {
	if n.trainer != nil {
		n.trainer.step.finalize()
	}
	n.trainer = nil
}

// Device returns where the net's parameters are and where it computes; a Trainer
// may use other devices beside it.
func (n *Net) Device() Device { return n.device }

// NumParameters returns how many numbers the net learns, 0 before it has seen
// its first batch.
func (n *Net) NumParameters() int {
	total := 0
	for _, p := range n.Parameters() {
		total += p.Shape().Size()
	}
	return total
}

// Parameters returns what the net learns, layer by layer; their paths are those
// of the layers, such as /net/conv0/weights. Before the first batch there are none.
func (n *Net) Parameters() []*model.Variable {
	if n.store == nil {
		return nil
	}
	var parameters []*model.Variable
	for v := range n.store.Scope(netScope).IterVariables() {
		if v.Trainable {
			parameters = append(parameters, v)
		}
	}
	return parameters
}

// Forward computes the net's output for the batch X, of shape (batch, classes)
// for a classifier, on the net's device, in inference mode: no dropout, batch
// normalization with its running statistics. X is copied to the device where
// necessary and stays the caller's.
func (n *Net) Forward(X *tensors.Tensor) (*tensors.Tensor, error) {
	if n.store == nil {
		return nil, errNoParameters
	}
	if n.infer == nil {
		p, err := n.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{n.forward(scope, inputs[0])}
		}, false)
		if err != nil {
			return nil, err
		}
		n.infer = p
	}
	if err := n.drawParameters(X); err != nil {
		return nil, fmt.Errorf("drawing the net's parameters for X of shape %v: %w", ShapeOf(X), err)
	}
	outputs, err := n.infer.call(X)
	if err != nil {
		return nil, fmt.Errorf("computing the net's output for X of shape %v: %w", ShapeOf(X), err)
	}
	return outputs[0], nil
}

// LayerOutput is what one layer makes of a batch.
//
// Book: none; the layers are called one by one there, in a loop.
type LayerOutput struct {
	Name  string // The layer's name in the net, such as conv0.
	Value *tensors.Tensor
}

// Shape returns the shape of the output.
func (o LayerOutput) Shape() Shape { return ShapeOf(o.Value) }

// Outputs computes the output of every layer for the batch X, in order, in
// inference mode. A net that is not a Sequential counts as one layer.
func (n *Net) Outputs(X *tensors.Tensor) ([]LayerOutput, error) {
	if n.store == nil {
		return nil, errNoParameters
	}
	var outputs []LayerOutput
	p, err := n.newProgram(func(scope *model.Scope, inputs []*graph.Node) (values []*graph.Node) {
		outputs = nil
		n.forwardEach(scope, inputs[0], func(name string, y *graph.Node) {
			outputs = append(outputs, LayerOutput{Name: name})
			values = append(values, y)
		})
		return values
	}, false)
	if err != nil {
		return nil, err
	}
	defer p.finalize()
	if err := n.drawParameters(X); err != nil {
		return nil, fmt.Errorf("drawing the net's parameters for X of shape %v: %w", ShapeOf(X), err)
	}
	values, err := p.call(X)
	if err != nil {
		return nil, fmt.Errorf("computing the layers' outputs for X of shape %v: %w", ShapeOf(X), err)
	}
	for i, value := range values {
		outputs[i].Value = value
	}
	return outputs, nil
}

// drawParameters draws the parameters of a net that has not seen a batch, for
// examples like those of X.
//
// They are drawn by GoMLX in pure Go, whatever the device: it starts at once,
// where XLA takes longer to compile the drawing of a small net's parameters than
// its forward pass. What it cannot draw is left to the device's backend, which
// draws what has no value when it first computes with it.
func (n *Net) drawParameters(X *tensors.Tensor) error {
	if n.input.Ok() {
		return nil
	}
	p, err := n.newProgram(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		n.forward(scope, inputs[0])
		panic(errBuilt) // The variables are there now; nothing is to be compiled.
	}, false)
	if err != nil {
		return err
	}
	defer p.finalize()
	if _, err := p.call(X); !errors.Is(err, errBuilt) {
		return err
	}
	pureGo, err := platformGo.start()
	if err != nil {
		return err
	}
	var failed error
	if exceptions.Try(func() { failed = n.store.InitializeVariables(pureGo, nil) }) != nil || failed != nil {
		return nil // The device's backend tries, and reports.
	}
	for v := range n.store.IterVariables() { // The generator of random numbers as well.
		if err := toHost(v); err != nil {
			return err
		}
	}
	return nil
}

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
	return &Net{layer: n.layer, store: store, device: device, init: n.init, input: n.input}, nil
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
