package saved

import (
	"fmt"
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// project is the package and the notebooks, as they are on disk and as they will
// be written.
type project struct {
	dir       string            // Of the project; empty in tests that touch no disk.
	files     map[string]string // The package's files by their paths in the project.
	written   map[string]bool   // Which of them have changed.
	notebooks []*notebook.Notebook

	pkg     *source
	shipped map[string]*decl // The package's declarations by each name they declare.
}

// load reads the package of the project in dir, and notebooks by their paths in
// it.
func load(dir string, notebooks []string) (*project, error) {
	p := &project{dir: dir, files: map[string]string{}, written: map[string]bool{}}
	paths, err := filepath.Glob(filepath.Join(dir, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if ok, err := build.Default.MatchFile(filepath.Dir(path), name); err != nil || !ok || strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		p.files[filepath.ToSlash(filepath.Join(folder, filepath.Base(path)))] = string(content)
	}
	for _, path := range notebooks {
		content, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		n, err := notebook.Parse(path, content)
		if err != nil {
			return nil, err
		}
		p.notebooks = append(p.notebooks, n)
	}
	return p, p.parse()
}

// parse brings pkg and shipped up to date with files.
func (p *project) parse() error {
	var files []*file
	for _, path := range slices.Sorted(maps.Keys(p.files)) {
		files = append(files, &file{path: path, text: p.files[path]})
	}
	pkg, err := newSource(importPath, files)
	if err != nil {
		return err
	}
	p.pkg, p.shipped = pkg, map[string]*decl{}
	for _, f := range files {
		for _, d := range f.decls {
			for _, name := range d.names {
				p.shipped[name] = d
			}
		}
	}
	return nil
}

// set replaces a file of the package.
func (p *project) set(path, text string) error {
	before, was := p.files[path]
	p.files[path] = text
	if err := p.parse(); err != nil {
		if p.files[path] = before; !was {
			delete(p.files, path)
		}
		_ = p.parse() // as before
		return err
	}
	p.written[path] = true
	return nil
}

// write writes what has changed, each file whole.
func (p *project) write() error {
	for _, path := range slices.Sorted(maps.Keys(p.written)) {
		if err := notebook.WriteFile(filepath.Join(p.dir, path), []byte(p.files[path])); err != nil {
			return err
		}
	}
	for _, n := range p.notebooks {
		if n.Changed() {
			if err := notebook.WriteFile(filepath.Join(p.dir, n.Path), n.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

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
