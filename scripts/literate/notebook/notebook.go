// Package notebook reads Jupyter notebooks (nbformat 4.5 and later) and changes
// them in place: what is not changed keeps its bytes.
package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Notebook is the content of a notebook's file.
type Notebook struct {
	Path  string // As given to Read or Parse.
	Cells []*Cell

	raw   []byte
	edits []edit
}

// Cell is one cell. Changing its fields changes nothing in the file; use
// SetSource and SetAgreed.
type Cell struct {
	ID       string
	Type     string // "code", "markdown" or "raw".
	Source   string
	Metadata Metadata
	Outputs  []Output

	// Number is the cell's place among the code cells that hold code, from 1; 0
	// for all others. It is the number that people see while a notebook runs.
	Number int

	source, metadata value
}

// Output is one output of a code cell.
type Output struct {
	Type string // "stream", "display_data", "execute_result" or "error".
	Name string // Of a stream: "stdout" or "stderr".
	Text string // Of a stream.

	Data   map[string]string // Of what is shown, by kind, such as "image/svg+xml".
	EName  string            // Of an error.
	EValue string
}

// Read reads the notebook in a file.
func Read(path string) (*Notebook, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, content)
}

// Parse reads a notebook from the content of its file; the path is for
// messages.
func Parse(path string, content []byte) (*Notebook, error) {
	n := &Notebook{Path: path, raw: content}
	if err := n.parse(); err != nil {
		return nil, fmt.Errorf("%s is not a notebook that can be read: %w", path, err)
	}
	return n, nil
}

// text is what the format keeps whole or as a list of lines.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var lines []string
	if err := json.Unmarshal(data, &lines); err == nil {
		*t = text(strings.Join(lines, ""))
		return nil
	}
	var whole string
	if err := json.Unmarshal(data, &whole); err == nil {
		*t = text(whole)
		return nil
	}
	*t = text(data) // JSON that is shown as such, for example of kind application/json
	return nil
}

type cellJSON struct {
	ID       string `json:"id"`
	Type     string `json:"cell_type"`
	Source   text   `json:"source"`
	Metadata struct {
		D2L json.RawMessage `json:"d2l"`
	} `json:"metadata"`
	Outputs []outputJSON `json:"outputs"`
}

type outputJSON struct {
	Type   string          `json:"output_type"`
	Name   string          `json:"name"`
	Text   text            `json:"text"`
	Data   map[string]text `json:"data"`
	EName  string          `json:"ename"`
	EValue string          `json:"evalue"`
}

func (n *Notebook) parse() error {
	tree, err := locate(n.raw)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(n.raw[:min(int(syntax.Offset), len(n.raw))], []byte("\n")), err)
	}
	if err != nil {
		return err
	}
	cells, ok := tree.field("cells")
	if !ok {
		return errors.New("it has no cells")
	}
	seen := map[string]bool{}
	numbered := 0
	for i, at := range cells.items {
		var c cellJSON
		if err := json.Unmarshal(n.raw[at.start:at.end], &c); err != nil {
			if c.ID != "" {
				return fmt.Errorf("cell %s: %w", c.ID, err)
			}
			return fmt.Errorf("cell %d: %w", i+1, err)
		}
		if c.ID == "" {
			return fmt.Errorf("cell %d has no id; save it with nbformat 4.5 or newer, as JupyterLab does", i+1)
		}
		if seen[c.ID] {
			return fmt.Errorf("two cells have the id %s", c.ID)
		}
		seen[c.ID] = true
		cell := &Cell{ID: c.ID, Type: c.Type, Source: string(c.Source)}
		if cell.Type == "code" && strings.TrimSpace(cell.Source) != "" {
			numbered++
			cell.Number = numbered
		}
		if len(c.Metadata.D2L) > 0 {
			if err := cell.Metadata.D2L.read(c.Metadata.D2L); err != nil {
				return fmt.Errorf("%s: %w", cell.Label(), err)
			}
		}
		for _, o := range c.Outputs {
			cell.Outputs = append(cell.Outputs, o.output())
		}
		if cell.source, ok = at.field("source"); !ok {
			return fmt.Errorf("cell %s has no source", c.ID)
		}
		if cell.metadata, ok = at.field("metadata"); !ok {
			return fmt.Errorf("cell %s has no metadata", c.ID)
		}
		n.Cells = append(n.Cells, cell)
	}
	return nil
}

func (o outputJSON) output() Output {
	out := Output{
		Type: o.Type, Name: o.Name, Text: string(o.Text),
		EName: o.EName, EValue: o.EValue,
	}
	if o.Data != nil {
		out.Data = map[string]string{}
	}
	for kind, data := range o.Data {
		out.Data[kind] = string(data)
	}
	return out
}

// Name is the name of the notebook's file.
func (n *Notebook) Name() string { return filepath.Base(n.Path) }

// Cell returns the cell with an id, or nil.
func (n *Notebook) Cell(id string) *Cell {
	for _, c := range n.Cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Printed returns what the cell wrote to a stream, "stdout" or "stderr".
func (c *Cell) Printed(stream string) string {
	var all strings.Builder
	for _, o := range c.Outputs {
		if o.Type == "stream" && o.Name == stream {
			all.WriteString(o.Text)
		}
	}
	return all.String()
}

// MetadataText returns a cell's metadata as JSON in one line.
func (n *Notebook) MetadataText(c *Cell) string {
	var out bytes.Buffer
	if err := json.Compact(&out, n.raw[c.metadata.start:c.metadata.end]); err != nil {
		panic(err) // The file was parsed.
	}
	return out.String()
}
