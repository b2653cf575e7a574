package d2l

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Compile makes a function of arrays of f, a function of GoMLX's graph nodes:
//
//	double := d2l.Compile(func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 2) })
//	y, err := double([]float32{1, 2})
//
// An argument is a tensor, which stays the caller's, or a value that NewTensor takes: a
// number such as float32(2), or slices such as [][]float32. (A Go constant such as 0.1 is
// a float64, which does not go together with float32.) XLA compiles f when the first
// arguments of their shapes and types come: f is not called again for such ones, so what
// changes, such as a learning rate, has to be an argument. It computes on ctx or, without
// it, on TryGPU(0), where the result stays.
//
// What f does not take, such as shapes that do not fit, is an error. Another number of
// arguments than f has, or an argument that is no array, panics; an f that takes a slice
// of nodes takes any number from 1 on. It also panics if f is nil or takes a *graph.Graph,
// which nodes have. The function may not be used by several goroutines at once.
//
// Book: none; hybridize and torch.jit.script, section "Compilers and Interpreters", do it for a net.
func Compile[F graph.ExecGraphFnOneOutput](f F, ctx ...Device) func(args ...any) (*tensors.Tensor, error) {
	all := CompileN(f, ctx...)
	return func(args ...any) (*tensors.Tensor, error) {
		outputs, err := all(args...)
		if err != nil {
			return nil, err
		}
		return outputs[0], nil
	}
}

// CompileN is Compile for a function with several results, such as the parameters after
// a training step and its loss.
//
// Book: none; see Compile.
func CompileN[F graph.ExecGraphFn](f F, ctx ...Device) func(args ...any) ([]*tensors.Tensor, error) {
	function := reflect.ValueOf(f)
	if function.IsNil() || function.Type().In(0) == reflect.TypeFor[*graph.Graph]() || len(ctx) > 1 {
		panic("d2l: Compile takes a function of nodes (their method Graph returns the graph), and at most one device")
	}
	var program *xla.Program
	return func(args ...any) ([]*tensors.Tensor, error) {
		inputs := arrays(function.Type(), args)
		if program == nil {
			if len(ctx) == 0 {
				ctx = []Device{TryGPU(0)}
			}
			backend, number, err := ctx[0].Backend()
			if err != nil {
				return nil, err
			}
			program = xla.New(xla.Config{
				Store: model.NewStore(), Backend: backend, Devices: []compute.DeviceNum{number},
				Build: func(_ *model.Scope, nodes []*graph.Node) []*graph.Node { return callOn(function, nodes) },
			})
		}
		outputs, err := program.Call(inputs...)
		if err != nil {
			var of []string
			for _, x := range inputs {
				of = append(of, x.Shape().String())
			}
			return nil, fmt.Errorf("computing a function of %s: %w", strings.Join(of, ", "), err)
		}
		return outputs, nil
	}
}

// arrays returns the arguments of a function of a type as tensors.
func arrays(function reflect.Type, args []any) []*tensors.Tensor {
	anyNumber := function.In(0) == reflect.TypeFor[[]*graph.Node]()
	if len(args) != function.NumIn() && (!anyNumber || len(args) == 0) {
		panic(fmt.Sprintf("d2l: a compiled function takes %d arguments, got %d", function.NumIn(), len(args)))
	}
	inputs := make([]*tensors.Tensor, len(args))
	for i, arg := range args {
		var err error
		if arg != nil {
			inputs[i], err = tensors.FromAnyValue(arg)
		}
		if inputs[i] == nil || err != nil {
			panic(fmt.Sprintf("d2l: argument %d of a compiled function, of type %T, is not a tensor or a value that "+
				"NewTensor takes; rows of slices have the same length", i, arg))
		}
	}
	return inputs
}

// callOn calls a function of nodes.
func callOn(function reflect.Value, nodes []*graph.Node) []*graph.Node {
	args := []reflect.Value{reflect.ValueOf(nodes)}
	if function.Type().In(0) != args[0].Type() {
		args = nil
		for _, node := range nodes {
			args = append(args, reflect.ValueOf(node))
		}
	}
	var outputs []*graph.Node
	for _, output := range function.Call(args) {
		switch output := output.Interface().(type) {
		case *graph.Node:
			outputs = append(outputs, output)
		case []*graph.Node:
			outputs = append(outputs, output...)
		}
	}
	return outputs
}
