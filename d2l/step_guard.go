package d2l

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// A step is made whole or not at all: by guardStep, and where a device fails by backups.

// maxLoss returns the mean loss from which on training counts as diverged. For classes, float32 cannot tell losses that
// differ by 1 apart there, and a random guess among a million has 14. Other losses may have any size.
func (t *Trainer) maxLoss() float32 {
	if _, ok := t.loss.(classLoss); ok {
		return 1 << 24
	}
	return math.MaxFloat32
}

// guardStep, called once everything that a step changes is known, puts the old values in the place of the new ones
// unless all inputs X are finite (none of those that cannot be otherwise), the loss is below maxLoss, and all new values
// are finite: those of parameters, running statistics, the optimizer and the random generator. XLA decides that on the
// device, inside of the step's program: once it has run, the old values are gone. It returns the stepResult, float32
// (3 + len(changed)), and whether the step is made.
func guardStep(X []*graph.Node, loss, correct *graph.Node, maxLoss float32, changed []*model.Variable,
	old func(v *model.Variable) *graph.Node) (result, made *graph.Node) {
	g := loss.Graph()
	var after, before []*graph.Node
	for _, v := range changed {
		after, before = append(after, v.NodeValue(g)), append(before, old(v))
	}
	lossOK := graph.LessThan(graph.Abs(loss), graph.Const(g, maxLoss)) // False for NaN.
	values, finite, made := keepIfFinite(lossOK, X, after, before)     // X as well: a sigmoid of infinity, for one, is finite.
	for i, v := range changed {
		v.SetNodeValue(values[i])
	}
	for _, ok := range finite[:len(X)] {
		lossOK = graph.LogicalAnd(lossOK, ok)
	}
	flags := graph.Concatenate(append([]*graph.Node{lossOK}, finite[len(X):]...), 0)
	result = graph.Concatenate([]*graph.Node{
		graph.Reshape(loss, 1), graph.Reshape(correct, 1), graph.ConvertDType(flags, dtypes.Float32)}, 0)
	return result, made
}

// A stepResult is what guardStep returns: the mean loss, the number of correct predictions, and a 1 for the loss and what
// was given of X, and for each variable, if they are finite.
type stepResult []float32

func (r stepResult) loss() float64 { return float64(r[0]) }
func (r stepResult) lossOK() bool  { return r[2] == 1 }

// metrics returns those of a step that was made.
func (r stepResult) metrics(examples int, plan lossPlan) StepMetrics {
	correct := float64(r[1])
	if plan.classes == 0 {
		correct = math.NaN()
	}
	return StepMetrics{float64(r[0] * float32(examples)), correct, float64(examples)}
}

// nonFinite returns the index of the first variable that would not be finite, -1 if there is none.
func (r stepResult) nonFinite() int { return slices.Index(r[3:], 0) }

// made reports whether the step was made.
func (r stepResult) made() bool { return r.lossOK() && r.nonFinite() < 0 }

// usedIn returns the variables that a graph reads or changes.
func usedIn(store *model.Store, g *graph.Graph) []*model.Variable {
	return slices.DeleteFunc(slices.Collect(store.IterVariables()), func(v *model.Variable) bool {
		return !v.InUseByGraph(g)
	})
}

// changedIn returns the variables that a graph changes.
func changedIn(store *model.Store, g *graph.Graph) []*model.Variable {
	return slices.DeleteFunc(slices.Collect(store.IterVariables()), func(v *model.Variable) bool {
		return !v.ChangedInGraph(g)
	})
}

// A stepError says why a step was not made.
type stepError struct {
	X      string // Its shape, or shapes.
	cause  error
	lost   bool   // Whether the net's parameters are.
	remedy string // Empty where the cause says it.
}

func (e *stepError) Error() string {
	message := fmt.Sprintf("training on a batch of shape %v: %v", e.X, e.cause)
	switch {
	case e.remedy == "":
		return message
	case e.lost:
		return message + "; the net's parameters are lost with it: " + e.remedy
	default:
		return message + "; the net is as it was before the step: " + e.remedy
	}
}

func (e *stepError) Unwrap() error { return e.cause }

// A failedStep is one that was not made since its loss or an update was not finite.
type failedStep struct {
	net     *Net
	rate    *learningRate
	X, ys   []*tensors.Tensor
	changed []*model.Variable
	classes int
	result  stepResult
	applied []*model.Variable // Of nets that are applied.
}

// diagnose returns the error of the step.
func (s failedStep) diagnose() error {
	cause, remedy, err := s.find()
	if err != nil {
		return &stepError{X: textOf(s.X), remedy: "try a smaller learning rate", cause: fmt.Errorf(
			"the loss or an update is NaN, infinite or too large, and the cause cannot be found: %w", err)}
	}
	return &stepError{X: textOf(s.X), cause: errors.New(cause), remedy: remedy}
}

