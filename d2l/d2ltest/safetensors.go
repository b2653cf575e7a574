package d2ltest

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// Safetensors returns the float32 tensors in a safetensors file, by name: for a net,
// its parameters as in PyTorch.
func Safetensors(t testing.TB, path string) map[string][]float32 {
	t.Helper()
	content, err := os.ReadFile(path)
	NoError(t, err)
	file, err := safetensors.Deserialize(content)
	NoError(t, err)
	all := map[string][]float32{}
	for _, tensor := range file.Tensors() {
		if tensor.TensorView.DType() != safetensors.F32 {
			continue
		}
		data := tensor.TensorView.Data()
		values := make([]float32, len(data)/4)
		_, err := binary.Decode(data, binary.LittleEndian, values)
		NoError(t, err)
		all[tensor.Name] = values
	}
	return all
}
