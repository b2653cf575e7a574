package weights

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// A Rule says what PyTorch has for a variable of a layer. Variables without a rule keep
// their name, type and order of axes.
type Rule struct {
	Path     string // If given, the path of one variable, whatever follows but Name.
	Variable string
	Axes     int    // Of the variable.
	Beside   string // If given, a variable that must be in the same scope.
	Name     string // In PyTorch.
	// Order is PyTorch's order of axes: its axis i is the variable's axis Order[i].
	// Without one, it is the variable's.
	Order []int
	// Count marks batch normalization's number of batches, in PyTorch a single int64.
	// PyTorch's files may lack it.
	Count bool
}

// An entry is a variable and the tensor that keeps it.
type entry struct {
	variable *model.Variable
	rule     Rule
	name     string
	dtype    safetensors.DType // Of the variable.
	sizes    []int             // Of the tensor.
}

// entries returns the variables of a scope.
func entries(scope *model.Scope, rules []Rule) ([]entry, error) {
	var all []entry
	paths := map[string]string{} // Of variables, by the names of their tensors.
	for v := range scope.IterVariables() {
		dtype, ok := fileTypes[v.DType()]
		if !ok {
			return nil, fmt.Errorf("%s is %s, a type that a file of safetensors cannot hold", v.Path(), v.DType())
		}
		e := entry{variable: v, rule: ruleFor(v, scope.Store(), rules), dtype: dtype, sizes: v.Shape().Dimensions}
		if e.rule.Count {
			e.sizes = nil
		} else if e.rule.Order != nil {
			e.sizes = nil
			for _, axis := range e.rule.Order {
				e.sizes = append(e.sizes, v.Shape().Dimensions[axis])
			}
		}
		layer := strings.Trim(strings.TrimPrefix(v.Scope(), scope.Scope()), "/")
		e.name = strings.TrimPrefix(strings.ReplaceAll(layer, "/", ".")+"."+e.rule.Name, ".")
		if other := paths[e.name]; other != "" {
			return nil, fmt.Errorf("%s and %s would both be called %s: give one of them another name", other,
				v.Path(), e.name)
		}
		paths[e.name] = v.Path()
		all = append(all, e)
	}
	for _, rule := range rules {
		if rule.Path != "" && scope.Store().GetVariable(rule.Path) == nil {
			return nil, fmt.Errorf("a layer's StateDict has a name for %s, which the net does not have", rule.Path)
		}
	}
	return all, nil
}

// ruleFor returns the rule for a variable, or one that leaves it as it is.
func ruleFor(v *model.Variable, store *model.Store, rules []Rule) Rule {
	for _, rule := range rules {
		if rule.Path == v.Path() {
			return Rule{Name: rule.Name}
		}
		matches := v.Name() == rule.Variable && v.Shape().Rank() == rule.Axes && (!rule.Count || v.DType().IsFloat())
		if matches && (rule.Beside == "" || store.GetVariable(v.Scope()+"/"+rule.Beside) != nil) {
			return rule
		}
	}
	return Rule{Name: v.Name()}
}

// Encode returns the file of a net: of the variables in a scope, the description of the
// net's inputs and layers, and what is said about its training.
func Encode(scope *model.Scope, rules []Rule, inputs []shapes.Shape, layers []Layer, training string) ([]byte,
	error) {
	all, err := entries(scope, rules)
	if err != nil {
		return nil, err
	}
	state := map[string]Tensor{}
	for _, e := range all {
		value, err := e.variable.Value()
		if err != nil {
			return nil, err
		}
		t, err := copied(value)
		if err != nil {
			return nil, err
		}
		t.Sizes = e.sizes
		if e.rule.Count {
			t.Type = safetensors.I64
			if t.Values, err = countOf(t.Values, e.dtype); err != nil {
				return nil, fmt.Errorf("%s: %w", e.variable.Path(), err)
			}
		} else if e.rule.Order != nil {
			t.Values = permuted(t.Values, int(e.dtype.Size()), e.variable.Shape().Dimensions, e.rule.Order)
		}
		state[e.name] = t
	}
	description, err := describe(inputs, layers)
	if err != nil {
		return nil, err
	}
	return Serialize(state, description, training)
}

