package saved

import (
	"fmt"
	"maps"
	"slices"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// cell is a cell of Go code, parsed as a file of the package.
type cell struct {
	notebook *notebook.Notebook
	*notebook.Cell
	marked   bool
	file     *file
	header   int // The file's text is a header of this length, and the cell's.
	commands []gocell.Command
}

func (c *cell) String() string { return c.notebook.Path + ", " + c.Label() }

// parseCell parses a cell as it stands now. It sees what the cells above import.
// What is not Go is no cell, and no error.
func parseCell(n *notebook.Notebook, nc *notebook.Cell, above map[string]string) (*cell, error) {
	c := &cell{notebook: n, Cell: nc}
	source, marked := unmark(nc.Source)
	c.marked = marked
	code, ok := gocell.Split(source)
	if !ok {
		return nil, nil
	}
	c.commands = code.Commands
	own, err := newSource(importPath, []*file{{path: n.Path, text: "package d2l; " + code.Decls}})
	if err != nil {
		return nil, fmt.Errorf("%s: its declarations are not Go: %w", c, err)
	}
	imports := maps.Clone(above)
	maps.DeleteFunc(imports, func(name, _ string) bool { return own.files[0].imports()[name] != "" })
	header := "package d2l; import ("
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		header += fmt.Sprintf("%s %q; ", name, imports[name])
	}
	header += "); "
	c.header = len(header)
	c.file = &file{path: n.Path, text: header + code.Decls}
	if _, err := newSource(importPath, []*file{c.file}); err != nil {
		return nil, fmt.Errorf("%s: its declarations are not Go: %w", c, err)
	}
	return c, nil
}

// cells returns the code cells of a notebook.
func cells(n *notebook.Notebook) ([]*cell, error) {
	var found []*cell
	imports := map[string]string{"d2l": importPath}
	for _, nc := range n.Cells {
		if nc.Type != "code" {
			continue
		}
		c, err := parseCell(n, nc, imports)
		if err != nil {
			return nil, err
		}
		if c != nil {
			found = append(found, c)
			imports = c.file.imports()
		}
	}
	return found, nil
}
