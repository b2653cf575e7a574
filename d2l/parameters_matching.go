package d2l

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A LoadReport says what LoadMatchingParameters has loaded: of parameters, of running statistics, and of all else
// that the net's layers keep, by the names that they have in a file of SaveParameters.
//
// Book: none; in PyTorch what load_state_dict(state, strict=False) returns.
type LoadReport struct {
	Loaded     []string // What the net has from the file.
	Missing    []string // What the net has and the file has not: it stays as it was.
	Unexpected []string // What the file has and the net has not, by the names in the file.
}

// String returns how much was loaded, and the names of all else.
func (r LoadReport) String() string {
	text := fmt.Sprintf("%d of the net's %d tensors loaded", len(r.Loaded), len(r.Loaded)+len(r.Missing))
	if len(r.Missing) > 0 {
		text += "; not in the file: " + strings.Join(r.Missing, ", ")
	}
	if len(r.Unexpected) > 0 {
		text += "; not in the net: " + strings.Join(r.Unexpected, ", ")
	}
	return text
}

// LoadMatchingParameters gives the net those parameters and running statistics in a file that it has too, for fine
// tuning: all but the output layer of a net that was trained on other data, for example. What the file does not have
// stays as Initialize, or earlier training, has made it; the report says what that is. The net must have been
// initialized, and is on the device that Initialize got.
//
// The file is one of SaveParameters, of whatever net, or of PyTorch (see LoadParameters). The function rename gets each
// name in the file and returns the net's name for it, or "" for a tensor that is to be left out. With nil, names are
// the same in both. So this takes all of the pretrained net's layers but its last:
//
//	report, err := net.LoadMatchingParameters("pretrained.params", func(name string) string {
//		if strings.HasPrefix(name, "dense1.") {
//			return ""
//		}
//		return name
//	})
//
// What has the name of one of the net's tensors must have its shape, and values that its type can hold: it is an error
// if a tensor does not fit and is not left out, and if none at all has a name of the net's. Names, numbers of
// batches that are missing, and types are treated as in LoadParameters, but that no prefix is taken away and
// nn.Sequential's numbers are names like others. The values of a damaged file of SaveParameters are never loaded.
//
// The input is the shape of an example, such as 1, 28, 28. It may be left out if the net has seen a batch, or if it is
// that of the net that was saved. The net's Trainer, if there is one, makes no further steps: make a new one.
//
// After an error the net is as it was.
//
// Book: finetune_net.features = pretrained_net.features, section "Fine-Tuning".
func (n *Net) LoadMatchingParameters(path string, rename func(name string) string, input ...int) (LoadReport, error) {
	requireMade(n, "Net.LoadMatchingParameters", "NewNet")
	if n.store == nil {
		return LoadReport{}, errNoParameters
	}
	content, _, err := readFile(path)
	var report LoadReport
	if err == nil {
		report, err = n.matchParameters(content, rename, input)
	}
	if err != nil {
		return LoadReport{}, fileError(path, err)
	}
	return report, nil
}

// errExampleOf is errExample for LoadMatchingParameters.
var errExampleOf = errors.New("give the shape of an example, such as LoadMatchingParameters(path, rename, 1, 28, 28), or, " +
	"for several inputs, a batch to Net.Forward first")

func (n *Net) matchParameters(content []byte, rename func(string) string, input []int) (LoadReport, error) {
	file, err := weights.Parse(content)
	if err != nil {
		return LoadReport{}, err
	}
	if n.input.Ok() {
		if len(input) > 0 && (len(n.input) > 1 || !slices.Equal(input, n.input[0].Dimensions)) {
			return LoadReport{}, fmt.Errorf("the net has seen examples of shape %v, so that its parameters are there, and now "+
				"gets %v: leave the shape out, or %w", shapesText(n.input, false), Shape(input), errInitialize)
		}
	} else if err := n.drawToMatch(file, rename, input); err != nil {
		return LoadReport{}, err
	}
	match, err := file.Match(n.store.Scope(netScope), n.stateRules(), rename)
	if err != nil {
		return LoadReport{}, err
	}
	n.setTrainer(nil)
	if err := match.Set(); err != nil {
		return LoadReport{}, err
	}
	n.trained, n.savedTo = trainingRecord{}, ""
	clear(n.counted)
	return LoadReport{match.Loaded, match.Missing, match.Unexpected}, nil
}

// errInitialize says what to do for other parameters.
var errInitialize = errors.New("initialize the net again")

// drawToMatch draws the net's parameters, as its first batch would, if the file fits them.
func (n *Net) drawToMatch(file *weights.File, rename func(string) string, input []int) error {
	var example exampleShapes
	switch {
	case len(input) > 0:
		if err := weights.CheckInput(input); err != nil {
			return fmt.Errorf("%w; %w", err, errExampleOf)
		}
		example = n.example(input)
	case file.Description == nil:
		return fmt.Errorf("they do not tell for which inputs they are: %w", errExampleOf)
	default:
		var err error
		if example, err = file.Description.Examples(); err != nil {
			return err
		}
	}
	store, _, err := n.withShapes(n.device, example)
	if err != nil {
		return fmt.Errorf("%w; %w", example.refused(err), errExampleOf)
	}
	defer store.Finalize()
	if _, err := file.Match(store.Scope(netScope), n.stateRules(), rename); err != nil {
		return err
	}
	// It computes nothing, so that it is compiled at once.
	p, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		n.forward(scope, inputs...)
		return []*graph.Node{graph.ScalarZero(inputs[0].Graph(), dtypes.Float32)}
	}})
	if err != nil {
		return err
	}
	defer p.Finalize()
	var X []*tensors.Tensor
	for _, shape := range example.batch() {
		X = append(X, tensors.FromShape(shape))
	}
	if _, err := p.Compile(X...); err != nil {
		return err
	}
	return n.draw(p, example.batch()...)
}
