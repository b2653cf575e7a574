// Package weights is the format of a file of parameters: a file of safetensors, whose
// tensors have PyTorch's names and order of axes where PyTorch has a counterpart, and
// whose metadata describe the net and have a SHA-256.
//
// container.go reads and writes the file, reader.go its tensors, and kinds.go knows files
// of other kinds; description.go has the description of the net; variables.go turns a
// net's variables into tensors and back, names.go finds tensors by names from elsewhere,
// matching.go those of another net that fit; tensors.go has files of tensors of no net, and dtypes.go converts types of
// numbers.
package weights

import (
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
	// Keys of the metadata. PyTorch ignores them.
	descriptionKey = "d2l.net"
	digestKey      = "d2l.sha256"
	trainingKey    = "d2l.training"
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
// of both. It has neither if the description is empty, like PyTorch's own files. What is
// said about the training is of no consequence for the net.
func Serialize[V safetensors.View](tensors map[string]V, description, training string) ([]byte, error) {
	metadata := map[string]string{"format": "pt"}
	if description != "" {
		metadata[descriptionKey], metadata[digestKey] = description, digest(tensors, description)
		metadata[trainingKey] = training
	}
	content, err := safetensors.Serialize(tensors, metadata)
	switch {
	case err != nil:
		return nil, err
	case binary.LittleEndian.Uint64(content) > maxHeaderSize:
		return nil,
			errors.New("too many tensors, or layers with too large Settings, for the header of a file")
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
	Training    string // As Encode got it; empty if the file has nothing.
	tensors     map[string]saved
	otherNames  map[string][]string // Of tensors, by their names in the file: see tiedNames.
}

// Damaged is the error of a file that is not as it was written.
type Damaged struct{ error }

// Parse reads the content of a file. It takes memory in proportion to the content,
// whatever sizes that claims.
func Parse(content []byte) (*File, error) {
	tensors, metadata, err := read(content)
	if err != nil {
		if other := otherKind(content); other != "" {
			return nil, other
		}
		return nil, Damaged{fmt.Errorf("not a file of safetensors, or it is damaged or cut off: %w", err)}
	}
	file := &File{Training: metadata[trainingKey], tensors: tensors}
	text, described := metadata[descriptionKey]
	saved, summed := metadata[digestKey]
	switch {
	case !described && !summed:
		file.otherNames = tiedNames(tensors, metadata)
		return file, nil
	case !described || !summed:
		return nil, Damaged{fmt.Errorf("an earlier version of this package wrote them, or they are damaged: "+
			"the metadata have only one of %s and %s", descriptionKey, digestKey)}
	}
	if err := checkVersion(text); err != nil {
		return nil, err
	}
	if sum := digest(file.tensors, text); sum != saved {
		return nil, Damaged{fmt.Errorf("they are damaged: their SHA-256 is %s, but was %.64q when they were saved", sum,
			saved)}
	}
	file.Description, err = parseDescription(text)
	return file, err
}
