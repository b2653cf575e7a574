package saved

import (
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
