package d2l

import "github.com/gomlx/gomlx/ml/train"

// DataIter yields the batches of one epoch each time it is iterated over. It is
// a GoMLX dataset that knows its length, so GoMLX's own tools for datasets take
// one too.
//
// A batch has the inputs X in Inputs[0] and the labels y in Labels[0]. An error
// of the source, such as a missing file, ends the iteration and is handed to
// the loop.
//
// Book: gluon.data.DataLoader, section "The Image Classification Dataset".
type DataIter interface {
	train.Dataset
	// Len returns the number of batches in an epoch.
	Len() int
}