// Fill gives the variables of a scope the values of a file, which must have these and no
// others. Nothing is set, and no memory taken for values, unless all fit. Layers are the
// scopes of a Sequential's layers in their order, for the names of files from elsewhere.
func (f *File) Fill(scope *model.Scope, rules []Rule, layers []string) error {
	all, err := entries(scope, rules)
	if err != nil {
		return err
	}
	found := f.tensors
	if f.Description == nil {
		if found, err = f.renamed(all, layers); err != nil {
			return err
		}
	}
	known, fits := map[string]bool{}, make([]fit, 0, len(all))
	for _, e := range all {
		known[e.name] = true
		tensor, ok := found[e.name]
		switch {
		case ok:
			if err := e.check(tensor, f.Description == nil); err != nil {
				return err
			}
		case e.rule.Count && f.Description == nil:
		case f.Description == nil:
			return fmt.Errorf("they are another net's, or its layers have other names: they have no %s, which this net "+
				"needs, but %s: rename them in PyTorch, or save one nn.Sequential, whose numbers need no renaming%s", e.name,
				f.names(), f.ties())
		default:
			return fmt.Errorf("they are another net's: they have no %s, which this net needs, but %s", e.name, f.names())
		}
		fits = append(fits, f.fit(e, tensor, ok))
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !known[name] {
			return fmt.Errorf("they are another net's: this net has no %s", found[name].called(name))
		}
	}
	return setAll(fits)
}

// A fit is a variable with the tensor whose values it gets, if there is one.
type fit struct {
	entry
	tensor saved
	ok     bool
}

// fit returns what a variable gets. A count of 0 from elsewhere counts as missing: PyTorch gives it to nets whose files
// lack it, such as torchvision's older ones.
func (f *File) fit(e entry, tensor saved, ok bool) fit {
	if e.rule.Count && f.Description == nil {
		ok = ok && binary.LittleEndian.Uint64(tensor.Values) != 0
	}
	return fit{e, tensor, ok}
}

// setAll gives variables their values.
func setAll(fits []fit) error {
	for _, f := range fits {
		value := tensors.FromShape(f.variable.Shape())
		if err := value.MutableBytes(func(data []byte) { copy(data, f.values(f.tensor, f.ok)) }); err != nil {
			return err
		}
		if err := f.variable.SetValue(value); err != nil {
			return err
		}
	}
	return nil
}

// check refuses a tensor that does not have the shape, the type and the values that its
// variable can take. Of a file from elsewhere, floating-point types are converted.
func (e entry) check(tensor saved, fromElsewhere bool) error {
	name, dtype := tensor.called(e.name), tensor.Type
	if tensor.unread {
		return fmt.Errorf("%s is %.40s, a type that is not read: convert it to %s before it is saved", name, tensor.kind,
			e.dtype)
	}
	if !slices.Equal(tensor.Sizes, e.sizes) {
		return fmt.Errorf("they are another net's: %s is %v, expected %v", name, tuple(tensor.Sizes), tuple(e.sizes))
	}
	switch {
	case e.rule.Count && dtype != safetensors.I64:
		return fmt.Errorf("%s is %s, expected I64", name, tensor.kind)
	case e.rule.Count:
		if count := int64(binary.LittleEndian.Uint64(tensor.Values)); count < 0 {
			return fmt.Errorf("%s is %d, expected a number of batches", name, count)
		}
	case tensor.kind == e.dtype.String():
		return tensor.checkBools(name)
	case !fromElsewhere || !isFloat(dtype) || !isFloat(e.dtype):
		return fmt.Errorf("they are another net's: %s is %s, expected %s", name, tensor.kind, e.dtype)
	default:
		if value, i, ok := overflowing(tensor.Values, dtype, e.dtype); ok {
			return fmt.Errorf("%s has the value %v at index %d, which would be infinite as %s, the type of this net", name,
				value, i, e.dtype)
		}
	}
	return nil
}

// KeptStatistics is the number of batches for a file of PyTorch's that lacks it. The first
// ten batches count alike (see BatchNorm), so if training went on from fewer, it would
// soon replace the running statistics of the file. From ten on they are kept as PyTorch
// keeps them: nine tenths after each step.
const KeptStatistics = 10

// values returns what a file has for a variable, if ok, as the variable has it.
func (e entry) values(tensor saved, ok bool) []byte {
	if e.rule.Count {
		count := int64(KeptStatistics)
		if ok {
			count = int64(binary.LittleEndian.Uint64(tensor.Values))
		}
		return perChannel(count, e.dtype, e.variable.Shape().Size())
	}
	data := converted(tensor.Values, tensor.Type, e.dtype)
	if e.rule.Order != nil {
		data = permuted(data, int(e.dtype.Size()), e.sizes, inverse(e.rule.Order))
	}
	return data
}

// names lists some of a file's tensors.
func (f *File) names() string { return someOf(slices.Sorted(maps.Keys(f.tensors))) }

// someOf lists some names.
func someOf(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n > 4:
		return fmt.Sprintf("%.100s, %.100s, %.100s and %d others", names[0], names[1], names[2], n-3)
	default:
		return fmt.Sprintf("%.400s", fmt.Sprint(names))
	}
}

// Names returns the names that the variables of a scope have in a file.
func Names(scope *model.Scope, rules []Rule) (map[*model.Variable]string, error) {
	all, err := entries(scope, rules)
	names := map[*model.Variable]string{}
	for _, e := range all {
		names[e.variable] = e.name
	}
	return names, err
}
