package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/gonb/gonbui"
)

// Net is a network with parameters: a Layer, the values of its parameters, and
// the device they are on. Make one with NewNet and give it parameters with
// Initialize or LoadParameters; TrainCh5 initializes it.
//
// A Net may not be used by several goroutines at once.
//
// Book: none; there a block keeps its parameters itself.
type Net struct {
	layer  Layer
	store  *model.Store // nil until the net has parameters.
	init   Initializer
	device Device
	infer  *xla.Program // Forward.
	// The step of the Trainer whose optimizer's variables are in store, if there is one.
	step  *xla.Program
	input shapes.Shape // Of one example, with its type; not Ok before the net has seen a batch.
}

// netScope is where the layers' variables are, apart from optimizers'.
const netScope = "/net"

// NewNet returns a net without parameters. It is cheap: a notebook can keep one in
// a package-level variable, which is made again in each cell.
//
// Book: none; there a block keeps its parameters itself.
func NewNet(layer Layer) *Net { return &Net{layer: layer} }

// errNoParameters is the error for a net that is used too early.
var errNoParameters = func() error {
	const message = "the net has no parameters yet: call Initialize, LoadParameters or TrainCh5 first"
	if gonbui.IsNotebook {
		return errors.New(message + ", in this cell: each cell is a program of its own, so a net that another one " +
			"trained comes from a file, by SaveParameters there and LoadParameters here")
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
		n.infer.Finalize()
	}
	n.setStep(nil)
	if n.store != nil {
		n.store.Finalize()
	}
	n.store, n.device, n.init, n.infer, n.input = store, device, init, nil, shapes.Shape{}
}

// drop deletes the net's parameters, as before Initialize.
func (n *Net) drop() { n.use(nil, n.device, n.init) }

// setStep replaces the step of the net's Trainer, and frees what the earlier one
// has compiled: that Trainer makes no further steps.
func (n *Net) setStep(step *xla.Program) {
	if n.step != nil {
		n.step.Finalize()
	}
	n.step = step
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
		p, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{n.forward(scope, inputs[0])}
		}})
		if err != nil {
			return nil, err
		}
		n.infer = p
	}
	outputs, err := n.run(n.infer, X)
	if err != nil {
		return nil, fmt.Errorf("computing the net's output for X of shape %v: %w", ShapeOf(X), err)
	}
	return outputs[0], nil
}

// LayerOutput is the output of one layer for a batch.
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
	p, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		return n.forwardEach(scope, inputs[0])
	}})
	if err != nil {
		return nil, err
	}
	defer p.Finalize()
	values, err := n.run(p, X)
	if err != nil {
		return nil, fmt.Errorf("computing the layers' outputs for X of shape %v: %w", ShapeOf(X), err)
	}
	outputs := make([]LayerOutput, len(values))
	for i, name := range n.layerNames() {
		outputs[i] = LayerOutput{Name: name, Value: values[i]}
	}
	return outputs, nil
}

// LayerShape is the shape of one layer's output for a batch.
//
// Book: none; the shapes are printed there, in a loop over the layers.
type LayerShape struct {
	Name  string // The layer's name in the net, such as conv0.
	Shape Shape
}

// Shapes returns the shape of every layer's output for a batch of one example,
// in order, without computing anything: the net needs no parameters, and those
// it has stay as they are. The input is the shape of an example, such as 1, 28,
// 28 for (channel, height, width). It has the type of the batches that the net has
// seen; before the first, float32. A net that is not a Sequential counts as one
// layer. These are the shapes of the table in the book's section "LeNet".
//
// It panics unless the input is given as positive numbers; a layer that does not
// take its input is an error.
func (n *Net) Shapes(input ...int) ([]LayerShape, error) {
	if len(input) == 0 || slices.Min(input) <= 0 {
		panic(fmt.Sprintf("d2l: Shapes takes the positive sizes of one example, such as 1, 28, 28, got %v", input))
	}
	device := Device{platform: n.device.platform} // Shapes do not depend on the index.
	if _, _, err := device.Backend(); err != nil {
		// GoMLX in pure Go is always there, and nothing is computed.
		device = Device{platform: xla.Go}
	}
	_, layers, err := n.withShapes(device, n.example(input))
	if err != nil {
		return nil, fmt.Errorf("finding the shapes of the layers for an example of shape %v: %w", Shape(input), err)
	}
	return layers, nil
}

