package xla

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Config says what a Program computes, and where.
type Config struct {
	Store   *model.Store // The variables.
	Backend compute.Backend
	Devices []compute.DeviceNum // At least one; several get a part of each batch.
	// Training is what the layers are told by Store.IsTraining.
	Training bool
	// Build adds the computation to the graph of the inputs. As a graph-building function it panics on errors.
	Build func(scope *model.Scope, inputs []*graph.Node) []*graph.Node
}

// A Program computes something from the variables of a store and from inputs. It is compiled for each shape of inputs
// when they first come.
type Program struct {
	config Config
	mesh   *distributed.DeviceMesh // nil on the first device alone.
	execs  map[int]*model.Exec     // By the number of examples that pad the batch.
	made   []*model.Variable       // By builds; they may be discarded until they are drawn.
}

// OnBuild is called when a program is about to be built and compiled, which takes a while.
var OnBuild = func() {}

// New returns the program of a Config; nothing is built yet.
func New(config Config) *Program {
	p := &Program{config: config, execs: map[int]*model.Exec{}}
	switch {
	case len(config.Devices) > 1:
		p.mesh = newMesh(len(config.Devices))
	case config.Devices[0] != 0:
		p.mesh = oneDevice
	}
	return p
}

// exec returns the executor for batches that are padded by so many examples.
func (p *Program) exec(padding int) (*model.Exec, error) {
	if exec, ok := p.execs[padding]; ok {
		return exec, nil
	}
	build := func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		defer asBuildError()
		OnBuild()
		scope.Store().SetTraining(inputs[0].Graph(), p.config.Training)
		g := inputs[0].Graph()
		defer func() { // Layers may have changes made at the very end of a step.
			for _, b := range borrowedBy(g) {
				b.keepUnchanged(g)
			}
		}()
		return p.config.Build(scope, unpad(inputs, padding))
	}
	exec, err := model.NewExec(p.config.Backend, p.config.Store, build)
	if err != nil {
		return nil, err
	}
	exec.SetMaxCache(-1) // As many shapes of batch as there are.
	if p.mesh != nil {
		exec.AutoSharding(p.mesh).WithDeviceAssignment(p.config.Devices)
	}
	if len(p.config.Devices) > 1 {
		exec.WithInputShardingSpecs(splitBatch(p.mesh)).
			WithOutputShardingSpecs(distributed.NewReplicatedShardingSpec(p.mesh))
	}
	p.execs[padding] = exec
	return exec, nil
}

// Compile builds and compiles the program for inputs of these shapes, unless that has been done, and returns its graph.
// GoMLX keeps it, so that Call with such inputs builds nothing.
//
// Variables that Build makes may have no values yet: Draw gives them some, Discard deletes them. After an error there
// are none of them.
func (p *Program) Compile(inputs ...*tensors.Tensor) (*graph.Graph, error) {
	exec, err := p.exec(p.padding(inputs))
	if err != nil {
		return nil, err
	}
	if err := p.placeVariables(exec); err != nil {
		return nil, err
	}
	var g *graph.Graph
	before := p.config.Store.NumVariables()
	err = recovered(func() (err error) {
		g, err = exec.Compile(p.shardShapes(inputs)...)
		return err
	})
	if err := p.keepTrack(before, err); err != nil {
		return nil, err
	}
	return g, nil
}

// Sketch builds the program for inputs of these shapes, on the first device alone, and shows the graph and its
// outputs to look. It compiles nothing. The variables that Build makes are those of Compile.
func (p *Program) Sketch(look func(g *graph.Graph, outputs []*graph.Node), inputs ...shapes.Shape) error {
	before := p.config.Store.NumVariables()
	err := BuildOnly(p.config.Backend, p.config.Store, inputs, func(scope *model.Scope, inputs []*graph.Node) {
		defer asBuildError()
		g := inputs[0].Graph()
		scope.Store().SetTraining(g, p.config.Training)
		look(g, p.config.Build(scope, inputs))
	})
	return p.keepTrack(before, err)
}

// keepTrack notes the variables that a build has made, or deletes them if it has failed. There were so many variables
// before it.
func (p *Program) keepTrack(before int, err error) error {
	var made []*model.Variable
	if p.config.Store.NumVariables() > before { // The latest are last.
		made = slices.Collect(p.config.Store.IterVariables())[before:]
	}
	if err != nil {
		return errors.Join(err, p.deleteAll(made))
	}
	p.made = append(p.made, made...)
	return nil
}

