package d2l

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// prepare gets everything ready for a step with a batch, and returns its graph and the number of examples, or refuses
// it: then the net stays without parameters if it had none.
func (t *Trainer) prepare(X, ys []*tensors.Tensor) (g *graph.Graph, examples int, err error) {
	if err = requireBatch(X); err == nil {
		err = t.requireTypes(dtypesOf(shapesOf(X)))
	}
	if err == nil {
		g, examples, err = t.compile(t.step, X, ys)
	}
	if err != nil {
		return nil, 0, err
	}
	accepted := false
	defer func() { // A schedule may panic as well.
		if !accepted {
			err = errors.Join(err, t.step.Discard())
		}
	}()
	rate, err := t.rate.next(0) // Last, so that a schedule is not called for a batch that is refused.
	if err != nil {
		return nil, 0, err
	}
	accepted = true
	if err := t.net.draw(t.step, shapesOf(X)...); err != nil {
		return nil, 0, err
	}
	return g, examples, t.rate.set(rate)
}

// compile compiles a program for a batch, and returns its graph and the number of examples, or refuses the batch.
func (t *Trainer) compile(p *xla.Program, X, ys []*tensors.Tensor) (g *graph.Graph, examples int, err error) {
	if err := cmp.Or(requireBatch(X), t.requireLabels(X, ys)); err != nil {
		return nil, 0, err
	}
	before := t.labels
	t.labels = len(ys) // From now on: what is compiled has the inputs and labels told apart.
	if g, err = p.Compile(slices.Concat(X, ys)...); err != nil {
		t.labels = before
		return nil, 0, err
	}
	var labels []int32
	if ys[0].DType() == dtypes.Int32 {
		if labels, err = tensors.CopyFlatData[int32](ys[0]); err != nil {
			return nil, 0, errors.Join(fmt.Errorf("reading the labels: %w", err), p.Discard())
		}
	}
	plan := t.lossPlan(g, X[0].Shape().Dim(0))
	if err := t.checkLabels(plan, labels, ShapeOf(ys[0])); err != nil {
		return nil, 0, errors.Join(err, p.Discard())
	}
	return g, t.numExamples(plan, labels), nil
}

// split tells the inputs of a program apart, X and the labels.
func (t *Trainer) split(inputs []*graph.Node) (X, ys []*graph.Node) {
	at := len(inputs) - max(t.labels, 1)
	return inputs[:at], inputs[at:]
}

// requireLabels returns an error unless a batch has as many arrays of labels as the loss takes and an earlier batch
// had, each with a row for each example.
func (t *Trainer) requireLabels(X, ys []*tensors.Tensor) error {
	if _, many := t.loss.(manyLoss); !many && len(ys) > 1 {
		return fmt.Errorf("a batch has %d arrays of labels, but the loss %T takes 1: write a LossFuncN, which takes all; what "+
			"the net needs, such as lengths, goes to Inputs", len(ys), t.loss)
	}
	if err := t.requireArrays(len(ys)); err != nil {
		return err
	}
	for i, y := range ys {
		name := labelsName(i, ys)
		switch n := X[0].Shape().Dim(0); {
		case y.Size() == 0:
			return errors.New("the batch is empty")
		case y.Rank() == 0:
			return fmt.Errorf("%s has no batch axis", name)
		case y.Shape().Dim(0) != n && len(ys) == 1:
			return fmt.Errorf("there are %d labels for %d examples", y.Shape().Dim(0), n)
		case y.Shape().Dim(0) != n:
			return fmt.Errorf("there are %d labels in %s for %d examples", y.Shape().Dim(0), name, n)
		}
	}
	return nil
}

// requireArrays returns an error unless a batch with n arrays of labels has as many as an earlier one had.
func (t *Trainer) requireArrays(n int) error {
	if t.labels == 0 || t.labels == n {
		return nil
	}
	return fmt.Errorf("the batch has %d %s of labels, and an earlier one had %d: a Trainer takes as many in each batch", n,
		plural("array", float64(n)), t.labels)
}

// requireTypes returns an error if the first step had X of other types.
func (t *Trainer) requireTypes(X []dtypes.DType) error {
	switch {
	case t.dtypes == nil || slices.Equal(X, t.dtypes):
		return nil
	case len(X) != len(t.dtypes):
		return fmt.Errorf("the batch has %d inputs, and had %d in the first step", len(X), len(t.dtypes))
	}
	return fmt.Errorf("X is %v, and was %v in the first step: convert it", typesText(X), typesText(t.dtypes))
}
