package d2l

import (
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/weights"
)

// SaveTensors writes tensors with their names to one file, and makes its folder if need be. An earlier file is
// replaced, by the whole new one or not at all. Tensors on a device are copied from there.
//
// The file has the format safetensors; PyTorch reads it with safetensors.torch.load_file(path).
//
// Book: npx.save, section "File I/O".
func SaveTensors(path string, named map[string]*Tensor) error {
	for name, t := range named {
		switch {
		case t == nil:
			panic(fmt.Sprintf("d2l: SaveTensors got a nil tensor called %q", name))
		case name == "__metadata__" || !utf8.ValidString(name):
			return fmt.Errorf("saving tensors to %s: safetensors has no tensor called %q: give it another name, in UTF-8", path, name)
		}
	}
	content, err := weights.EncodeTensors(named)
	if err != nil {
		return fmt.Errorf("saving tensors to %s: %w", path, err)
	}
	if err := files.Write(path, content); err != nil {
		return fmt.Errorf("saving tensors to %s: %w; %s", path, err, files.WriteRemedy)
	}
	return nil
}

// LoadTensors returns the tensors of a file by their names, in the memory of the host. The file is one of SaveTensors,
// of PyTorch's safetensors.torch.save_file, or of SaveParameters, whose tensors have PyTorch's names and shapes.
// Numbers of float8 become float16. A file that is damaged or of another format is an error.
//
// Book: npx.load, section "File I/O".
func LoadTensors(path string) (map[string]*Tensor, error) {
	content, _, err := readFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there are no tensors in %s: run what calls SaveTensors first (%w)", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the tensors in %s cannot be read: %w", path, err)
	}
	file, err := weights.Parse(content)
	var named map[string]*Tensor
	if err == nil {
		named, err = file.Tensors()
	}
	if errors.As(err, new(weights.Damaged)) {
		err = fmt.Errorf("%w; save them again with SaveTensors, or get the file again from where it comes", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the tensors in %s cannot be used: %w", path, err)
	}
	return named, nil
}