// example returns the shape and type of an example: its type is that of the batches
// which the net has seen, or float32.
func (n *Net) example(shape []int) shapes.Shape {
	dtype := dtypes.Float32
	if n.input.Ok() {
		dtype = n.input.DType
	}
	return shapes.Make(dtype, shape...)
}

// withShapes returns a store with the net's variables, yet without values, and
// the shapes of the layers' outputs, as they are for a batch of one such example.
func (n *Net) withShapes(device Device, example shapes.Shape) (*model.Store, []LayerShape, error) {
	backend, _, err := device.Backend()
	if err != nil {
		return nil, nil, err
	}
	store, names, layers := model.NewStore(), n.layerNames(), []LayerShape(nil)
	batch := shapes.Make(example.DType, append([]int{1}, example.Dimensions...)...)
	err = xla.BuildOnly(backend, store, batch, func(scope *model.Scope, x *graph.Node) {
		for i, y := range n.forwardEach(scope.At("%s", netScope[1:]).WithInitializer(Xavier(scope)), x) {
			layers = append(layers, LayerShape{names[i], slices.Clone(y.Shape().Dimensions)})
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return store, layers, nil
}

// newProgram returns a program with the net's variables, on the net's device or on
// those given. The scope that the program's Build gets is the layers'.
func (n *Net) newProgram(config xla.Config, devices ...Device) (*xla.Program, error) {
	if len(devices) == 0 {
		devices = []Device{n.device}
	}
	for _, device := range devices {
		backend, number, err := device.Backend()
		if err != nil {
			return nil, err
		}
		config.Backend, config.Devices = backend, append(config.Devices, number)
	}
	build := config.Build
	config.Store = n.store
	config.Build = func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		return build(scope.At("%s", netScope[1:]).WithInitializer(n.init(scope)), inputs)
	}
	return xla.New(config), nil
}

// run runs a program with a batch, the net's first one or another.
func (n *Net) run(p *xla.Program, X *tensors.Tensor) ([]*tensors.Tensor, error) {
	if X.Rank() == 0 {
		return nil, errNoBatchAxis
	}
	if _, err := p.Compile(X); err != nil {
		return nil, err
	}
	if err := n.draw(p, X); err != nil {
		return nil, err
	}
	return p.Call(X)
}

// errNoBatchAxis is the error for a scalar in the place of a batch.
var errNoBatchAxis = errors.New("X has no batch axis")

// draw gives new variables, with which p was compiled for X, their initial values.
// If it cannot, the net stays without them.
func (n *Net) draw(p *xla.Program, X *tensors.Tensor) error {
	if err := p.Draw(); err != nil {
		return errors.Join(fmt.Errorf("drawing the net's parameters: %w", err), p.Discard())
	}
	n.input = shapes.Make(X.DType(), X.Shape().Dimensions[1:]...) // The layers have taken it.
	return nil
}

// forward applies the net's layers. Sequential names those of its own that panic;
// any other net counts as one layer.
func (n *Net) forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if _, ok := n.layer.(Sequential); ok {
		return n.layer.Forward(scope, x)
	}
	return forwardNamed(n.layer.Kind(), n.layer, scope, x)
}

// forwardEach applies the layers in order, none of them fused with the next, and
// returns the output of each. They have the names of layerNames.
func (n *Net) forwardEach(scope *model.Scope, x *graph.Node) (outputs []*graph.Node) {
	layers, ok := n.layer.(Sequential)
	if !ok {
		return []*graph.Node{n.forward(scope, x)}
	}
	for name, layer := range layers.Named() {
		x = forwardNamed(name, layer, scope.In("%s", name), x)
		outputs = append(outputs, x)
	}
	return outputs
}

// layerNames returns the names of the net's layers.
func (n *Net) layerNames() (names []string) {
	layers, ok := n.layer.(Sequential)
	if !ok {
		return []string{n.layer.Kind()}
	}
	for name := range layers.Named() {
		names = append(names, name)
	}
	return names
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
