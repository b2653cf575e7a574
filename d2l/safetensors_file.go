package d2l

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/nlpodyssey/safetensors"
)

// A file of safetensors has eight bytes with the size of its header, the header in
// JSON (names, types, shapes, and where the values are), and the values.
const (
	mostHeader = 8 << 20 // Bytes; a layer takes some hundred.
	mostFile   = 4 << 30 // Bytes.
	// The shape of an example, under which SaveSafetensors notes it.
	inputKey = "d2l.input"
)

// readLimited reads a file that is not too large.
func readLimited(path string) ([]byte, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.Size() > mostFile:
		return nil, fmt.Errorf("it has %d bytes, more than any net of this book", info.Size())
	}
	content := make([]byte, info.Size())
	_, err = io.ReadFull(file, content)
	return content, err
}

// parseSafetensors reads a whole file, and the shape of an example that
// SaveSafetensors has noted in it, or none.
func parseSafetensors(content []byte) (file safetensors.SafeTensors, input []int, err error) {
	if len(content) >= 8 {
		if size := binary.LittleEndian.Uint64(content); size > mostHeader {
			return file, nil, fmt.Errorf("it is no file of safetensors, or it is damaged: its header would have %d bytes", size)
		}
	}
	_, header, err := safetensors.ReadMetadata(content)
	if err != nil {
		return file, nil, fmt.Errorf("it is no file of safetensors, or it is damaged or cut off: %w", err)
	}
	if file, err = safetensors.Deserialize(content); err != nil {
		return file, nil, err
	}
	if noted, ok := header.Metadata()[inputKey]; ok {
		if err := json.Unmarshal([]byte(noted), &input); err != nil {
			return file, nil, fmt.Errorf("%s %q is no shape: %w", inputKey, noted, err)
		}
	}
	return file, input, nil
}

// safetensor is one tensor for the writer. (The package's own refuses scalars.)
type safetensor struct {
	dtype safetensors.DType
	shape []int
	data  []byte
}

func (t safetensor) DType() safetensors.DType { return t.dtype }
func (t safetensor) Data() []byte             { return t.data }
func (t safetensor) DataLen() uint64          { return uint64(len(t.data)) }
func (t safetensor) Shape() []uint64 {
	shape := make([]uint64, len(t.shape))
	for i, size := range t.shape {
		shape[i] = uint64(size)
	}
	return shape
}

// float32sOf returns a tensor's values as float32.
func float32sOf(t safetensors.TensorView) ([]float32, error) {
	data := t.Data()
	values := make([]float32, uint64(len(data))/t.DType().Size())
	bits := binary.LittleEndian
	for i := range values {
		switch t.DType() {
		case safetensors.F32:
			values[i] = math.Float32frombits(bits.Uint32(data[4*i:]))
		case safetensors.F64:
			values[i] = float32(math.Float64frombits(bits.Uint64(data[8*i:])))
		case safetensors.F16:
			values[i] = float16.FromBits(bits.Uint16(data[2*i:])).Float32()
		case safetensors.BF16:
			values[i] = bfloat16.FromBits(bits.Uint16(data[2*i:])).Float32()
		default:
			return nil, fmt.Errorf("is %s, expected F32, or F64, F16 or BF16", t.DType())
		}
	}
	return values, nil
}