// find looks for the cause in the order in which a step computes: the batch, what the net held before it, the layers,
// the update.
func (s failedStep) find() (cause, remedy string, err error) {
	for i, x := range s.X {
		if found, err := findNonFinite(x); err != nil || found != "" {
			return inputName(i, s.X) + " is " + found, "leave such examples out", err
		}
	}
	for i, y := range s.ys {
		if found, err := findNonFinite(y); err != nil || found != "" {
			return labelsName(i, s.ys) + " is " + found, "leave such examples out", err
		}
	}
	if found, remedy, err := s.net.unmetDemand(s.X); err == nil && found != "" {
		return found, remedy, nil // An error is none: a layer may take X in training mode alone.
	}
	for v := range s.net.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return "", "", err
		}
		found, err := findNonFinite(value)
		switch {
		case err != nil:
			return "", "", err
		case found != "" && v == s.rate.variable():
			return "the learning rate is " + found, "give the optimizer another", nil
		case found != "":
			return fmt.Sprintf("%s was %s before it", v.Path(), found), "initialize it, or load other parameters", nil
		}
	}
	for _, v := range s.applied {
		value, err := v.Value()
		if err != nil {
			return "", "", err
		}
		if found, err := findNonFinite(value); err != nil || found != "" {
			_, path, _ := strings.Cut(v.Path()[1:], netScope)
			return fmt.Sprintf("%s%s of the net that is applied is %s", netScope, path, found),
				"initialize that one, or load other parameters", err
		}
	}
	if remedy, err = s.remedy(); err != nil {
		return "", "", err
	}
	step, mean := s.rate.updates+1, s.result.loss()
	if s.result.lossOK() {
		v := s.changed[s.result.nonFinite()]
		return fmt.Sprintf("the loss of step %d is %.3g, but the step would make %s NaN or infinite",
			step, mean, v.Path()), remedy, nil
	}
	if !math.IsNaN(mean) && !math.IsInf(mean, 0) {
		return fmt.Sprintf("training has diverged, the mean loss of step %d is %.3g where guessing has %.3g",
			step, mean, math.Log(float64(s.classes))), remedy, nil
	}
	cause = fmt.Sprintf("the loss of step %d is %v", step, mean)
	outputs, err := s.net.Outputs(s.X...)
	if err != nil {
		return cause, remedy, nil // A layer may take X in training mode alone.
	}
	for _, output := range outputs {
		found, err := findNonFinite(output.Value)
		if err != nil {
			return "", "", err
		}
		if found != "" {
			cause = fmt.Sprintf("%s, since the output of layer %s is %s", cause, output.Name, found)
			return cause, remedy + ", or fix the layer", nil
		}
	}
	if s.classes == 0 && math.IsNaN(mean) { // Nobody has looked at the labels.
		cause += ", where the net's outputs are finite"
		remedy = "look at the loss, and in y for a class that the net has no output for; or " + remedy
	}
	return cause, remedy, nil
}

// remedy returns what to try where all was finite before the step.
func (s failedStep) remedy() (string, error) {
	for i, x := range s.X {
		values, err := float32Values(x)
		if err != nil {
			return "", err
		}
		const usual = 1e4 // What X of any sensible scale stays below.
		if largest := maxAbs(values); largest > usual {
			return fmt.Sprintf("%s goes up to %.3g, scale it to numbers about 1", inputName(i, s.X), largest), nil
		}
	}
	if s.rate.updates == 0 && !s.result.lossOK() {
		return "no update has been made yet, look at the layers and at how the parameters begin", nil
	}
	if rate, ok := s.rate.value(); ok {
		return fmt.Sprintf("try a learning rate smaller than %.4g", rate), nil
	}
	return "try a smaller learning rate", nil
}

// findNonFinite returns the first value in x that is not finite, such as "NaN at (2, 0, 3, 3)"; nothing if all are.
func findNonFinite(x *tensors.Tensor) (string, error) {
	values, err := float32Values(x)
	if err != nil {
		return "", err
	}
	if i := firstNonFinite(values); i >= 0 {
		return valueAt(x, values, i), nil
	}
	return "", nil
}

// float32Values returns a copy of the values in x, none for other types than float32.
func float32Values(x *tensors.Tensor) ([]float32, error) {
	if x.DType() != dtypes.Float32 {
		return nil, nil
	}
	return tensors.CopyFlatData[float32](x)
}

// firstNonFinite returns the index of the first value that is NaN or infinite, -1 if there is none.
func firstNonFinite(values []float32) int {
	return slices.IndexFunc(values, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}

// maxAbs returns the largest absolute value.
func maxAbs(values []float32) (largest float64) {
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v)))
	}
	return largest
}
