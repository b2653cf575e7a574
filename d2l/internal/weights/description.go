package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Version is the version of the description. A version that an earlier program would
// misunderstand gets a higher number; a new setting of a layer needs none, as it is left
// out where it is zero.
const Version = 1

// A Description tells for which net the values of a file are.
type Description struct {
	Version int     `json:"version"`
	Input   Input   `json:"input"`
	More    []Input `json:"more_inputs,omitempty"` // Where the net has several.
	Layers  []Layer `json:"layers"`
}

// Input is one example of an input of the net.
type Input struct {
	DType string `json:"dtype"` // As PyTorch calls it, such as float32.
	Shape []int  `json:"shape"`
}

// A Layer is a layer's name, its type and its settings. Nets with the same layers and
// the same parameters give the same outputs, as far as the settings tell.
type Layer struct {
	Name     string                     `json:"name"`
	Type     string                     `json:"type"`
	Settings map[string]json.RawMessage `json:"settings,omitempty"`
	Fields   map[string]json.RawMessage `json:"fields,omitempty"` // Zero ones as well: see Fields.
	known    []string                   // The names of all settings of the type, zero or not.
}

// ErrNewer is what a file ends with that tells more than this version understands.
var ErrNewer = errors.New("a newer version of the code wrote them: update your clone, or the package that has the layer")

// NewLayer describes a layer. Its settings are the exported fields of a struct, or nil
// for none. Zero fields are left out, so that a field that is added later leaves older
// files valid. A field with a String method is kept as that string; a layer in a field as
// its type and its own Settings, where it has that method; a struct as its fields, a list
// as its elements, and any other value as JSON.
func NewLayer(name, layerType string, settings any) (Layer, error) {
	l := Layer{Name: name, Type: layerType}
	if settings == nil {
		return l, nil
	}
	value := reflect.ValueOf(settings)
	if value.Kind() != reflect.Struct {
		return l, fmt.Errorf("the Settings of layer %s are %T, expected a struct", name, settings)
	}
	for _, field := range settingsOf(value.Type()) {
		l.known = append(l.known, field.Name)
	}
	content, err := fields(value, 0)
	if err != nil {
		return l, fmt.Errorf("the Settings of layer %s cannot be saved: %w", name, err)
	}
	text, err := json.Marshal(content)
	if err == nil {
		err = json.Unmarshal(text, &l.Settings)
	}
	if err != nil {
		return l, fmt.Errorf("the Settings of layer %s cannot be saved: %w", name, err)
	}
	return l, nil
}

// settingsOf returns the exported fields of a struct, with those of structs that it embeds.
func settingsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return !f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct
	})
}

