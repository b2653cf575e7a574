package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Fields returns what is compared of a layer that does not say what its settings are. A field that a file or the net
// does not have is no difference, nor is any if the layer says by now what counts.
func Fields(all map[string]any) (fields map[string]json.RawMessage, err error) {
	for name, content := range all {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("the field %s of a layer cannot be saved: %w", name, err)
		}
		if fields == nil {
			fields = map[string]json.RawMessage{}
		}
		fields[name] = text
	}
	return fields, nil
}

// ErrField says what to do about a field that differs.
var ErrField = errors.New("give it that value, or, if the layer computes the same with another, give its type the " +
	"method Settings, which leaves the field out (see d2l.Layer)")

// compareFields returns an error that names the first field that is not the expected layer's.
func (l Layer) compareFields(expected Layer) error {
	for _, name := range slices.Sorted(maps.Keys(l.Fields)) {
		if field, ok := expected.Fields[name]; ok && !sameJSON(field, l.Fields[name]) {
			return fmt.Errorf("layer %.100s %.100s had %.100s:%.200s, and has %s here: %w", l.Name, l.Type, name, l.Fields[name],
				field, ErrField)
		}
	}
	return nil
}
