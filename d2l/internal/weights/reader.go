package weights

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// saved is a tensor as a file has it.
type saved struct {
	Tensor
	name string // In the file.
	kind string // The type in the file: float8 types are read as F16, which has all of their values.
	// unread marks types that are not read, such as those of complex numbers.
	unread bool
}

// called returns the name for messages: that in the file, and the net's if it is another.
func (s saved) called(here string) string {
	if s.name == here {
		return fmt.Sprintf("%.200s", here)
	}
	return fmt.Sprintf("%.200s, here %.200s,", s.name, here)
}

// read returns a file's tensors and metadata. Package safetensors refuses a whole file for
// one tensor of a type that it does not know, and for an entry with a key that
// Hugging Face's reader ignores.
func read(content []byte) (map[string]saved, map[string]string, error) {
	if len(content) < 8 {
		return nil, nil, fmt.Errorf("it has %d bytes", len(content))
	}
	size, content := binary.LittleEndian.Uint64(content), content[8:]
	if size > min(maxHeaderSize, uint64(len(content))) {
		return nil, nil, fmt.Errorf("its header would have %d bytes", size)
	}
	var header map[string]map[string]json.RawMessage
	if err := json.Unmarshal(content[:size], &header); err != nil {
		return nil, nil, fmt.Errorf("its header: %w", err)
	}
	content = content[size:]
	metadata := map[string]string{}
	for key, value := range header["__metadata__"] {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, nil, fmt.Errorf("its metadata: %w", err)
		}
		metadata[key] = text
	}
	delete(header, "__metadata__")
	all := map[string]saved{}
	spans := make([][2]int, 0, len(header))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		tensor, span, err := readTensor(header[name], content)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %.200q: %w", name, err)
		}
		tensor.name = name
		all[name] = tensor
		spans = append(spans, span)
	}
	// All bytes are of one tensor.
	slices.SortFunc(spans, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	end := 0
	for _, span := range append(spans, [2]int{len(content), 0}) {
		if span[0] != end {
			return nil, nil, fmt.Errorf("a tensor ends at byte %d and the next begins at byte %d", end, span[0])
		}
		end = span[1]
	}
	return all, metadata, nil
}

// readTensor returns the tensor of an entry of the header, and where it is in the data.
func readTensor(entry map[string]json.RawMessage, data []byte) (tensor saved, span [2]int, err error) {
	var offsets []int
	for key, value := range map[string]any{"dtype": &tensor.kind, "shape": &tensor.Sizes, "data_offsets": &offsets} {
		if err := json.Unmarshal(entry[key], value); err != nil {
			return tensor, span, fmt.Errorf("%s: %w", key, err)
		}
	}
	switch {
	case tensor.kind == "" || tensor.Sizes == nil || len(offsets) != 2:
		return tensor, span, errors.New("it lacks its dtype, its shape or its data_offsets")
	case offsets[0] < 0 || offsets[0] > offsets[1] || offsets[1] > len(data):
		return tensor, span, fmt.Errorf("it would be bytes %d to %d of %d", offsets[0], offsets[1], len(data))
	}
	span = [2]int(offsets)
	tensor.Values = data[span[0]:span[1]]
	count := 1
	for _, size := range tensor.Sizes {
		if size < 0 || count > 0 && size > math.MaxInt/8/count {
			return tensor, span, errors.New("its shape is impossible")
		}
		count *= size
	}
	valueSize := 1
	switch tensor.kind {
	case "F8_E4M3", "F8_E5M2":
		tensor.Type = safetensors.F16
	default:
		if tensor.Type, err = safetensors.ParseDType(tensor.kind); err != nil {
			tensor.unread = true
			return tensor, span, nil // Nothing is known of its size.
		}
		valueSize = int(tensor.Type.Size())
	}
	if count*valueSize != len(tensor.Values) {
		return tensor, span, fmt.Errorf("it has %d bytes, expected %d numbers of %d", len(tensor.Values), count, valueSize)
	}
	if tensor.kind != tensor.Type.String() {
		wide := make([]byte, 0, 2*count)
		for _, bits := range tensor.Values {
			wide = binary.LittleEndian.AppendUint16(wide, eightBits(tensor.kind, bits).Bits())
		}
		tensor.Values = wide
	}
	return tensor, span, nil
}
