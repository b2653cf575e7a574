package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// value is where a JSON value stands in a file.
type value struct {
	start, end int
	keys       []string // Of an object: the names of its items.
	items      []value
}

func (v value) field(name string) (value, bool) {
	for i, key := range v.keys {
		if key == name {
			return v.items[i], true
		}
	}
	return value{}, false
}

// locate returns the place of a JSON document's value and of all in it.
func locate(raw []byte) (value, error) {
	l := locator{raw: raw, in: json.NewDecoder(bytes.NewReader(raw))}
	v, err := l.value()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return v, err
	}
	if _, err := l.in.Token(); err != io.EOF {
		return v, errors.New("something follows its end")
	}
	return v, nil
}

type locator struct {
	raw []byte
	in  *json.Decoder
}

func (l *locator) offset() int { return int(l.in.InputOffset()) }

func (l *locator) value() (value, error) {
	v := value{start: l.offset()}
	for v.start < len(l.raw) && bytes.IndexByte([]byte(" \t\r\n,:"), l.raw[v.start]) >= 0 {
		v.start++
	}
	token, err := l.in.Token()
	if err != nil {
		return v, err
	}
	if open, ok := token.(json.Delim); ok {
		for l.in.More() {
			if open == '{' {
				key, err := l.in.Token()
				if err != nil {
					return v, err
				}
				v.keys = append(v.keys, key.(string))
			}
			item, err := l.value()
			if err != nil {
				return v, err
			}
			v.items = append(v.items, item)
		}
		if _, err := l.in.Token(); err != nil {
			return v, err
		}
	}
	v.end = l.offset()
	return v, nil
}
