// Package notebook reads the cells of Jupyter notebooks.
package notebook

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Cell is one cell of a notebook.
type Cell struct {
	ID, Type string // Type is "code", "markdown" or "raw".
	Source   string
	Number   int               // The place among the code cells that hold code, from 1; 0 for all others.
	Agreed   map[string]string // What scripts/literate keeps in the cell's metadata.
}

// Notebook is the list of its cells.
type Notebook struct{ Cells []*Cell }

// Cell returns the cell with an id, or nil.
func (n *Notebook) Cell(id string) *Cell {
	for _, c := range n.Cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// lines is a text, which the format keeps as one string or as a list of lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var list []string
	if err := json.Unmarshal(data, &list); err == nil {
		*l = lines(strings.Join(list, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}

// Read reads the notebook in a file.
func Read(path string) (*Notebook, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Cells []struct {
			ID       string
			Type     string `json:"cell_type"`
			Source   lines
			Metadata struct {
				D2L struct{ Agreed map[string]string }
			}
		}
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("%s is not a notebook: %w", path, err)
	}
	n, number := &Notebook{}, 0
	for _, c := range file.Cells {
		cell := &Cell{ID: c.ID, Type: c.Type, Source: string(c.Source), Agreed: c.Metadata.D2L.Agreed}
		if c.Type == "code" && strings.TrimSpace(cell.Source) != "" {
			number++
			cell.Number = number
		}
		n.Cells = append(n.Cells, cell)
	}
	return n, nil
}
