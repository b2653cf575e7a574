package d2l

import (
	"errors"
	"fmt"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// A program computes something from a net's parameters and from inputs, on the
// net's device, or on several with a part of the batch on each. It is compiled
// for each shape of inputs when they first come.
type program struct {
	store   *model.Store
	backend compute.Backend
	devices []compute.DeviceNum
	mesh    *distributed.DeviceMesh // nil on the first device alone.
	// Executors, by the number of examples that fill up the batch.
	execs   map[int]*model.Exec
	newExec func(filling int) (*model.Exec, error)
}

// newProgram returns the program that build builds; the scope it gets is the
// layers'. It runs on the net's device or, where they are given, on others.
func (n *Net) newProgram(build func(*model.Scope, []*graph.Node) []*graph.Node, training bool, devices ...Device) (*program, error) {
	if len(devices) == 0 {
		devices = []Device{n.device}
	}
	p := &program{store: n.store, execs: map[int]*model.Exec{}}
	for _, device := range devices {
		backend, number, err := device.Backend()
		if err != nil {
			return nil, err
		}
		p.backend, p.devices = backend, append(p.devices, number)
	}
	switch {
	case len(p.devices) > 1:
		p.mesh = newMesh(len(p.devices))
	case p.devices[0] != 0:
		p.mesh = oneDevice
	}
	p.newExec = func(filling int) (*model.Exec, error) {
		exec, err := model.NewExec(p.backend, p.store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
			defer asBuildError()
			inputs = withoutFilling(inputs, filling)
			scope.Store().SetTraining(inputs[0].Graph(), training)
			outputs := build(scope.At("%s", netScope[1:]).WithInitializer(n.init(scope)), inputs)
			n.input = exampleOf(inputs[0].Shape()) // One that the layers took.
			return outputs
		})
		if err != nil {
			return nil, err
		}
		exec.SetMaxCache(-1) // As many shapes of batch as there are.
		if p.mesh != nil {
			exec.AutoSharding(p.mesh).WithDeviceAssignment(p.devices)
		}
		if len(p.devices) > 1 {
			exec.WithInputShardingSpecs(splitBatch(p.mesh)).WithOutputShardingSpecs(distributed.NewReplicatedShardingSpec(p.mesh))
		}
		return exec, nil
	}
	return p, nil
}

// exec returns the executor for batches that are filled up by so many examples.
func (p *program) exec(filling int) (*model.Exec, error) {
	if exec, ok := p.execs[filling]; ok {
		return exec, nil
	}
	exec, err := p.newExec(filling)
	if err == nil {
		p.execs[filling] = exec
	}
	return exec, err
}

// call runs the program.
func (p *program) call(inputs ...*tensors.Tensor) (outputs []*tensors.Tensor, err error) {
	exec, taken, err := p.take(inputs)
	if err != nil {
		return nil, err
	}
	err = p.building(func() error {
		if err := p.prepare(exec); err != nil {
			return err
		}
		outputs, err = exec.Call(taken...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return outputs[:len(outputs)/len(p.devices)], nil // Every device has them all.
}

// build builds the program's graph for an input of the given shape, of which there is
// no need to have one, and does not run it.
func (p *program) build(input shapes.Shape) error {
	exec, err := p.exec(0)
	if err != nil {
		return err
	}
	return p.building(func() error {
		if err := p.prepare(exec); err != nil {
			return err
		}
		_, err := exec.Compile(input)
		return err
	})
}

// building calls f, which builds a graph. A panic of a layer, GoMLX's way to report an
// error while a graph is being built, becomes an error without what GoMLX writes around
// it, and the variables it made before it panicked are dropped: the next batch
// may have another shape.
func (p *program) building(f func() error) (err error) {
	panicked := exceptions.Try(func() { err = f() })
	var build buildError
	switch e := panicked.(type) {
	case nil:
		if errors.As(err, &build) && build.error == errBuilt {
			return errBuilt
		}
		if errors.As(err, &build) {
			return errors.Join(build.error, p.dropUnset())
		}
		return err
	case error:
		return e
	default:
		return fmt.Errorf("%v", e)
	}
}

// dropUnset deletes the variables that have no values yet.
func (p *program) dropUnset() error {
	var unset []string
	for v := range p.store.IterVariables() {
		if !v.HasValue() {
			unset = append(unset, v.Path())
		}
	}
	for _, path := range unset {
		if err := p.store.DeleteVariable(path); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) finalize() {
	for _, exec := range p.execs {
		exec.Finalize()
	}
}

// forget makes the program anew when it is used next.
func (p *program) forget() {
	p.finalize()
	clear(p.execs)
}

// take returns the executor for a batch, and the inputs as it takes them, device
// by device.
func (p *program) take(inputs []*tensors.Tensor) (exec *model.Exec, taken []any, err error) {
	if len(p.devices) > 1 {
		return p.takeParts(inputs)
	}
	for _, input := range inputs {
		x, err := p.takeWhole(input)
		if err != nil {
			return nil, nil, err
		}
		taken = append(taken, x)
	}
	exec, err = p.exec(0)
	return exec, taken, err
}

// takeWhole returns x as a program on one device takes it: a copy if x is on
// another device.
func (p *program) takeWhole(x *tensors.Tensor) (any, error) {
	backend, err := x.Backend()
	onDevice := err == nil
	device, _ := x.Device()
	if p.devices[0] == 0 && (!onDevice || backend == p.backend && device == 0) {
		return x, nil
	}
	if x, err = x.LocalClone(); err != nil || p.devices[0] == 0 {
		return x, err
	}
	// What is on no device yet GoMLX would put on the first.
	return graph.DonateTensorBuffer(x, p.backend, p.devices[0])
}

// prepare gives variables their places on the program's mesh, if it has one:
// GoMLX v0.28.8 builds no program with those of another.
func (p *program) prepare(exec *model.Exec) error {
	if p.mesh == nil {
		return nil
	}
	if err := exec.SetDefaultShardingSpec(nil); err != nil { // All of a new variable on each device.
		return err
	}
	for v := range p.store.IterVariables() {
		if spec := v.ShardingSpec(); spec == nil || spec.Mesh != p.mesh {
			if err := p.place(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// place takes v's value, if it has one, to the memory of the host, from which
// each device of the program gets a copy.
func (p *program) place(v *model.Variable) error {
	if v.HasValue() {
		if err := toHost(v); err != nil {
			return err
		}
	}
	return v.SetShardingSpec(distributed.NewReplicatedShardingSpec(p.mesh))
}

// toHost takes a variable's value to the memory of the host.
func toHost(v *model.Variable) error {
	value, err := hostValue(v)
	if err != nil {
		return err
	}
	return v.SetValue(value)
}

// hostValue returns a copy of a variable's value in the memory of the host.
func hostValue(v *model.Variable) (*tensors.Tensor, error) {
	value, err := v.Value()
	if err != nil {
		return nil, err
	}
	return value.LocalClone()
}

// errBuilt is what a graph panics with that is built for its variables alone.
var errBuilt = errors.New("the graph is not to be computed")

// buildError is what a layer panicked with while a graph was being built.
type buildError struct{ error }

// asBuildError, deferred, turns any panic into one with a buildError: after a
// panic with anything but an error, GoMLX v0.28.8 waits forever when the same
// program is used again.
func asBuildError() {
	if e := recover(); e != nil {
		panic(buildError{report.PanicError(e)})
	}
}
