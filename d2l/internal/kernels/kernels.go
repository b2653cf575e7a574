// Package kernels computes on the CPU where XLA's own operations are slow: convolutions, small ones with the pooling after
// them, and transposed ones, all with their activation, batch normalization with its activation in training, maximum
// pooling, fully connected and recurrent layers, the update of parameters, and the guard that keeps an update only if it is
// finite. Its functions are written in C, for three widths of registers, and called by XLA's programs.
//
// In names, dx is the gradient with respect to x, dz that with respect to what the activation gets.
package kernels

/*
// Tables for debuggers would take time to compile, and to link with each cell.
#cgo CFLAGS: -O2 -g0 -Wno-psabi
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>
#include "activation.h"
#include "handlers.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"golang.org/x/sys/cpu"
)

// registered are the plugins that have the functions.
var registered struct {
	sync.Mutex
	plugins map[string]bool
}

var available atomic.Bool

// Register gives a PJRT plugin for the CPU the functions of this package, and reports whether it takes them and there
// is code for this processor: for x86-64 with AVX2 or AVX-512, and for arm64. What has been built with them has to go
// through Rewrite before it is compiled.
func Register(plugin string) bool {
	registered.Lock()
	defer registered.Unlock()
	has, known := registered.plugins[plugin]
	if !known {
		path := C.CString(plugin)
		defer C.free(unsafe.Pointer(path))
		has = use("") && bool(C.register_handlers(path))
		if registered.plugins == nil {
			registered.plugins = map[string]bool{}
		}
		registered.plugins[plugin] = has
	}
	available.Store(has)
	return has
}

// Usable reports whether the functions can be called on x: if it is float32, and the program is for one device. XLA does
// not divide their work among several.
func Usable(x *graph.Node) bool {
	return Available() && x.DType() == dtypes.Float32 && x.Graph().NumDevices() == 1
}

// ForThisProcessor reports whether there is code for it.
func ForThisProcessor() bool { return use("") }

// processors are the kinds that there is code for, the best first, and whether this processor is one.
//
// C's own way to ask, __builtin_cpu_supports, is a function of gcc's library. Without it Go's linker needs nothing of
// that, and links a cell's program faster.
var processors = []struct {
	kind string
	here bool
}{
	{"avx512", cpu.X86.HasAVX512F},
	{"avx2", cpu.X86.HasAVX2 && cpu.X86.HasFMA},
	{"neon", runtime.GOARCH == "arm64"},
}

// use chooses the code for a kind of processor, or else the best one, and reports whether this processor has what that
// needs.
func use(kind string) bool {
	for _, p := range processors {
		if p.here && (kind == "" || kind == p.kind) {
			name := C.CString(p.kind)
			defer C.free(unsafe.Pointer(name))
			return bool(C.choose_implementation(name))
		}
	}
	return false
}

// Available reports whether the functions can be called.
func Available() bool { return available.Load() }

// kinds are the activations that the functions know, with their numbers.
var kinds = map[activation.Type]int32{
	activation.TypeNone: C.NO_ACTIVATION, activation.TypeSigmoid: C.SIGMOID, activation.TypeTanh: C.TANH,
	activation.TypeRelu: C.RELU,
}

// Knows reports whether the functions can compute an activation together with a layer.
func Knows(a activation.Type) bool {
	_, known := kinds[a]
	return known
}

// prefix is that of all functions' names, in the plugin and in programs. A program that is kept calls its functions by
// these names: one that takes or returns something else needs another.
const prefix = "d2l_kernel_"

// guard is the function whose first results, all but two, take the memory of as many arguments before the last that
// many: see Guard.
const guard = "guard"

// call adds a call of a function to the graph of its inputs. The last of the results can be memory that the function
// needs for itself.
//
// GoMLX has no operation for that. So it calls a function of the graph whose name says what is meant, and Rewrite puts
// the right one in its place. Without that the result is NaN, which cannot go unnoticed.
func call(function string, inputs []*graph.Node, results ...shapes.Shape) []*graph.Node {
	g := inputs[0].Graph()
	name := fmt.Sprintf("%s%s_%d", prefix, function, inputs[0].Id())
	f := graph.NewFunction(g, name, func(g *graph.Graph) (nan []*graph.Node) {
		for i, x := range inputs {
			graph.Parameter(g, fmt.Sprintf("x%d", i), x.Shape())
		}
		for _, shape := range results { // Not a constant: GoMLX would share it with other functions.
			x := graph.Log(graph.Neg(graph.Exp(graph.Iota(g, float32s(append([]int{1}, shape.Dimensions...)...), 0))))
			nan = append(nan, graph.ConvertDType(graph.Reshape(x, shape.Dimensions...), shape.DType))
		}
		return nan
	})
	return f.Call(inputs...)
}

// placeholder matches a function that call has made: its head, its name without the number, and the types of its
// parameters and results.
var placeholder = regexp.MustCompile(`(?s)(  func\.func @(` + prefix + `\w+)_\d+\(([^\n]*?)\) -> \(?([^\n]*?)\)? \{\n).*?\n  \}`)

// Rewrite puts the functions of this package in the places that call has made for them in a program.
func Rewrite(code []byte) []byte {
	if !bytes.Contains(code, []byte(prefix)) {
		return code
	}
	replaced := 0
	rewritten := placeholder.ReplaceAllFunc(code, func(function []byte) []byte {
		replaced++
		part := placeholder.FindSubmatch(function)
		results := strings.Split(string(part[4]), ", ")
		var names, types, values []string
		for parameter := range strings.SplitSeq(string(part[3]), ", ") {
			name, kind, _ := strings.Cut(parameter, ": ")
			names, types = append(names, name), append(types, kind)
		}
		for i := range results {
			values = append(values, fmt.Sprintf("%%r#%d", i))
		}
		return fmt.Appendf(nil, `%s    %%r:%d = "stablehlo.custom_call"(%s) {call_target_name = %q, api_version = 4 : i32, `+
			"operand_layouts = [%s], result_layouts = [%s]%s} : (%s) -> (%s)\n    \"stablehlo.return\"(%s) : (%s) -> ()\n  }",
			part[1], len(results), strings.Join(names, ", "), part[2], rowMajor(types), rowMajor(results),
			aliases(string(part[2]), len(types), len(results)),
			strings.Join(types, ", "), part[4], strings.Join(values, ", "), part[4])
	})
	head := []byte("func.func @" + prefix)
	if replaced != bytes.Count(code, head) { // The program is written in another way than is known here: it must not compile.
		return bytes.ReplaceAll(code, head, []byte("func.func @not_rewritten_"))
	}
	return rewritten
}

// aliases returns the attribute of a call of guard that says which results take the memory of which arguments.
func aliases(function string, args, results int) string {
	if function != prefix+guard {
		return ""
	}
	var pairs []string
	for i := range results - 2 {
		pairs = append(pairs, fmt.Sprintf("#stablehlo.output_operand_alias<output_tuple_indices = [%d], operand_index = %d, "+
			"operand_tuple_indices = []>", i, args-2*(results-2)+i))
	}
	return ", output_operand_aliases = [" + strings.Join(pairs, ", ") + "]"
}

// rowMajor returns the layouts of tensors, such as tensor<2x3xf32>, whose last axis is the innermost one.
func rowMajor(types []string) string {
	var layouts []string
	for _, kind := range types {
		var axes []string
		for axis := strings.Count(kind, "x") - 1; axis >= 0; axis-- {
			axes = append(axes, fmt.Sprint(axis))
		}
		order := "[" + strings.Join(axes, ", ") + "]"
		if len(axes) == 0 {
			order = ""
		}
		layouts = append(layouts, fmt.Sprintf("dense<%s> : tensor<%dxindex>", order, len(axes)))
	}
	return strings.Join(layouts, ", ")
}

// threads is the number of threads that a function uses at most: one for each core, or as many as XLA, where NPROC says so.
var threads = func() int32 {
	n := runtime.NumCPU()
	if limit, err := strconv.Atoi(os.Getenv("NPROC")); err == nil && limit > 0 {
		n = min(n, limit)
	}
	return int32(n)
}()

func float32s(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
