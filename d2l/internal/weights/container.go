// Package weights is the format of a file of parameters: a file of safetensors, whose
// tensors have PyTorch's names and order of axes where PyTorch has a counterpart, and
// whose metadata describe the net and have a SHA-256.
//
// container.go reads and writes the file, description.go the description of the net;
// variables.go turns a net's variables into tensors and back, and dtypes.go converts
// types of numbers.
package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

const (
	// MaxFileSize is the size in bytes of the largest file that is read or written.
	MaxFileSize   = 4 << 30
	maxHeaderSize = 8 << 20 // A layer takes some hundred bytes.
	// Keys of the metadata. PyTorch ignores both.
	descriptionKey = "d2l.net"
	digestKey      = "d2l.sha256"
)

// Tensor is one tensor of a file. (NewTensorView of package safetensors refuses scalars.)
type Tensor struct {
	Type   safetensors.DType
	Sizes  []int
	Values []byte
}

// DType returns the type of the values.
func (t Tensor) DType() safetensors.DType { return t.Type }

// Shape returns the sizes of the axes.
func (t Tensor) Shape() []uint64 {
	shape := make([]uint64, len(t.Sizes))
	for i, size := range t.Sizes {
		shape[i] = uint64(size)
	}
	return shape
}

// Data returns the values.
func (t Tensor) Data() []byte { return t.Values }

// DataLen returns the number of bytes of the values.
func (t Tensor) DataLen() uint64 { return uint64(len(t.Values)) }

// Serialize returns a file of tensors and of the description of a net, with the SHA-256
// of both. It has neither if the description is empty, like PyTorch's own files.
func Serialize[V safetensors.View](tensors map[string]V, description string) ([]byte, error) {
	metadata := map[string]string{"format": "pt"}
	if description != "" {
		metadata[descriptionKey], metadata[digestKey] = description, digest(tensors, description)
	}
	content, err := safetensors.Serialize(tensors, metadata)
	switch {
	case err != nil:
		return nil, err
	case binary.LittleEndian.Uint64(content) > maxHeaderSize:
		return nil,
			errors.New("the net has too many layers, or layers with too large Settings, for the header of a file")
	case len(content) > MaxFileSize:
		return nil, fmt.Errorf("the file would have %d bytes, more than the %d that can be loaded", len(content),
			MaxFileSize)
	}
	return content, nil
}

// digest returns the SHA-256, in hexadecimal, of the description and of all tensors in
// the order of their names, wherever in the file they are.
func digest[V safetensors.View](tensors map[string]V, description string) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q\n", description)
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		fmt.Fprintf(hash, "%q %s %d %d\n", name, t.DType(), t.Shape(), t.DataLen())
		hash.Write(t.Data())
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// A File is a file of parameters that is whole.
type File struct {
	// Description is nil for files that Serialize has not written, such as PyTorch's.
	Description *Description
	tensors     map[string]safetensors.TensorView
}

// Parse reads the content of a file. It takes memory in proportion to the content,
// whatever sizes that claims.
func Parse(content []byte) (*File, error) {
	const foreign = "not a file of safetensors, or it is damaged"
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		if bytes.Contains(content, []byte("checkpoint.json")) {
			return nil, errors.New("an earlier version of this package wrote them, in a format that is no longer read")
		}
		return nil, errors.New("a zip archive, such as PyTorch's torch.save writes, which holds code and is not read")
	}
	if len(content) >= 8 {
		if size := binary.LittleEndian.Uint64(content); size > maxHeaderSize {
			return nil, fmt.Errorf("%s: its header would have %d bytes", foreign, size)
		}
	}
	_, header, err := safetensors.ReadMetadata(content)
	if err != nil {
		return nil, fmt.Errorf("%s or cut off: %w", foreign, err)
	}
	all, err := safetensors.Deserialize(content)
	if err != nil {
		return nil, err
	}
	file := &File{tensors: map[string]safetensors.TensorView{}}
	for _, t := range all.Tensors() {
		file.tensors[t.Name] = t.TensorView
	}
	text, described := header.Metadata()[descriptionKey]
	saved, summed := header.Metadata()[digestKey]
	switch {
	case !described && !summed:
		return file, nil
	case !described || !summed:
		return nil, fmt.Errorf("an earlier version of this package wrote them, or they are damaged: "+
			"the metadata have only one of %s and %s",
			descriptionKey, digestKey)
	}
	if err := checkVersion(text); err != nil {
		return nil, err
	}
	if sum := digest(file.tensors, text); sum != saved {
		return nil, fmt.Errorf("they are damaged: their SHA-256 is %s, but was %.64q when they were saved", sum,
			saved)
	}
	file.Description, err = parseDescription(text)
	return file, err
}
