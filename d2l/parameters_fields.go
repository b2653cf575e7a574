package d2l

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/weights"
)

// fieldsOf returns what of a layer of the program's own is compared if it has no Settings: of its exported fields those
// that compared takes. Of d2l's own layers without Settings nothing is.
func fieldsOf(layer Layer) map[string]any {
	v := reflect.Indirect(reflect.ValueOf(layer))
	if v.Kind() != reflect.Struct || ofD2L(v.Type()) {
		return nil
	}
	return comparedFields(v, 0)
}

// ofD2L reports whether a type is one of this package.
func ofD2L(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[Net]().PkgPath() }

// comparedFields returns those fields of a struct that compared takes; zero ones too at depth 0, where a field
// that is new is told from one that has changed.
func comparedFields(v reflect.Value, depth int) map[string]any {
	all := map[string]any{}
	for i := range v.NumField() {
		field, of := v.Field(i), v.Type().Field(i)
		embedded := of.Anonymous && field.Kind() == reflect.Struct // Its exported fields are, whatever its own name.
		if !of.IsExported() && !embedded || of.Anonymous && ofD2L(of.Type) && of.Type.Kind() != reflect.Interface {
			continue
		}
		if depth > 0 && (field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0) {
			continue
		}
		if content, ok := compared(field, depth+1); ok {
			all[of.Name] = content
		}
	}
	return all
}

// compared returns what JSON keeps of a value, and whether that tells it from others: a boolean, a whole number, a
// string, a layer, or a struct or short list of these. It takes no floating-point numbers: of a layer that nobody has
// described, most are rates of dropout, which do not count outside of training.
func compared(v reflect.Value, depth int) (content any, ok bool) {
	defer func() {
		if recover() != nil { // A method of the program's own.
			content, ok = nil, false
		}
	}()
	const maxDepth, maxLength = 10, 100
	if depth > maxDepth {
		return nil, false
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil, true
		}
	}
	if v.CanInterface() {
		if layer, is := v.Interface().(Layer); is {
			return comparedLayer(layer, depth), true
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		content, ok = compared(v.Elem(), depth+1)
		return map[string]any{strings.TrimLeft(v.Elem().Type().String(), "*"): content}, ok
	case reflect.Pointer:
		return compared(v.Elem(), depth+1)
	case reflect.Struct:
		if !hasExported(v.Type()) { // Such as a Vocab.
			return nil, false
		}
		return comparedFields(v, depth+1), true
	case reflect.Slice, reflect.Array:
		list := []any{}
		for i := range v.Len() {
			if content, ok = compared(v.Index(i), depth+1); !ok || i == maxLength {
				return nil, false
			}
			list = append(list, content)
		}
		return list, true
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String(), true
	}
	switch {
	case v.CanInt():
		return v.Int(), true
	case v.CanUint():
		return v.Uint(), true
	}
	return nil, false
}

// hasExported reports whether a struct has exported fields, of its own or of what it embeds.
func hasExported(t reflect.Type) bool {
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.IsExported() })
}

// comparedLayer returns what JSON keeps of a layer in a field: its type, and its Settings, its layers or its fields.
func comparedLayer(layer Layer, depth int) any {
	layer = bare(layer)
	content := map[string]any{"type": typeName(layer)}
	if parts := partsOf(layer); parts != nil {
		inner := map[string]any{}
		for name, part := range parts {
			if _, is := bare(part).(Dropout); !is { // It is for training.
				inner[name], _ = compared(reflect.ValueOf(part), depth+1)
			}
		}
		content["layers"] = inner
	} else if l, ok := layer.(interface{ Settings() any }); ok {
		if described, err := weights.NewLayer("", "", l.Settings()); err == nil {
			content["settings"] = described.Settings
		}
	} else if v := reflect.Indirect(reflect.ValueOf(layer)); v.Kind() == reflect.Struct && !ofD2L(v.Type()) {
		content["fields"] = comparedFields(v, depth+1)
	}
	return content
}

// typeName returns the type of a layer, whether it is a pointer or not.
func typeName(layer Layer) string { return strings.TrimLeft(fmt.Sprintf("%T", layer), "*") }
