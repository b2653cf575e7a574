package d2l

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
)

// stateRules returns what PyTorch calls the net's variables: the rules of d2l's layers hold wherever they are, also in
// layers of the user's; those of a StateDict come first.
func (n *Net) stateRules() []weights.Rule {
	return slices.Concat(stateDictRules(n.layer, netScope), denseState, convState, batchNormState)
}

func stateDictRules(layer Layer, scope string) (rules []weights.Rule) {
	for _, p := range places(layer, scope) {
		if l, ok := bare(p.layer).(interface{ StateDict() map[string]string }); ok {
			for variable, name := range l.StateDict() {
				rules = append(rules, weights.Rule{Path: p.scope + "/" + variable, Name: name})
			}
		}
	}
	return rules
}

// layerScopes returns the scopes of the layers in their order, those within a block of
// the net's too, as names of tensors begin with them.
func layerScopes(layer Layer) (scopes []string) {
	for _, p := range places(layer, "") {
		scopes = append(scopes, strings.TrimPrefix(strings.ReplaceAll(p.scope, "/", "."), "."))
	}
	return scopes
}

// SaveParameters writes the net's parameters, with running statistics such as those of
// batch normalization, to one file, and makes its folder if need be. An earlier file is
// replaced, by the whole new one or not at all. The net must have seen a batch.
//
// The file has the format safetensors, which PyTorch and others read. Where PyTorch has
// a counterpart, names and shapes are those of its state_dict: conv0.weight (out, in,
// height, width), dense0.weight (out, in), conv0.bias, and of batch normalization weight,
// bias, running_mean, running_var and num_batches_tracked. So PyTorch loads the file into
// a net whose layers have the names that they have here:
//
//	net = nn.Sequential(OrderedDict(conv0=nn.Conv2d(1, 6, 5, padding=2), …, dense0=nn.Linear(400, 120), …))
//	net.load_state_dict(safetensors.torch.load_file("lenet.params"))
//
// Where a layer stands in several places, in both nets, PyTorch reads the file with safetensors.torch.load_model.
//
// Variables of other layers keep their names, unless the layer has a StateDict (see
// Layer), their types and their shapes, except that weights of
// (in, out) or (height, width, in, out), as GoMLX's layers have them, are taken for those
// of a dense layer and of a convolution. The file's metadata, which PyTorch ignores, hold
// the shapes and types of an example, the layers with their settings (see Layer), and a
// SHA-256 of all that the net gets from the file.
//
// Book: net.save_parameters, section "File I/O".
func (n *Net) SaveParameters(path string) error {
	requireMade(n, "Net.SaveParameters", "NewNet")
	content, err := n.encodeParameters()
	if err != nil {
		return fmt.Errorf("saving parameters to %s: %w", path, err)
	}
	// A file that cannot be loaded would lose the parameters, as where a layer's variables differ between training and
	// inference.
	in, err := n.readParameters(content, n.device, nil)
	if err != nil {
		return fmt.Errorf("saving parameters to %s: LoadParameters would refuse the file, so it is not written: %w",
			path, err)
	}
	in.store.Finalize()
	if err := files.Write(path, content); err != nil {
		return fmt.Errorf("saving parameters to %s: %w; %s", path, err, files.WriteRemedy)
	}
	n.savedTo = path
	return nil
}

func (n *Net) encodeParameters() ([]byte, error) {
	if n.store == nil || !n.input.Ok() {
		return nil, errNoParameters
	}
	layers, err := describe(n.layer)
	if err != nil {
		return nil, err
	}
	training, err := json.Marshal(n.trained)
	if err != nil {
		return nil, err
	}
	return weights.Encode(n.store.Scope(netScope), n.stateRules(), n.input, layers, string(training))
}

// LoadParameters gives the net the parameters in a file, on device: a file that
// SaveParameters wrote, or one from PyTorch, written by
//
//	safetensors.torch.save_file(net.state_dict(), "lenet.safetensors")
//
// for a net whose layers have the names that they have here, see SaveParameters, or nn.Sequential's numbers: layers
// with parameters are then taken in their order. A beginning that all names have in common and that this net's have
// not, such as _orig_mod. of torch.compile, module. of DataParallel or model. of Lightning, is left out. Of parameters
// that the net has in several places (see Share), safetensors.torch.save_model writes one name, and the others into the
// metadata: any of them will do, and by number they are those of the first place.
//
// A file of SaveParameters is refused, with an error that names the first difference, if
// it is damaged or if it is that of a net with other layers or other settings. Of layers
// without Settings, the types are compared and, of the program's own, fields: see Layer.
//
// A file from PyTorch tells names and shapes and nothing else, so these alone are compared:
// not activations or pooling, and not whether values are damaged. The input is the shape
// of an example, such as 1, 28, 28; it may be left out if the net has seen a batch, or
// for a file of SaveParameters. For a net of several inputs it is left out, so that for a
// file from PyTorch the net must have seen a batch: see Forward. Floating-point values of
// other types, float8 among them, are converted, unless one would become infinite;
// num_batches_tracked may be missing.
//
// After an error the net is as it was.
//
// Book: net.load_parameters, section "File I/O".
func (n *Net) LoadParameters(path string, device Device, input ...int) error {
	requireMade(n, "Net.LoadParameters", "NewNet")
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	content, written, err := readFile(path)
	var in loaded
	if err == nil {
		in, err = n.decodeParameters(content, device, input)
	}
	if err != nil {
		return fileError(path, err)
	}
	n.use(in.store, device, Xavier)
	n.input, n.trained, n.savedTo = in.example, trainedIn(in.training, written), path
	return nil
}

