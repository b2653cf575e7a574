package d2l

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/nlpodyssey/safetensors"
)

// SaveSafetensors writes the net's parameters, with the running statistics of
// batch normalization, to a file in the format safetensors, for PyTorch and
// others that read it. An earlier file is replaced, by the whole new one or not at
// all. The net must have seen a batch.
//
// Names and shapes are those of PyTorch's state_dict: conv0.weight (out, in,
// height, width), dense0.weight (out, in), conv0.bias, and of batch normalization
// weight, bias, running_mean, running_var and num_batches_tracked. So PyTorch
// loads them into a net whose layers have the names that they have here:
//
//	net = nn.Sequential(OrderedDict(conv0=nn.Conv2d(1, 6, 5, padding=2), …, dense0=nn.Linear(400, 120), …))
//	net.load_state_dict(safetensors.torch.load_file("lenet.safetensors"))
//
// Weights of a layer of one's own are taken for (in, out) or (height, width, in,
// out), as GoMLX has them. What has no counterpart in PyTorch is an error. The
// file's metadata, which PyTorch passes over, have the shape of an example and a
// SHA-256 of all that the net would get from the file.
//
// Book: none; a Gluon file of net.save_parameters, section "File I/O", is read by
// Gluon alone.
func (n *Net) SaveSafetensors(path string) error {
	content, err := n.encodeSafetensors()
	if err != nil {
		return fmt.Errorf("saving weights to %s: %w", path, err)
	}
	if err := files.Write(path, content); err != nil {
		return fmt.Errorf("saving weights to %s: %w; %s", path, err, files.WriteRemedy)
	}
	return nil
}

func (n *Net) encodeSafetensors() ([]byte, error) {
	if n.store == nil || !n.input.Ok() {
		return nil, errNoParameters
	}
	entries, err := stateDict(n.store)
	if err != nil {
		return nil, err
	}
	state := map[string]safetensor{}
	for _, e := range entries {
		value, err := e.variable.Value()
		if err != nil {
			return nil, err
		}
		values, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return nil, err
		}
		t := safetensor{dtype: safetensors.F32, shape: e.shape}
		if e.countsBatches() {
			count := int64(values[0])
			if slices.Min(values) != slices.Max(values) || float32(count) != values[0] {
				return nil, fmt.Errorf("%s is %v, expected the same whole number for each channel", e.variable.Path(), values)
			}
			t.dtype = safetensors.I64
			t.data = binary.LittleEndian.AppendUint64(nil, uint64(count))
		} else if t.data, err = binary.Append(nil, binary.LittleEndian, e.toPyTorch(values)); err != nil {
			return nil, err
		}
		state[e.name] = t
	}
	return serialize(state, n.input.Dimensions)
}

// LoadSafetensors gives the net the parameters in a file of safetensors, on
// device: one that SaveSafetensors wrote, or PyTorch with
//
//	safetensors.torch.save_file(net.state_dict(), "lenet.safetensors")
//
// for a net whose layers have the names that they have here, see SaveSafetensors.
// Batch normalization's num_batches_tracked may be missing.
//
// The input is the shape of an example, such as 1, 28, 28. It may be left out if
// the file comes from SaveSafetensors, which notes it, or if the net has seen a
// batch. Values of other floating-point types become float32.
//
// A file that has a tensor too few, too many or of another shape is refused with an
// error that names the first difference, and the net stays as it was. Names and
// shapes are compared, but not activations or pooling, which the format does not
// tell; LoadParameters compares these too. A damaged file of SaveSafetensors is
// refused by its SHA-256. PyTorch's own files have none: there only what is cut off
// or does not fit is noticed, and damaged values are loaded.
//
// Book: none; net.load_parameters, section "File I/O", reads Gluon's own files.
func (n *Net) LoadSafetensors(path string, device Device, input ...int) error {
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	content, err := readLimited(path)
	var store *model.Store
	if err == nil {
		store, input, err = n.decodeSafetensors(content, device, input)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there are no weights in %s: save them first, %s (%w)", path, bySaving, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("the weights in %s cannot be used: %w; let this user read the file", path, err)
	case errors.Is(err, errInput):
		return fmt.Errorf("the weights in %s cannot be used: %w", path, err)
	case err != nil:
		return fmt.Errorf("the weights in %s cannot be used: %w; save them again, %s, from a net of the same layers for inputs of the same shape", path, err, bySaving)
	}
	example := n.example(input)
	n.use(store, device, Xavier)
	n.input = example
	return nil
}

const bySaving = "by SaveSafetensors or by PyTorch's safetensors.torch.save_file"

// errInput is what to do where the caller's shape of an example is missing or wrong.
var errInput = errors.New("name the shape of an example, such as LoadSafetensors(path, device, 1, 28, 28)")

