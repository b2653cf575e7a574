package weights

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/nlpodyssey/safetensors"
)

// EncodeTensors returns a file of tensors and nothing else, as PyTorch's save_file writes it.
func EncodeTensors(named map[string]*tensors.Tensor) ([]byte, error) {
	all := map[string]Tensor{}
	for name, value := range named {
		t, err := copied(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = t
	}
	return Serialize(all, "", "")
}

// copied has the numbers of a tensor, from the device if need be.
func copied(value *tensors.Tensor) (t Tensor, err error) {
	dtype, ok := fileTypes[value.DType()]
	if !ok {
		return t, fmt.Errorf("it is %s, a type that a file of safetensors cannot hold", value.DType())
	}
	t = Tensor{Type: dtype, Sizes: value.Shape().Dimensions}
	if value, err = value.LocalClone(); err != nil {
		return t, err
	}
	return t, value.ConstBytes(func(data []byte) { t.Values = slices.Clone(data) })
}

// Tensors returns the tensors of a file by their names. Numbers of float8 become float16.
func (f *File) Tensors() (map[string]*tensors.Tensor, error) {
	all := map[string]*tensors.Tensor{}
	for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
		t := f.tensors[name]
		dtype := dtypeOf(t.Type)
		if t.unread || dtype == dtypes.InvalidDType {
			const message = "%.200s is %.40s, a type that is not read: convert it to F32 before it is saved"
			return nil, fmt.Errorf(message, name, t.kind)
		}
		if err := t.checkBools(name); err != nil {
			return nil, err
		}
		value := tensors.FromShape(shapes.Shape{DType: dtype, Dimensions: t.Sizes})
		if err := value.MutableBytes(func(data []byte) { copy(data, t.Values) }); err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// checkBools refuses bytes that are neither true nor false, of which Go can make nothing.
func (s saved) checkBools(name string) error {
	if s.Type == safetensors.BOOL && slices.ContainsFunc(s.Values, func(b byte) bool { return b > 1 }) {
		return fmt.Errorf("%.200s has values that are neither true nor false", name)
	}
	return nil
}

func dtypeOf(kind safetensors.DType) dtypes.DType {
	for dtype, inFile := range fileTypes {
		if inFile == kind {
			return dtype
		}
	}
	return dtypes.InvalidDType
}
