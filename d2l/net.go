package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Net is a network with parameters: a Layer, the values of its parameters, and
// the device they are on. Make one with NewNet and give it parameters with
// Initialize or LoadParameters; TrainCh5 initializes by itself.
//
// A Net may not be used by several goroutines at once.
type Net struct {
	layer  Layer
	store  *model.Store // nil until the net has parameters.
	init   Initializer
	device Device
	infer  *program
	input  []int // Shape of one example, once the net has seen a batch.
}

// netScope is where the layers' variables are, apart from optimizers'.
const netScope = "/net"

// NewNet returns a net without parameters. It costs next to nothing, so that a
// notebook can keep one in a package-level variable, which is made anew for
// each cell.
func NewNet(layer Layer) *Net { return &Net{layer: layer} }

// errNoParameters is what using a net too early ends with.
var errNoParameters = errors.New("the net has no parameters yet: call Initialize, LoadParameters or TrainCh5 first")

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
	if n.store != nil {
		n.store.Finalize()
	}
	n.store, n.device, n.init, n.infer, n.input = store, device, init, nil, nil
}

// Device returns where the net's parameters are.
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
		exec, err := n.newExec(func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			return []*graph.Node{n.layer.Forward(scope, inputs[0])}
		}, false)
		if err != nil {
			return nil, err
		}
		n.infer = exec
	}
	outputs, err := call(n.infer, X)
	if err != nil {
		return nil, fmt.Errorf("computing the net's output for X of shape %v: %w", ShapeOf(X), err)
	}
	return outputs[0], nil
}

// LayerOutput is what one layer makes of a batch.
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
	exec, err := n.newExec(func(scope *model.Scope, inputs []*graph.Node) (values []*graph.Node) {
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
	defer exec.Finalize()
	values, err := call(exec, X)
	if err != nil {
		return nil, fmt.Errorf("computing the layers' outputs for X of shape %v: %w", ShapeOf(X), err)
	}
	for i, value := range values {
		outputs[i].Value = value
	}
	return outputs, nil
}

// program is a compiled program and where it runs.
type program struct {
	*model.Exec
	backend compute.Backend
	device  compute.DeviceNum
}

// oneDevice makes a program run on another device than the first: in GoMLX
// v0.28.2 only one that is spread over a mesh of devices may choose them.
var oneDevice = func() *distributed.DeviceMesh {
	mesh, err := distributed.NewDeviceMesh([]int{1}, []string{"device"})
	if err != nil {
		panic(err)
	}
	return mesh
}()

// newExec returns a program over the net's parameters, on its device.
func (n *Net) newExec(build func(*model.Scope, []*graph.Node) []*graph.Node, training bool) (*program, error) {
	backend, device, err := n.device.Backend()
	if err != nil {
		return nil, err
	}
	exec, err := model.NewExec(backend, n.store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		defer asBuildError()
		scope.Store().SetTraining(inputs[0].Graph(), training)
		outputs := build(scope.At("%s", netScope[1:]).WithInitializer(n.init(scope)), inputs)
		n.input = slices.Clone(inputs[0].Shape().Dimensions[1:]) // One that the layers took.
		return outputs
	})
	if err != nil {
		return nil, err
	}
	if device != 0 {
		exec.AutoSharding(oneDevice).WithDeviceAssignment([]compute.DeviceNum{device})
	}
	return &program{exec, backend, device}, nil
}

// take returns x as the program takes it: a copy if x is on another device.
func (p *program) take(x *tensors.Tensor) (any, error) {
	backend, err := x.Backend()
	onDevice := err == nil
	device, _ := x.Device()
	if p.device == 0 && (!onDevice || backend == p.backend && device == 0) {
		return x, nil
	}
	if x, err = x.LocalClone(); err != nil || p.device == 0 {
		return x, err
	}
	// What is on no device yet GoMLX would put on the first.
	return graph.DonateTensorBuffer(x, p.backend, p.device)
}

// initialize gives variables their first values where GoMLX v0.28.2 cannot: on
// another device than the first.
func (p *program) initialize(inputs []*tensors.Tensor) error {
	if p.device == 0 {
		return nil
	}
	var of []shapes.Shape
	for _, input := range inputs {
		of = append(of, input.Shape())
	}
	if _, err := p.Compile(of...); err != nil {
		return err
	}
	complete := true
	for v := range p.Store().IterVariables() {
		complete = complete && v.HasValue()
	}
	if complete {
		return nil
	}
	if err := p.Store().InitializeVariables(p.backend, nil); err != nil {
		return err
	}
	for v := range p.Store().IterVariables() { // The generator of random numbers as well.
		value, err := v.Value()
		if err != nil {
			return err
		}
		if value, err = value.LocalClone(); err != nil {
			return err
		}
		if err := v.SetValue(value); err != nil {
			return err
		}
	}
	return nil
}

// buildError is what a layer panicked with while a graph was being built.
type buildError struct{ error }

// asBuildError, deferred, turns any panic into one with a buildError: after a
// panic with anything but an error, GoMLX v0.28.2 waits forever when the same
// program is used again.
func asBuildError() {
	switch e := recover().(type) {
	case nil:
	case error:
		panic(buildError{e})
	default:
		panic(buildError{fmt.Errorf("%v", e)})
	}
}

// call runs a program. A panic of a layer, GoMLX's way to report an error while
// a graph is being built, is an error without what GoMLX writes around it.
func call(p *program, inputs ...*tensors.Tensor) (outputs []*tensors.Tensor, err error) {
	taken := make([]any, len(inputs))
	for i, input := range inputs {
		if taken[i], err = p.take(input); err != nil {
			return nil, err
		}
	}
	panicked := exceptions.Try(func() {
		if err = p.initialize(inputs); err == nil {
			outputs, err = p.Call(taken...)
		}
	})
	var build buildError
	switch e := panicked.(type) {
	case nil:
		if errors.As(err, &build) {
			return nil, build.error
		}
		return outputs, err
	case error:
		return nil, e
	default:
		return nil, fmt.Errorf("%v", e)
	}
}
