package d2l

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// A file of parameters is a zip archive, so that it is one file and its content
// has checksums, of a GoMLX checkpoint; of the shape of an example of the input,
// for which the net can be built and compared with the checkpoint; and of the list
// of the layers, as nets with other layers may have parameters of the same shapes.
const (
	checkpointJSON = "checkpoint.json"
	checkpointBin  = "checkpoint.bin"
	inputJSON      = "input.json"
	layersJSON     = "layers.json"
)

// SaveParameters writes the net's parameters, with running statistics such as
// those of batch normalization, to one file, the book's net.save_parameters
// (section "File I/O"). An earlier file is replaced, by the whole new one or not
// at all. The net must have seen a batch.
func (n *Net) SaveParameters(path string) error {
	if err := n.saveParameters(path); err != nil {
		return fmt.Errorf("saving parameters to %s: %w", path, err)
	}
	return nil
}

func (n *Net) saveParameters(path string) error {
	if n.store == nil || n.input == nil {
		return errNoParameters
	}
	store, err := n.copyStore()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "d2l-parameters-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	handler, err := checkpoint.Build(store).Dir(dir).Done()
	if err != nil {
		return err
	}
	if err := handler.Save(); err != nil {
		return err
	}
	input, err := json.Marshal(n.input)
	if err != nil {
		return err
	}
	layers, err := json.Marshal(layerList(n.layer))
	if err != nil {
		return err
	}
	entries := map[string][]byte{inputJSON: input, layersJSON: layers}
	for name, suffix := range map[string]string{checkpointJSON: checkpoint.JsonNameSuffix, checkpointBin: checkpoint.BinDataSuffix} {
		saved, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
		if err != nil || len(saved) != 1 {
			return fmt.Errorf("GoMLX wrote %d files *%s, expected one", len(saved), suffix)
		}
		if entries[name], err = os.ReadFile(saved[0]); err != nil {
			return err
		}
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for name, content := range entries {
		entry, err := writer.Create(name)
		if err != nil {
			return err
		}
		if _, err := entry.Write(content); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return writeFile(path, archive.Bytes())
}

// LoadParameters gives the net the parameters that SaveParameters wrote, on
// device, the book's net.load_parameters (section "File I/O"). A file that is
// damaged, or was saved by a net that computes something else from them (with
// other shapes, another activation, another pooling), is refused with an error that
// names the first difference, and the net stays as it was. Of layers that are not
// d2l's own only the types are compared.
func (n *Net) LoadParameters(path string, device Device) error {
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	store, input, err := n.loadParameters(path, device)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there are no parameters in %s: run what trains the net and calls SaveParameters first (%w)", path, err)
	case err != nil:
		return fmt.Errorf("the parameters in %s cannot be used: %w", path, err)
	}
	n.use(store, device, Xavier)
	n.input = input
	return nil
}

func (n *Net) loadParameters(path string, device Device) (*model.Store, []int, error) {
	entries, err := readArchive(path, checkpointJSON, checkpointBin, inputJSON, layersJSON)
	if err != nil {
		return nil, nil, err
	}
	var layers []string
	if err := json.Unmarshal(entries[layersJSON], &layers); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", layersJSON, err)
	}
	var input []int
	if err := json.Unmarshal(entries[inputJSON], &input); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", inputJSON, err)
	}
	for size, i := 1, 0; i < len(input); i++ {
		const most = 1 << 28 // Numbers in one example; more is no input but a damaged file.
		if input[i] <= 0 || input[i] > most/size {
			return nil, nil, fmt.Errorf("%s: no input has the shape %v", inputJSON, Shape(input))
		}
		size *= input[i]
	}
	loaded := model.NewStore()
	if _, err := checkpoint.Load(loaded).FromEmbed(string(entries[checkpointJSON]), entries[checkpointBin]).Immediate().ExcludeAllParams().Done(); err != nil {
		return nil, nil, err
	}
	store, _, err := n.withShapes(device, input)
	if err != nil {
		return nil, nil, fmt.Errorf("they are for inputs of shape %v, which this net does not take: %w", Shape(input), err)
	}
	for v := range store.Scope(netScope).IterVariables() {
		saved := loaded.GetVariable(v.Path())
		if saved == nil {
			return nil, nil, fmt.Errorf("they are another net's: %s is missing", v.Path())
		}
		if !saved.Shape().Equal(v.Shape()) {
			return nil, nil, fmt.Errorf("they are another net's: %s is %v, expected %v", v.Path(), Shape(saved.Shape().Dimensions), Shape(v.Shape().Dimensions))
		}
		value, err := saved.Value()
		if err != nil {
			return nil, nil, err
		}
		if err := v.SetValue(value); err != nil {
			return nil, nil, err
		}
	}
	for v := range loaded.Scope(netScope).IterVariables() {
		if store.GetVariable(v.Path()) == nil {
			return nil, nil, fmt.Errorf("they are another net's: this net has no %s", v.Path())
		}
	}
	if difference := firstDifference(layers, layerList(n.layer)); difference != "" {
		return nil, nil, fmt.Errorf("they are another net's: %s", difference)
	}
	return store, input, store.SetRNGStateFromSeed(nextSeed())
}

// readArchive returns the named entries of a zip archive.
func readArchive(path string, names ...string) (map[string][]byte, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	entries := map[string][]byte{}
	for _, name := range names {
		file, err := archive.Open(name)
		if err != nil {
			return nil, fmt.Errorf("it has no %s, so it is no file of parameters or one that an older d2l wrote; run what saves it again", name)
		}
		content, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", name, err)
		}
		entries[name] = content
	}
	return entries, nil
}