// Call runs the program. The inputs stay the caller's.
func (p *Program) Call(inputs ...*tensors.Tensor) (outputs []*tensors.Tensor, err error) {
	g, err := p.Compile(inputs...)
	if err != nil {
		return nil, err
	}
	if err := p.checkValues(g); err != nil { // Before a failure on the device can cost the net its parameters.
		return nil, err
	}
	for _, b := range borrowedBy(g) {
		if err := b.renew(p); err != nil {
			return nil, err
		}
	}
	args, err := p.copyIn(inputs)
	if err != nil {
		return nil, err
	}
	err = recovered(func() (err error) {
		outputs, err = p.execs[p.padding(inputs)].Call(args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.made = nil                                             // GoMLX has drawn them if Draw has not.
	return outputs[:len(outputs)/len(p.config.Devices)], nil // Every device has them all.
}

// checkValues returns an error if a variable was given a value of another shape or type than the graph has, which GoMLX
// v0.28.8 lets SetValue do.
func (p *Program) checkValues(g *graph.Graph) error {
	for v := range p.config.Store.IterVariables() {
		node := g.GetParameterByName(v.Path())
		if node != nil && !node.Shape().Equal(v.Shape()) {
			return fmt.Errorf("the variable %s was given a value of the shape %v, and has to have %v: give it one of that",
				v.Path(), v.Shape(), node.Shape())
		}
	}
	return nil
}

// Discard deletes the variables that the program has made and not drawn, if there are any, and with them what is
// compiled: it would remember them.
func (p *Program) Discard() error {
	if len(p.made) == 0 {
		return nil
	}
	p.Finalize()
	clear(p.execs)
	made := p.made
	p.made = nil
	return p.deleteAll(made)
}

func (p *Program) deleteAll(variables []*model.Variable) error {
	for _, v := range variables {
		if err := p.config.Store.DeleteVariable(v.Path()); err != nil {
			return err
		}
	}
	return nil
}

// Finalize frees what is compiled: Go does not see that memory.
func (p *Program) Finalize() {
	for _, exec := range p.execs {
		exec.Finalize()
	}
}

// copyIn returns the inputs as the executor takes them, device by device.
func (p *Program) copyIn(inputs []*tensors.Tensor) ([]any, error) {
	if len(p.config.Devices) > 1 {
		return p.shard(inputs)
	}
	args := make([]any, len(inputs))
	for i, input := range inputs {
		var err error
		if args[i], err = p.copyToDevice(input); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// copyToDevice returns x, or a copy if x is on another device.
func (p *Program) copyToDevice(x *tensors.Tensor) (any, error) {
	backend, err := x.Backend()
	onDevice := err == nil
	device, _ := x.Device()
	to := p.config.Devices[0]
	if to == 0 && (!onDevice || backend == p.config.Backend && device == 0) {
		return x, nil
	}
	if x, err = x.LocalClone(); err != nil || to == 0 {
		return x, err
	}
	// GoMLX would put on the first device what is on none.
	return graph.DonateTensorBuffer(x, p.config.Backend, to)
}

// BuildOnly builds a graph that is neither compiled nor run, for the sake of the shapes that build finds and of the
// variables that it makes in store, which have no values. It needs only a builder of the backend.
func BuildOnly(backend compute.Backend, store *model.Store, inputs []shapes.Shape,
	build func(scope *model.Scope, inputs []*graph.Node)) error {
	g := graph.NewGraph(backend, "build only")
	defer g.Finalize()
	return recovered(func() error {
		model.SetStore(g, store)
		nodes := make([]*graph.Node, len(inputs))
		for i, input := range inputs {
			nodes[i] = graph.Parameter(g, fmt.Sprintf("input %d", i), input)
		}
		build(store.RootScope(), nodes)
		return nil
	})
}

// buildError is what a layer panicked with while a graph was being built.
type buildError struct{ error }

// asBuildError, deferred, turns any panic into one with a buildError: after a panic with anything but an error, GoMLX
// v0.28.8 waits forever when the same program is used again.
func asBuildError() {
	if e := recover(); e != nil {
		panic(buildError{report.PanicError(e)})
	}
}

// recovered returns f's error, or what f panicked with, which is how GoMLX reports an error while a graph is being
// built; of a buildError just the cause, without what GoMLX writes around it.
func recovered(f func() error) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = report.PanicError(e)
		}
		var build buildError
		if errors.As(err, &build) {
			err = build.error
		}
	}()
	return f()
}
