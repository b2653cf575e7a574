package d2l

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/nlpodyssey/safetensors"
)

// A file of safetensors has eight bytes with the size of its header, the header in
// JSON (names, types, shapes, and where the values are), and the values.
const (
	mostHeader = 8 << 20 // Bytes; a layer takes some hundred.
	mostFile   = 4 << 30 // Bytes.
	// Where SaveSafetensors notes, in the header, the shape of an example, and the
	// SHA-256 that digest returns.
	inputKey  = "d2l.input"
	digestKey = "d2l.sha256"
)

// readLimited reads a file that is not too large.
func readLimited(path string) ([]byte, error) {
	file, err := files.Open(path)
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

// serialize returns a file of tensors, with the shape of an example.
func serialize(state map[string]safetensor, input []int) ([]byte, error) {
	noted, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	return safetensors.Serialize(state, map[string]string{
		"format": "pt", inputKey: string(noted), digestKey: digest(state, string(noted)),
	})
}

// digest returns the SHA-256, in hexadecimal, of the shape of an example as it is
// noted and of all tensors in the order of their names: of what a net gets from a
// file, wherever in it that is.
func digest[V safetensors.View](state map[string]V, noted string) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q\n", noted)
	for _, name := range slices.Sorted(maps.Keys(state)) {
		tensor := state[name]
		fmt.Fprintf(hash, "%q %s %d %d\n", name, tensor.DType(), tensor.Shape(), tensor.DataLen())
		hash.Write(tensor.Data())
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// parseSafetensors reads a whole file, compares it with its SHA-256 if it has one,
// and returns the shape of an example that SaveSafetensors has noted in it, or none.
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
	noted, ok := header.Metadata()[inputKey]
	if expected, summed := header.Metadata()[digestKey]; summed {
		state := map[string]safetensors.TensorView{}
		for _, t := range file.Tensors() {
			state[t.Name] = t.TensorView
		}
		if sum := digest(state, noted); sum != expected {
			return file, nil, fmt.Errorf("it is damaged: the SHA-256 of its tensors is %s, but was %.64q when they were saved", sum, expected)
		}
	}
	if ok {
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

// floats are the types that become float32.
var floats = []safetensors.DType{safetensors.F32, safetensors.F64, safetensors.F16, safetensors.BF16}

// float32sOf returns the values of a tensor of one of these types as float32.
func float32sOf(t safetensors.TensorView) []float32 {
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
		}
	}
	return values
}
