package notebook

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// formatted returns a notebook's file as nbformat writes it. Its text is in lines
// then, also in the tree.
func formatted(tree map[string]any) []byte {
	eachText(tree, func(text any, lines bool) any {
		if s, whole := text.(string); whole && lines {
			return splitLines(s)
		}
		return text
	})
	return append(encode(pythonNumbers(tree), "", " "), '\n')
}

// wholeTree returns the content of a notebook's file with each text in one piece.
func wholeTree(content []byte) (map[string]any, error) {
	var tree map[string]any
	in := json.NewDecoder(bytes.NewReader(content))
	in.UseNumber()
	if err := in.Decode(&tree); err != nil {
		return nil, err
	}
	eachText(tree, func(text any, _ bool) any {
		lines, ok := text.([]any)
		if !ok {
			return text
		}
		var all strings.Builder
		for _, line := range lines {
			s, ok := line.(string)
			if !ok {
				return text
			}
			all.WriteString(s)
		}
		return all.String()
	})
	return tree, nil
}

// eachText replaces everything that the format keeps whole or as a list of lines.
// What is text for people is written in lines.
func eachText(tree map[string]any, replace func(text any, lines bool) any) {
	bundle := func(data map[string]any) {
		for kind, text := range data {
			if kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json") {
				continue
			}
			data[kind] = replace(text, strings.HasPrefix(kind, "text/") || kind == "application/javascript" || kind == "image/svg+xml")
		}
	}
	field := func(m map[string]any, name string) {
		if text, ok := m[name]; ok {
			m[name] = replace(text, true)
		}
	}
	for _, cell := range objects(tree["cells"]) {
		field(cell, "source")
		attachments, _ := cell["attachments"].(map[string]any)
		for _, attachment := range attachments {
			if data, ok := attachment.(map[string]any); ok {
				bundle(data)
			}
		}
		for _, output := range objects(cell["outputs"]) {
			field(output, "text")
			if data, ok := output["data"].(map[string]any); ok {
				bundle(data)
			}
		}
	}
}

// objects returns the objects in a JSON list.
func objects(list any) []map[string]any {
	var all []map[string]any
	items, _ := list.([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			all = append(all, object)
		}
	}
	return all
}

// pythonNumbers writes the numbers in a JSON value as Python does.
func pythonNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return pythonNumber(v)
	case map[string]any:
		for key, item := range v {
			v[key] = pythonNumbers(item)
		}
	case []any:
		for i, item := range v {
			v[i] = pythonNumbers(item)
		}
	}
	return v
}

func pythonNumber(n json.Number) json.Number {
	if !strings.ContainsAny(string(n), ".eE") {
		return n
	}
	f, err := n.Float64()
	if err != nil {
		return n // too great for Python as well
	}
	if size := max(f, -f); size != 0 && size < 1e-4 || size >= 1e16 {
		return json.Number(strconv.FormatFloat(f, 'e', -1, 64))
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return json.Number(s)
}

// splitLines is how the format keeps text: each line with its end, where lines
// end as in Python.
func splitLines(s string) []string {
	lines := []string{}
	start := 0
	for i, r := range s {
		if !strings.ContainsRune("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r) || r == '\r' && strings.HasPrefix(s[i+1:], "\n") {
			continue
		}
		end := i + len(string(r))
		lines = append(lines, s[start:end])
		start = end
	}
	if start < len(s) {
		lines = append(lines, s[start:])
	}
	return lines
}
