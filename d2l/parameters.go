package d2l

import (
	"errors"
	"fmt"
	"os"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
)

// SaveParameters writes the net's parameters, with running statistics such as
// those of batch normalization, to one file, and makes its folder if need be. An
// earlier file is replaced, by the whole new one or not at all. The net must have
// seen a batch. (net.save_parameters in the book, section "File I/O".)
func (n *Net) SaveParameters(path string) error {
	if err := n.saveParameters(path); err != nil {
		return fmt.Errorf("saving parameters to %s: %w", path, err)
	}
	return nil
}

func (n *Net) saveParameters(path string) error {
	if n.store == nil || !n.input.Ok() {
		return errNoParameters
	}
	content, err := n.encodeParameters()
	if err != nil {
		return err
	}
	if err := files.Write(path, content); err != nil {
		return fmt.Errorf("%w; %s", err, files.WriteRemedy)
	}
	return nil
}

// LoadParameters gives the net the parameters that SaveParameters wrote, on
// device. A file that is damaged, or was saved by a net with other shapes, another
// activation or another pooling, is refused with an error that names the first
// difference, and the net stays as it was. Of layers that are not d2l's own only the
// types are compared. (net.load_parameters in the book, section "File I/O".)
func (n *Net) LoadParameters(path string, device Device) error {
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	store, input, err := n.loadParameters(path, device)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there are no parameters in %s: run what trains the net and calls SaveParameters first (%w)", path, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("the parameters in %s cannot be used: %w; let this user read the file", path, err)
	case err != nil:
		return fmt.Errorf("the parameters in %s cannot be used: %w; save them again with SaveParameters from a net of the same layers", path, err)
	}
	n.use(store, device, Xavier)
	n.input = input
	return nil
}

func (n *Net) loadParameters(path string, device Device) (*model.Store, shapes.Shape, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	return n.decodeParameters(file, info.Size(), device)
}
