package d2l

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
)

// A stateEntry is a variable of a net as PyTorch's state_dict has it. This is where
// the package knows what differs between the two, names and the order of axes. (The
// tests' transposed and fromPyTorch in layers_test.go know the order too, on purpose:
// they check this file, and so must not use it.)
//
//	/net/conv0/weights   (height, width, in, out)  conv0.weight                 (out, in, height, width)
//	/net/dense0/weights  (in, out)                 dense0.weight                (out, in)
//	…/biases             (out)                     ….bias
//	/net/batchnorm0/…    scale, offset             batchnorm0.weight, ….bias
//	                     mean, variance            ….running_mean, ….running_var
//	                     avg_weight (channels)     ….num_batches_tracked        a scalar
//
// A Dense layer after images needs nothing more: both flatten (channel, height,
// width). Other variables, of layers of one's own, keep their names, and can be
// kept if they have one axis at most, so that there is no order to be in doubt of.
type stateEntry struct {
	variable *model.Variable
	name     string
	shape    []int // In PyTorch.
}

// batchCount is the number of batches that batch normalization has seen: in GoMLX
// one for each channel, all of which are equal, in PyTorch an integer.
const batchCount = "avg_weight"

// stateDict returns the net's variables in a store as PyTorch has them.
func stateDict(store *model.Store) ([]stateEntry, error) {
	normalizes := map[string]bool{} // Scopes of batch normalization.
	for v := range store.Scope(netScope).IterVariables() {
		if v.Name() == batchCount {
			normalizes[v.Scope()] = true
		}
	}
	var entries []stateEntry
	taken := map[string]string{}
	for v := range store.Scope(netScope).IterVariables() {
		name := v.Name()
		switch {
		case name == "weights":
			name = "weight"
		case name == "biases":
			name = "bias"
		case normalizes[v.Scope()]:
			name = stateOfNorm(name)
		}
		e := stateEntry{variable: v, name: name, shape: v.Shape().Dimensions}
		if scope := strings.TrimPrefix(strings.TrimPrefix(v.Scope(), netScope), "/"); scope != "" {
			e.name = strings.ReplaceAll(scope, "/", ".") + "." + name
		}
		switch rank := len(e.shape); {
		case v.DType() != dtypes.Float32:
			return nil, fmt.Errorf("%s is %s, but only float32 has a counterpart there", v.Path(), v.DType())
		case e.countsBatches():
			e.shape = nil
		case name == "weight" && (rank == 2 || rank == 4):
			e.shape = append([]int{e.shape[rank-1], e.shape[rank-2]}, e.shape[:rank-2]...)
		case rank > 1:
			return nil, fmt.Errorf("%s has the shape %v: only weights of (in, out) or (height, width, in, out) have a known order of axes there", v.Path(), Shape(e.shape))
		}
		if other := taken[e.name]; other != "" {
			return nil, fmt.Errorf("%s and %s would both be called %s", other, v.Path(), e.name)
		}
		taken[e.name] = v.Path()
		entries = append(entries, e)
	}
	return entries, nil
}

// stateOfNorm returns PyTorch's names of what nn.BatchNorm2d keeps.
func stateOfNorm(name string) string {
	names := map[string]string{
		"scale": "weight", "offset": "bias", "mean": "running_mean", "variance": "running_var", batchCount: "num_batches_tracked",
	}
	if theirs, ok := names[name]; ok {
		return theirs
	}
	return name
}

func (e stateEntry) countsBatches() bool { return e.variable.Name() == batchCount }

// toPyTorch returns a variable's values in PyTorch's order.
func (e stateEntry) toPyTorch(ours []float32) []float32 {
	theirs := make([]float32, len(ours))
	e.eachPair(func(i, j int) { theirs[j] = ours[i] })
	return theirs
}

// fromPyTorch returns values that are in PyTorch's order in the variable's.
func (e stateEntry) fromPyTorch(theirs []float32) []float32 {
	ours := make([]float32, len(theirs))
	e.eachPair(func(i, j int) { ours[i] = theirs[j] })
	return ours
}

// eachPair yields where each value is here and where it is in PyTorch.
func (e stateEntry) eachPair(yield func(ours, theirs int)) {
	size := e.variable.Shape().Size()
	if len(e.shape) < 2 {
		for i := range size {
			yield(i, i)
		}
		return
	}
	out, in := e.shape[0], e.shape[1]
	window := size / (out * in)
	for w := range window {
		for i := range in {
			for o := range out {
				yield((w*in+i)*out+o, (o*in+i)*window+w)
			}
		}
	}
}