// decodeSafetensors returns a store with the net's variables and the values in
// content, and the shape of an example. It takes memory for no more than content
// has, whatever the shapes in it say.
func (n *Net) decodeSafetensors(content []byte, device Device, input []int) (*model.Store, []int, error) {
	file, noted, err := parseSafetensors(content)
	if err != nil {
		return nil, nil, err
	}
	var store *model.Store
	given := len(input) > 0
	if input, err = n.inputFor(input, noted); err == nil {
		if store, _, err = n.withShapes(device, n.example(input)); err != nil {
			err = fmt.Errorf("this net does not take inputs of shape %v: %w", Shape(input), err)
		}
	}
	switch {
	case err != nil && given:
		return nil, nil, fmt.Errorf("%w; %w", err, errInput)
	case err != nil:
		return nil, nil, err
	}
	entries, err := stateDict(store)
	if err != nil {
		return nil, nil, err
	}
	if err := fill(entries, file); err != nil {
		return nil, nil, err
	}
	return store, input, store.SetRNGStateFromSeed(nextSeed())
}

// fill gives variables the values in a file, which has to have these and no others.
// Memory is taken once that is known, as the variables have the sizes that the file's
// shape of an example makes them.
func fill(entries []stateEntry, file safetensors.SafeTensors) error {
	known := map[string]bool{}
	for _, e := range entries {
		known[e.name] = true
		saved, ok := file.Tensor(e.name)
		switch {
		case ok:
			if err := e.fits(saved); err != nil {
				return err
			}
		case !e.countsBatches():
			return fmt.Errorf("it has no %s, which this net needs, but %s: it is another net's, or its layers are called otherwise (here as Shapes and Outputs name them)", e.name, listed(file.Names()))
		}
	}
	for _, name := range file.Names() {
		if !known[name] {
			return fmt.Errorf("it is another net's: this net has no %s", name)
		}
	}
	for _, e := range entries {
		var values []float32
		if saved, ok := file.Tensor(e.name); ok {
			var err error
			if values, err = e.valuesOf(saved); err != nil {
				return err
			}
		} else { // A count of batches.
			values = slices.Repeat([]float32{keptStatistics}, e.variable.Shape().Size())
		}
		if err := e.variable.SetValue(tensors.FromFlatDataAndDimensions(values, e.variable.Shape().Dimensions...)); err != nil {
			return err
		}
	}
	return nil
}

// keptStatistics is a number of batches for a file that does not tell it. The first
// ten count alike (see BatchNorm), so that if training went on from fewer, it would
// soon forget the running statistics that were loaded. From ten on they are kept as
// PyTorch keeps them: nine tenths after each step.
const keptStatistics = 10

// inputFor chooses the shape of an example.
func (n *Net) inputFor(given, noted []int) ([]int, error) {
	for _, input := range [][]int{given, noted, n.input.Dimensions} {
		if len(input) == 0 {
			continue
		}
		if err := checkInput(input); err != nil {
			return nil, err
		}
		return slices.Clone(input), nil
	}
	return nil, fmt.Errorf("it does not say for which inputs it is: %w", errInput)
}

// fits returns an error unless a tensor has the variable's shape and a type that can
// be read.
func (e stateEntry) fits(saved safetensors.TensorView) error {
	if theirs := saved.Shape(); !slices.EqualFunc(theirs, e.shape, func(theirs uint64, ours int) bool { return theirs == uint64(ours) }) {
		has := fmt.Sprintf("has %d axes", len(theirs))
		if len(theirs) <= 8 {
			shape := make(Shape, len(theirs))
			for i, size := range theirs {
				shape[i] = int(size)
			}
			has = fmt.Sprintf("is %v", shape)
		}
		return fmt.Errorf("it is another net's: its %s %s, expected %v", e.name, has, Shape(e.shape))
	}
	switch dtype := saved.DType(); {
	case e.countsBatches() && dtype != safetensors.I64:
		return fmt.Errorf("its %s is %s, expected I64", e.name, dtype)
	case !e.countsBatches() && !slices.Contains(floats, dtype):
		return fmt.Errorf("its %s is %s, expected F32, or F64, F16 or BF16", e.name, dtype)
	}
	return nil
}

// valuesOf returns the values of a tensor that fits in the variable's order.
func (e stateEntry) valuesOf(saved safetensors.TensorView) ([]float32, error) {
	if !e.countsBatches() {
		return e.fromPyTorch(float32sOf(saved)), nil
	}
	count := int64(binary.LittleEndian.Uint64(saved.Data()))
	if count < 0 {
		return nil, fmt.Errorf("its %s is %d, expected a number of batches", e.name, count)
	}
	const most = 1 << 24 // Beyond which float32 does not count; the statistics do not depend on it.
	return slices.Repeat([]float32{float32(min(count, most))}, e.variable.Shape().Size()), nil
}

// listed names some of a file's tensors.
func listed(names []string) string {
	slices.Sort(names)
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n > 4:
		return fmt.Sprintf("%s, %s, %s and %d others", names[0], names[1], names[2], n-3)
	default:
		return fmt.Sprint(names)
	}
}
