package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
)

// Dropout sets random elements to zero in training, different ones in each step, and
// divides the others by 1 − Rate, so that the expected value stays. Net.Forward changes
// nothing. It takes any shape, and has no parameters.
//
// Book: nn.Dropout, section "Dropout".
type Dropout struct {
	Rate float64 // Probability that an element is dropped, at least 0 and less than 1.
}

// Kind returns "dropout".
func (d Dropout) Kind() string { return "dropout" }

// Notation returns the layer's name and rate, such as Dropout (0.5).
func (d Dropout) Notation() string { return fmt.Sprintf("Dropout (%v)", d.Rate) }

// Forward adds the dropout to the graph of x.
func (d Dropout) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if !(d.Rate >= 0 && d.Rate < 1) {
		panic(fmt.Sprintf("d2l: Dropout needs a Rate of at least 0 and less than 1, got %v", d.Rate))
	}
	return layers.DropoutStatic(scope, x, d.Rate)
}
