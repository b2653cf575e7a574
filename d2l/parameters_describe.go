package d2l

import (
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/weights"
)

// describe returns what decides, beside the parameters, what a layer computes outside of
// training: its name, its type and its Settings, and for a block those of its layers.
func describe(layer Layer) ([]weights.Layer, error) {
	switch l := bare(layer).(type) {
	case *Sequential:
		return describeAll("", *l)
	case Sequential:
		return describeAll("", l)
	}
	return describeNamed(layer.Kind(), layer)
}

func describeAll(prefix string, layers Sequential) (all []weights.Layer, err error) {
	i := 0
	for name, layer := range layers.Named() {
		if i++; leftOut(layer, layers[i:]) {
			continue
		}
		described, err := describeNamed(prefix+name, layer)
		if err != nil {
			return nil, err
		}
		all = append(all, described...)
	}
	return all, nil
}

// leftOut reports whether the layers compute the same without this one: Dropout is for
// training, and Dense flattens too.
func leftOut(layer Layer, following Sequential) bool {
	switch bare(layer).(type) {
	case Dropout, *Dropout:
		return true
	case Flatten, *Flatten:
		for i, next := range following {
			switch next := bare(next).(type) {
			case Dense:
				return !next.LastAxis
			case *Dense:
				return !next.LastAxis
			case Sequential:
				return leftOut(layer, slices.Concat(next, following[i+1:]))
			case Dropout, *Dropout, Flatten, *Flatten:
			default:
				return false
			}
		}
	}
	return false
}

func describeNamed(name string, layer Layer) (all []weights.Layer, err error) {
	layer = bare(layer) // Its Initializer does not count.
	switch l := layer.(type) {
	case *Sequential:
		return describeAll(name+"/", *l)
	case Sequential:
		return describeAll(name+"/", l)
	}
	var settings any
	l, hasSettings := layer.(interface{ Settings() any })
	if hasSettings {
		settings = l.Settings()
	}
	described, err := weights.NewLayer(name, typeName(layer), settings)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errSettings)
	}
	if !hasSettings {
		if described.Fields, err = weights.Fields(fieldsOf(layer)); err != nil {
			return nil, err
		}
	}
	all = append(all, described)
	if parts := partsOf(layer); parts != nil {
		for part, inner := range parts {
			described, err := describeNamed(name+"/"+part, inner)
			if err != nil {
				return nil, err
			}
			all = append(all, described...)
		}
	}
	return all, nil
}
