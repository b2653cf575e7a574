package coverage

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// book is a notebook and what is known of its cells.
type book struct {
	*notebook.Notebook
	path      string
	err       error                      // It cannot be read.
	names     map[string]*cellNames      // By the id of a code cell; nil for one that is not Go.
	imports   map[string]string          // Of our packages, by all cells: the kernel keeps them.
	declared  map[string]bool            // By all cells.
	broken    map[string]error           // Why a code cell is not Go.
	said      map[string]bool            // Which of these have been reported.
	exercises map[string]map[string]bool // The items under the heading Exercises, by the cell's id.
}

func (c *checker) notebook(name string) *book {
	if b, ok := c.notebooks[name]; ok {
		return b
	}
	b := &book{path: path.Join(path.Dir(c.path), name), names: map[string]*cellNames{}, imports: map[string]string{}, declared: map[string]bool{},
		broken: map[string]error{}, said: map[string]bool{}}
	c.notebooks[name] = b
	content, err := fs.ReadFile(c.files, b.path)
	if err == nil {
		b.Notebook, err = notebook.Parse(b.path, content)
	}
	if b.err = err; err != nil {
		return b
	}
	b.exercises = exercises(b.Notebook)
	for _, cell := range b.Cells {
		if cell.Type != "code" {
			continue
		}
		names, err := namesIn(cell.Source)
		if err != nil {
			b.broken[cell.ID] = err
			continue
		}
		b.names[cell.ID] = names
		for name, imported := range names.imports {
			if slices.Contains(folders, path.Base(imported)) {
				b.imports[name] = imported
			}
		}
		maps.Copy(b.declared, names.declared)
	}
	return b
}

// located is a cell and its notebook.
type located struct {
	*notebook.Cell
	book  *book
	index int
}

// String names the cell in messages.
func (l located) String() string { return l.book.path + ", " + l.Label() }

// locate returns the cell that notebook#cell names, or what is wrong.
func (c *checker) locate(ref string) (located, string) {
	name, id, ok := strings.Cut(ref, "#")
	if !ok || name == "" || id == "" || name != path.Base(name) {
		return located{}, fmt.Sprintf("%q is not of the form %s#cell-id", ref, notebookOf(c.path))
	}
	b := c.notebook(name)
	switch {
	case errors.Is(b.err, fs.ErrNotExist):
		return located{}, fmt.Sprintf("there is no notebook %s (cell %s)", b.path, id)
	case b.err != nil:
		return located{}, b.err.Error()
	}
	for i, cell := range b.Cells {
		if cell.ID == id {
			return located{cell, b, i}, ""
		}
	}
	return located{}, fmt.Sprintf("%s has no cell %s; name the cell that has taken its place", b.path, id)
}