// fields returns a struct's settings that are not zero.
func fields(value reflect.Value, depth int) (map[string]any, error) {
	all := map[string]any{}
	for _, f := range settingsOf(value.Type()) {
		field, err := value.FieldByIndexErr(f.Index)
		if err != nil || isZero(field) { // A field of an embedded pointer that is nil.
			continue
		}
		if all[f.Name], err = plain(field, depth); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if len(all) == 0 && len(settingsOf(value.Type())) == 0 && !value.IsZero() {
		return nil, fmt.Errorf("%v has no exported fields", value.Type())
	}
	return all, nil
}

// plain returns what JSON keeps of a value. A value behind an interface has its type beside it.
func plain(value reflect.Value, depth int) (any, error) {
	const maxDepth = 32
	if depth > maxDepth {
		return nil, fmt.Errorf("%v contains itself", value.Type())
	}
	if (value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer) && value.IsNil() {
		return nil, nil
	}
	if value.Kind() == reflect.Interface {
		content, err := plain(value.Elem(), depth+1)
		return map[string]any{strings.TrimLeft(value.Elem().Type().String(), "*"): content}, err
	}
	switch content := value.Interface().(type) {
	case fmt.Stringer:
		return content.String(), nil
	case interface{ Settings() any }:
		if settings := reflect.ValueOf(content.Settings()); settings.IsValid() && settings.Kind() == reflect.Struct {
			return fields(settings, depth+1)
		}
	}
	switch value.Kind() {
	case reflect.Pointer:
		return plain(value.Elem(), depth+1)
	case reflect.Struct:
		return fields(value, depth+1)
	case reflect.Slice, reflect.Array:
		list := make([]any, value.Len())
		for i := range list {
			var err error
			if list[i], err = plain(value.Index(i), depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return value.Interface(), nil
}

// isZero reports whether a field is left out: an empty slice or map says as little as nil.
func isZero(field reflect.Value) bool {
	switch field.Kind() {
	case reflect.Slice, reflect.Map:
		return field.Len() == 0
	}
	return field.IsZero()
}

// String returns the layer as Go would write it: pool0 d2l.AvgPool2D{PoolSize:2}.
func (l Layer) String() string {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(l.Settings)) {
		settings = append(settings, name+":"+string(l.Settings[name]))
	}
	text := l.Name + " " + l.Type
	if len(settings) > 0 {
		text += "{" + strings.Join(settings, " ") + "}"
	}
	const maxLength = 500 // Of what a file may tell.
	return text[:min(len(text), maxLength)]
}

// Compare returns an error that names the first difference of the layers from those of
// a net.
func (d *Description) Compare(net []Layer) error {
	const other = "they are another net's: "
	for i := range max(len(d.Layers), len(net)) {
		switch {
		case i >= len(d.Layers):
			return fmt.Errorf(other+"they have no %v", net[i])
		case i >= len(net):
			return fmt.Errorf(other+"this net has no %v", d.Layers[i])
		}
		saved, expected := d.Layers[i], net[i]
		sameLayer := saved.Name == expected.Name && saved.Type == expected.Type
		for _, name := range slices.Sorted(maps.Keys(saved.Settings)) {
			if sameLayer && !slices.Contains(expected.known, name) {
				return fmt.Errorf("layer %v has the setting %.100s, which %s does not have here: %w",
					saved, name, saved.Type, ErrNewer)
			}
		}
		if !sameLayer || !maps.EqualFunc(saved.Settings, expected.Settings, sameJSON) {
			return fmt.Errorf(other+"layer %v, expected %v", saved, expected)
		}
		if err := saved.compareFields(expected); err != nil {
			return fmt.Errorf(other+"%w", err)
		}
	}
	return nil
}

func sameJSON(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// describe returns the JSON of a net's description. There is at least one input.
func describe(inputs []shapes.Shape, layers []Layer) (string, error) {
	var all []Input
	for _, input := range inputs {
		all = append(all, Input{strings.ToLower(input.DType.String()), append([]int{}, input.Dimensions...)})
	}
	text, err := json.Marshal(Description{
		Version: Version, Input: all[0], More: all[1:], Layers: append([]Layer{}, layers...),
	})
	return string(text), err
}

// checkVersion refuses descriptions of a later version, which may mean anything.
func checkVersion(text string) error {
	var d struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return Damaged{fmt.Errorf("they are damaged: %s: %w", descriptionKey, err)}
	}
	switch {
	case d.Version > Version:
		return fmt.Errorf("their description has version %d, and this program knows %d: %w", d.Version, Version,
			ErrNewer)
	case d.Version < 1:
		return Damaged{fmt.Errorf("they are damaged: %s has no version", descriptionKey)}
	}
	return nil
}

func parseDescription(text string) (*Description, error) {
	d := new(Description)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(d); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			err = fmt.Errorf("%w: %w", err, ErrNewer)
		}
		return nil, fmt.Errorf("%s: %w", descriptionKey, err)
	}
	if _, err := d.Examples(); err != nil {
		return nil, fmt.Errorf("%s: %w", descriptionKey, err)
	}
	return d, nil
}

// Examples returns the shape and type of one example of each input.
func (d *Description) Examples() (all []shapes.Shape, err error) {
	for _, input := range append([]Input{d.Input}, d.More...) {
		dtype, ok := dtypes.MapOfNames[input.DType]
		if !ok || dtype == dtypes.InvalidDType {
			return nil, fmt.Errorf("no input has the type %.40q", input.DType)
		}
		if err := CheckInput(input.Shape); err != nil {
			return nil, err
		}
		all = append(all, shapes.Make(dtype, input.Shape...))
	}
	return all, nil
}

// CheckInput refuses the shape of an example that can only come from a damaged file or
// from a mistake.
func CheckInput(shape []int) error {
	const maxAxes, maxSize = 16, 1 << 28 // Numbers in one example.
	size := 1
	for _, n := range shape {
		if len(shape) > maxAxes || n <= 0 || n > maxSize/size {
			return fmt.Errorf("no input has the shape %v", tuple(shape))
		}
		size *= n
	}
	return nil
}

// tuple is a shape that prints as in the book: (1, 28, 28), (4,), ().
type tuple []int

func (t tuple) String() string {
	const maxAxes = 16
	if len(t) > maxAxes {
		return fmt.Sprintf("of %d axes", len(t))
	}
	if len(t) == 1 {
		return fmt.Sprintf("(%d,)", t[0])
	}
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(t)), " ", ", "), "[]") + ")"
}