// fileError returns the error of a file that cannot be loaded, with what to do about it.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there are no parameters in %s: run what trains the net and calls SaveParameters first (%w)",
			path, err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("the parameters in %s cannot be used: %w; let this user read the file", path, err)
	case errors.As(err, new(weights.OtherKind)), slices.ContainsFunc(
		[]error{errExample, errExampleOf, errInitialize, errSettings, weights.ErrNewer, weights.ErrField,
			weights.ErrRename},
		func(remedy error) bool { return errors.Is(err, remedy) }):
		return fmt.Errorf("the parameters in %s cannot be used: %w", path, err)
	}
	remedy := "give the file of a net of the same layers, by SaveParameters or by PyTorch's safetensors.torch.save_file; " +
		"LoadMatchingParameters takes what fits of another's"
	if errors.As(err, new(weights.Damaged)) {
		remedy = "save them again with SaveParameters, or PyTorch's safetensors.torch.save_file, or get the file again from " +
			"where it comes"
	}
	return fmt.Errorf("the parameters in %s cannot be used: %w; %s", path, err, remedy)
}

// errExample says what to do where the caller's shape of an example is missing or wrong.
var errExample = errors.New("give the shape of an example, such as LoadParameters(path, device, 1, 28, 28), or, for " +
	"several inputs, a batch to Net.Forward first")

// errSettings says what to do about a layer of the user's that cannot be described.
var errSettings = errors.New("fix the layer's Settings method")

// readFile reads a file that is not too large, and when it was written.
func readFile(path string) (content []byte, written time.Time, err error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, written, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, written, err
	case info.Size() > weights.MaxFileSize:
		return nil, written, fmt.Errorf("the file has %d bytes, more than the %d that are read", info.Size(),
			int64(weights.MaxFileSize))
	}
	content = make([]byte, info.Size())
	_, err = io.ReadFull(file, content)
	return content, info.ModTime(), err
}

// loaded is what a net gets from a file.
type loaded struct {
	store    *model.Store
	example  exampleShapes
	training string
}

// decodeParameters is readParameters with a new state for the random generator.
func (n *Net) decodeParameters(content []byte, device Device, input []int) (loaded, error) {
	in, err := n.readParameters(content, device, input)
	if err != nil {
		return in, err
	}
	return in, in.store.SetRNGStateFromSeed(nextSeed())
}

// readParameters returns what the net gets from the content of a file.
func (n *Net) readParameters(content []byte, device Device, input []int) (loaded, error) {
	file, err := weights.Parse(content)
	if err != nil {
		return loaded{}, err
	}
	if file.Description != nil {
		layers, err := describe(n.layer)
		if err == nil {
			err = file.Description.Compare(layers)
		}
		if err != nil {
			return loaded{}, err
		}
	}
	in := loaded{training: file.Training}
	in.example, err = n.exampleFor(file, input)
	if err == nil {
		if in.store, _, err = n.withShapes(device, in.example); err != nil {
			err = in.example.refused(err)
		}
	}
	if err != nil && len(input) > 0 {
		err = fmt.Errorf("%w; %w", err, errExample)
	}
	if err != nil {
		return loaded{}, err
	}
	if err := file.Fill(in.store.Scope(netScope), n.stateRules(), layerScopes(n.layer)); err != nil {
		return loaded{}, err
	}
	return in, nil
}

// exampleFor returns the shapes and types of an example: of the one in the file, or else of
// those that the net has seen, with another shape if the caller gives one.
func (n *Net) exampleFor(file *weights.File, given []int) (example exampleShapes, err error) {
	example = n.input
	if file.Description != nil {
		example, err = file.Description.Examples()
	}
	switch {
	case err != nil:
		return nil, err
	case len(given) > 0:
		if err := errors.Join(requireOneInput(example), weights.CheckInput(given)); err != nil {
			return nil, err
		}
		if !example.Ok() {
			return n.example(given), nil
		}
		return exampleShapes{shapes.Make(example[0].DType, given...)}, nil
	case !example.Ok():
		return example, fmt.Errorf("they do not tell for which inputs they are: %w", errExample)
	}
	return example, nil
}
