package d2l

import "github.com/gomlx/gomlx/ml/layers/activation"

// Activation is the nonlinearity a layer ends with: any of GoMLX's. The zero
// value is none.
type Activation = activation.Type

// The activations the book uses (section "Multilayer Perceptrons").
const (
	NoActivation = activation.TypeNone
	Sigmoid      = activation.TypeSigmoid
	ReLU         = activation.TypeRelu
	Tanh         = activation.TypeTanh
)
