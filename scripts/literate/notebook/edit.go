package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// edit replaces a part of the file.
type edit struct {
	at   value
	text []byte
}

// SetSource replaces the source of one of n's cells.
func (n *Notebook) SetSource(c *Cell, source string) {
	if source == c.Source {
		return
	}
	c.Source = source
	var v any = splitLines(source)
	if n.raw[c.source.start] == '"' { // kept whole in this file
		v = source
	}
	n.replace(c.source, v)
}

// SetAgreed records the state in which a cell and the package were the same.
func (n *Notebook) SetAgreed(c *Cell, agreed map[string]string) error {
	var all map[string]any
	in := json.NewDecoder(bytes.NewReader(n.raw[c.metadata.start:c.metadata.end]))
	in.UseNumber() // Other numbers in it keep their form.
	if err := in.Decode(&all); err != nil {
		return fmt.Errorf("%s: metadata of cell %s: %w", n.Path, c.ID, err)
	}
	d2l, ok := all["d2l"].(map[string]any)
	if !ok {
		if all["d2l"] != nil {
			return fmt.Errorf("%s: d2l in the metadata of cell %s is not an object", n.Path, c.ID)
		}
		d2l = map[string]any{}
	}
	delete(d2l, "agreed")
	if len(agreed) > 0 {
		d2l["agreed"] = agreed
	}
	delete(all, "d2l")
	if len(d2l) > 0 {
		all["d2l"] = d2l
	}
	c.Metadata.D2L.Agreed = agreed
	n.replace(c.metadata, all)
	return nil
}

// replace notes an edit, in place of an earlier one of the same value.
func (n *Notebook) replace(at value, v any) {
	n.edits = slices.DeleteFunc(n.edits, func(e edit) bool { return e.at.start == at.start })
	n.edits = append(n.edits, edit{at, n.encoded(at, v)})
}

// encoded returns JSON for v in the style of the file around it: indented as deep
// as the line in which it begins, or in one line.
func (n *Notebook) encoded(at value, v any) []byte {
	first := n.raw[:at.start]
	line := first[bytes.LastIndexByte(first, '\n')+1:]
	indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	return encode(v, string(indent), n.unit())
}

// unit is what the file is indented by, nothing if it is one line.
func (n *Notebook) unit() string {
	beforeKey := n.raw[:bytes.IndexByte(n.raw, '"')]
	_, unit, _ := strings.Cut(string(beforeKey), "\n")
	return unit
}

// encode returns JSON as nbformat writes it.
func encode(v any, prefix, unit string) []byte {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if unit != "" {
		to.SetIndent(prefix, unit)
	}
	if err := to.Encode(v); err != nil {
		panic(err) // of strings, numbers, lists and maps
	}
	return unescapeSeparators(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// unescapeSeparators undoes what encoding/json alone escapes, in strings: U+2028
// and U+2029.
func unescapeSeparators(b []byte) []byte {
	if !bytes.Contains(b, []byte(`\u202`)) {
		return b
	}
	var out bytes.Buffer
	for i := 0; i < len(b); i++ {
		switch {
		case bytes.HasPrefix(b[i:], []byte(`\u2028`)):
			out.WriteString("\u2028")
			i += 5
		case bytes.HasPrefix(b[i:], []byte(`\u2029`)):
			out.WriteString("\u2029")
			i += 5
		case b[i] == '\\': // and what it escapes, which may be a backslash
			out.Write(b[i : i+2])
			i++
		default:
			out.WriteByte(b[i])
		}
	}
	return out.Bytes()
}

// Bytes returns the content of the file with all changes.
func (n *Notebook) Bytes() []byte {
	slices.SortFunc(n.edits, func(a, b edit) int { return a.at.start - b.at.start })
	var out bytes.Buffer
	copied := 0
	for _, e := range n.edits {
		out.Write(n.raw[copied:e.at.start])
		out.Write(e.text)
		copied = e.at.end
	}
	out.Write(n.raw[copied:])
	return out.Bytes()
}

// Changed tells whether there is anything to write.
func (n *Notebook) Changed() bool { return !bytes.Equal(n.Bytes(), n.raw) }

// WriteFile replaces a file, by the whole new content or not at all. Its mode
// stays as it was.
func WriteFile(path string, content []byte) error {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // Fails if all went well.
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%s was left as it was: %w", path, err)
	}
	return nil
}
