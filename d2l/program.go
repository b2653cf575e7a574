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

// A program computes something from a net's parameters and from inputs, on the
// net's device. It is compiled for each shape of inputs when they first come.
type program struct {
	exec    *model.Exec
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

// newProgram returns the program that build builds; the scope it gets is the
// layers'.
func (n *Net) newProgram(build func(*model.Scope, []*graph.Node) []*graph.Node, training bool) (*program, error) {
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
	exec.SetMaxCache(-1) // As many shapes of batch as there are.
	if device != 0 {
		exec.AutoSharding(oneDevice).WithDeviceAssignment([]compute.DeviceNum{device})
	}
	return &program{exec, backend, device}, nil
}

// call runs the program. A panic of a layer, GoMLX's way to report an error
// while a graph is being built, becomes an error without what GoMLX writes around
// it, and the variables it made before it panicked are dropped: the next batch
// may have another shape.
func (p *program) call(inputs ...*tensors.Tensor) (outputs []*tensors.Tensor, err error) {
	taken := make([]any, len(inputs))
	for i, input := range inputs {
		if taken[i], err = p.take(input); err != nil {
			return nil, err
		}
	}
	panicked := exceptions.Try(func() {
		if err = p.initialize(inputs); err == nil {
			outputs, err = p.exec.Call(taken...)
		}
	})
	var build buildError
	switch e := panicked.(type) {
	case nil:
		if errors.As(err, &build) && build.error == errBuilt {
			return nil, errBuilt
		}
		if errors.As(err, &build) {
			return nil, errors.Join(build.error, p.dropUnset())
		}
		return outputs, err
	case error:
		return nil, e
	default:
		return nil, fmt.Errorf("%v", e)
	}
}

// dropUnset deletes the variables that have no values yet.
func (p *program) dropUnset() error {
	var unset []string
	for v := range p.exec.Store().IterVariables() {
		if !v.HasValue() {
			unset = append(unset, v.Path())
		}
	}
	for _, path := range unset {
		if err := p.exec.Store().DeleteVariable(path); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) finalize() { p.exec.Finalize() }

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
	if _, err := p.exec.Compile(of...); err != nil {
		return err
	}
	complete := true
	for v := range p.exec.Store().IterVariables() {
		complete = complete && v.HasValue()
	}
	if complete {
		return nil
	}
	if err := p.exec.Store().InitializeVariables(p.backend, nil); err != nil {
		return err
	}
	for v := range p.exec.Store().IterVariables() { // The generator of random numbers as well.
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

// errBuilt is what a graph panics with that is built for its variables alone.
var errBuilt = errors.New("the graph is not to be computed")

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
