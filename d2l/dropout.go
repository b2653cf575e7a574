package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
)

// Dropout sets a random part of the numbers to zero in training, others in each
// step, and divides the rest by 1 − Rate, so that the expected value stays. Forward
// leaves all as they are. Any shape goes in and comes out; there are no parameters.
//
// Book: nn.Dropout, section "Dropout".
type Dropout struct {
	Rate float64 // Probability of a number to be dropped, from 0 up to but not 1.
}

// Kind returns "dropout".
func (d Dropout) Kind() string { return "dropout" }

// Forward adds the dropout to the graph of x.
func (d Dropout) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	if !(d.Rate >= 0 && d.Rate < 1) {
		panic(fmt.Sprintf("d2l: Dropout needs a Rate from 0 up to but not 1, got %v", d.Rate))
	}
	return layers.DropoutStatic(scope, x, d.Rate)
}
