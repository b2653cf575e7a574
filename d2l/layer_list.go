package d2l

import (
	"fmt"
	"reflect"
)

// layerList returns a line for each layer that tells what a net computes from its
// parameters: its name, its type and, of d2l's own layers, their settings. Nets with
// the same list and the same parameters give the same outputs. Two layers are not
// in it: Flatten, as Dense flattens by itself, and Dropout, which does nothing
// outside of training.
func layerList(layer Layer) []string {
	if layers, ok := pointedTo(layer).(Sequential); ok {
		return sequentialList("", layers)
	}
	return layerLines(layer.Kind(), layer)
}

func sequentialList(prefix string, layers Sequential) []string {
	var list []string
	for name, layer := range layers.Named() {
		list = append(list, layerLines(prefix+name, layer)...)
	}
	return list
}

func layerLines(name string, layer Layer) []string {
	switch l := pointedTo(layer).(type) {
	case Sequential:
		return sequentialList(name+"/", l)
	case Flatten, Dropout:
		return nil
	case Conv2D:
		l.Strides = max(l.Strides, 1)
		return []string{describe(name, l)}
	case AvgPool2D:
		l.Strides = poolStrides(l.PoolSize, l.Strides)
		return []string{describe(name, l)}
	case MaxPool2D:
		l.Strides = poolStrides(l.PoolSize, l.Strides)
		return []string{describe(name, l)}
	case Activation:
		return []string{fmt.Sprintf("%s %v", name, l)}
	case Dense, BatchNorm, GlobalAvgPool2D:
		return []string{describe(name, l)}
	default: // Of a layer of the user's, fields may be anything, such as pointers.
		return []string{fmt.Sprintf("%s %T", name, layer)}
	}
}

// pointedTo returns the layer that a pointer to one of d2l's points to: &Dense{}
// computes what Dense{} does. Any other layer it returns as it is.
func pointedTo(layer Layer) Layer {
	value := reflect.ValueOf(layer)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Type().Elem().PkgPath() != reflect.TypeFor[Dense]().PkgPath() {
		return layer
	}
	if l, ok := value.Elem().Interface().(Layer); ok {
		return l
	}
	return layer
}

func describe(name string, layer Layer) string { return fmt.Sprintf("%s %T%+v", name, layer, layer) }

// firstDifference returns the first place where two lists differ, as a sentence's
// end; it is empty if they are the same.
func firstDifference(saved, expected []string) string {
	for i := range max(len(saved), len(expected)) {
		switch {
		case i >= len(saved):
			return fmt.Sprintf("they have no %s", expected[i])
		case i >= len(expected):
			return fmt.Sprintf("this net has no %s", saved[i])
		case saved[i] != expected[i]:
			return fmt.Sprintf("layer %s, expected %s", saved[i], expected[i])
		}
	}
	return ""
}
