package d2l

import (
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// Initializer returns the initial values of a net's parameters: any of GoMLX's.
//
// Book: init.Initializer, section "Parameter Management".
type Initializer func(model.StoreProvider) model.VariableInitializer

// Xavier draws weights uniformly from ±√(6/(fan_in + fan_out)) and sets biases
// to zero, for the reasons in the book's section "Numerical Stability and
// Initialization". For a convolution, fan_in is the window's size times the input
// channels, and fan_out the window's size times the output channels.
//
// Book: init.Xavier, section "Parameter Management".
func Xavier(store model.StoreProvider) model.VariableInitializer {
	return initializer.XavierUniformFn(store)
}
