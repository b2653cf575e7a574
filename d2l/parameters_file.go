package d2l

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A file of parameters is a zip archive, so that it is one file and its content
// has checksums, of a GoMLX checkpoint, not compressed by GoMLX; of the shape of an
// example of the input, for which the net can be built and compared with the
// checkpoint; and of the list of the layers, as nets with other layers may have
// parameters of the same shapes.
//
// It is read here and not by GoMLX v0.28.8, which trusts a checkpoint: it takes what
// memory the file asks for, and panics if the file is damaged.
const (
	checkpointJSON = "checkpoint.json"
	checkpointBin  = "checkpoint.bin"
	inputJSON      = "input.json"
	typeJSON       = "type.json"
	layersJSON     = "layers.json"
)

// checkpointHead is checkpoint.json, as far as it is of use here.
type checkpointHead struct {
	Variables []checkpointVariable
	BinFormat string
}

// checkpointVariable says which bytes of checkpoint.bin are the values of a variable.
type checkpointVariable struct {
	ParameterName string // The variable's path after checkpointPrefix.
	Dimensions    []int
	DType         dtypes.DType
	Pos, Length   int // In bytes.
}

const (
	checkpointPrefix    = "var:"
	checkpointBinFormat = "uncompressed"
)

// encodeParameters returns the file of the net's parameters; those of optimizers
// are left out.
func (n *Net) encodeParameters() ([]byte, error) {
	head := checkpointHead{BinFormat: checkpointBinFormat}
	var values []byte
	for v := range n.store.Scope(netScope).IterVariables() {
		value, err := hostValue(v)
		if err != nil {
			return nil, err
		}
		pos := len(values)
		if err := value.ConstBytes(func(data []byte) { values = append(values, data...) }); err != nil {
			return nil, err
		}
		head.Variables = append(head.Variables, checkpointVariable{checkpointPrefix + v.Path(), v.Shape().Dimensions, v.Shape().DType, pos, len(values) - pos})
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for _, entry := range []struct {
		name    string
		content any
	}{{checkpointJSON, head}, {checkpointBin, values}, {inputJSON, n.input.Dimensions}, {typeJSON, n.input.DType}, {layersJSON, layerList(n.layer)}} {
		content, ok := entry.content.([]byte)
		if !ok {
			var err error
			if content, err = json.Marshal(entry.content); err != nil {
				return nil, err
			}
		}
		// Values hardly shrink, and compressing those of a large net takes long.
		w, err := writer.CreateHeader(&zip.FileHeader{Name: entry.name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// decodeParameters returns a store with the parameters of a file, for the net on
// device, and the shape of an example of the input. It takes memory for no more
// than the net has, whatever the file says or its archive would swell to.
func (n *Net) decodeParameters(file io.ReaderAt, size int64, device Device) (store *model.Store, input shapes.Shape, err error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, shapes.Shape{}, fmt.Errorf("not a whole file of parameters: %w", err)
	}
	input, err = readInput(archive)
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	store, _, err = n.withShapes(device, input)
	if err != nil {
		return nil, shapes.Shape{}, fmt.Errorf("they are for inputs of shape %v, which this net does not take: %w", Shape(input.Dimensions), err)
	}
	variables := slices.Collect(store.Scope(netScope).IterVariables())
	head, err := readHead(archive, variables)
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	at, most, err := match(head, variables)
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	if err := n.checkLayers(archive); err != nil {
		return nil, shapes.Shape{}, err
	}
	values, err := readEntry(archive, checkpointBin, most)
	if err != nil {
		return nil, shapes.Shape{}, err
	}
	if len(values) != most {
		return nil, shapes.Shape{}, fmt.Errorf("%s is damaged: it has %d bytes, expected %d", checkpointBin, len(values), most)
	}
	for _, v := range variables {
		value := tensors.FromShape(v.Shape())
		if err := value.MutableBytes(func(data []byte) { copy(data, values[at[v.Path()]:]) }); err != nil {
			return nil, shapes.Shape{}, err
		}
		if err := v.SetValue(value); err != nil {
			return nil, shapes.Shape{}, err
		}
	}
	return store, input, store.SetRNGStateFromSeed(nextSeed())
}

// readInput returns the shape and type of an example of the input.
func readInput(archive *zip.Reader) (input shapes.Shape, err error) {
	content, err := readEntry(archive, inputJSON, 1<<10)
	if err != nil {
		return input, err
	}
	var shape []int
	if err := json.Unmarshal(content, &shape); err != nil {
		return input, fmt.Errorf("%s: %w", inputJSON, err)
	}
	if err := checkInput(shape); err != nil {
		return input, fmt.Errorf("%s: %w", inputJSON, err)
	}
	dtype := dtypes.Float32 // Earlier files do not tell it.
	if content, err := readEntry(archive, typeJSON, 1<<10); err == nil {
		if err := json.Unmarshal(content, &dtype); err != nil {
			return input, fmt.Errorf("%s: %w", typeJSON, err)
		}
	}
	return shapes.Make(dtype, shape...), nil
}

// checkInput refuses a shape that no example has, but one of a damaged file or of a
// mistake.
func checkInput(input []int) error {
	const mostAxes, most = 16, 1 << 28 // Numbers in one example.
	for size, i := 1, 0; i < len(input); i++ {
		if len(input) > mostAxes || input[i] <= 0 || input[i] > most/size {
			return fmt.Errorf("no input has the shape %v", Shape(input))
		}
		size *= input[i]
	}
	return nil
}

// checkLayers compares the list of the layers with the net's, which it may exceed
// by some: those of another net are named.
func (n *Net) checkLayers(archive *zip.Reader) error {
	expected := layerList(n.layer)
	most := 1 << 18
	for _, line := range expected {
		most += 6*len(line) + 1<<9
	}
	content, err := readEntry(archive, layersJSON, most)
	if err != nil {
		return err
	}
	var saved []string
	if err := json.Unmarshal(content, &saved); err != nil {
		return fmt.Errorf("%s: %w", layersJSON, err)
	}
	if difference := firstDifference(saved, expected); difference != "" {
		return fmt.Errorf("they are another net's: %s", difference)
	}
	return nil
}

// readHead returns the checkpoint's head, which is no longer than one of these
// variables, or of some hundreds of another net's, can be.
func readHead(archive *zip.Reader, variables []*model.Variable) (head checkpointHead, err error) {
	most := 1 << 18
	for _, v := range variables {
		most += 6*len(v.Path()) + 1<<9
	}
	content, err := readEntry(archive, checkpointJSON, most)
	if err != nil {
		return head, err
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return head, fmt.Errorf("%s: %w", checkpointJSON, err)
	}
	if head.BinFormat != checkpointBinFormat {
		return head, fmt.Errorf("%s: the values are kept as %q, expected %q", checkpointJSON, head.BinFormat, checkpointBinFormat)
	}
	return head, nil
}

// match returns where the values of each variable begin, by its path, and how many
// bytes all have together. It is an error if the head has not just these variables,
// with one's values after another's.
func match(head checkpointHead, variables []*model.Variable) (at map[string]int, size int, err error) {
	expected := map[string]shapes.Shape{}
	for _, v := range variables {
		expected[v.Path()] = v.Shape()
	}
	at = map[string]int{}
	for _, s := range head.Variables {
		path := strings.TrimPrefix(s.ParameterName, checkpointPrefix)
		shape, ok := expected[path]
		if !ok {
			return nil, 0, fmt.Errorf("they are another net's: this net has no %s", path)
		}
		if !slices.Equal(s.Dimensions, shape.Dimensions) {
			return nil, 0, fmt.Errorf("they are another net's: %s is %v, expected %v", path, Shape(s.Dimensions), Shape(shape.Dimensions))
		}
		if s.DType != shape.DType {
			return nil, 0, fmt.Errorf("they are another net's: %s holds %v, expected %v", path, s.DType, shape.DType)
		}
		if _, twice := at[path]; twice {
			return nil, 0, fmt.Errorf("%s has %s twice", checkpointJSON, path)
		}
		length := int(shape.ByteSize())
		if s.Pos != size || s.Length != length {
			return nil, 0, fmt.Errorf("%s has the %d bytes of %s at %d, expected %d at %d", checkpointJSON, s.Length, path, s.Pos, length, size)
		}
		at[path] = size
		size += length
	}
	for _, v := range variables {
		if _, ok := at[v.Path()]; !ok {
			return nil, 0, fmt.Errorf("they are another net's: %s is missing", v.Path())
		}
	}
	return at, size, nil
}

// readEntry returns the entry of a zip archive that has exactly this name, of which there
// must be one, if it has no more bytes than most.
func readEntry(archive *zip.Reader, name string, most int) ([]byte, error) {
	named := func(file *zip.File) bool { return file.Name == name }
	i := slices.IndexFunc(archive.File, named)
	if i < 0 {
		return nil, fmt.Errorf("it has no %s, so it is no file of parameters or one that an older d2l wrote", name)
	}
	if slices.ContainsFunc(archive.File[i+1:], named) {
		return nil, fmt.Errorf("it has %s twice", name)
	}
	file, err := archive.File[i].Open()
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	if len(content) > most {
		return nil, fmt.Errorf("%s has more than the %d bytes that it can have", name, most)
	}
	return content, nil
}
