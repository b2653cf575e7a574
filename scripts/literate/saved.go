package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// mark is the first line of a cell whose declarations package d2l has too.
const mark = "//d2l:save"

// clause makes a file of a cell's declarations, without a new line.
const clause = "package p;"

// decl is a declaration, with its comment, at the top level of a file.
type decl struct {
	name       string // The first that it declares.
	place      string // The file and line.
	start, end int    // Offsets in the file.
	text       string
}

// declarations returns those of a file, imports excepted, and all names that they declare.
func declarations(path, source string) (found []decl, names []string, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	for _, node := range file.Decls {
		doc := (*ast.CommentGroup)(nil)
		switch node := node.(type) {
		case *ast.FuncDecl:
			doc = node.Doc
		case *ast.GenDecl:
			doc = node.Doc
			if node.Tok == token.IMPORT || len(node.Specs) == 0 {
				continue
			}
		}
		start := node.Pos()
		if doc != nil {
			start = doc.Pos()
		}
		all := namesOf(node)
		for _, n := range all {
			names = append(names, n.name)
		}
		at, end := set.Position(start), set.Position(node.End()).Offset
		place := fmt.Sprintf("%s:%d", path, at.Line)
		found = append(found, decl{all[0].name, place, at.Offset, end, source[at.Offset:end]})
	}
	return found, names, nil
}

// project is what package d2l declares, and the cells of notebooks.
type project struct {
	shipped map[string]decl // By the first names.
	names   map[string]bool // All that it declares.
	cells   []*cell
}

// cell is a code cell with its declarations.
type cell struct {
	*notebook.Cell
	path, place string
	marked      bool
	decls       []decl
	own         map[string]bool // What all marked cells of the notebook declare.
}

// load reads the package, and the named notebooks or, if none is named, all of the project.
func load(root string, paths []string) (*project, error) {
	files, err := filepath.Glob(filepath.Join(root, "d2l/*.go"))
	if err == nil && len(paths) == 0 {
		var later []string
		paths, _ = filepath.Glob(filepath.Join(root, "notebooks/*.ipynb")) // It fails as the next one does.
		later, err = filepath.Glob(filepath.Join(root, "notebooks/later/*.ipynb"))
		paths = append(paths, later...)
	}
	if err != nil {
		return nil, err
	}
	p := &project{shipped: map[string]decl{}, names: map[string]bool{}}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		decls, names, err := declarations("d2l/"+filepath.Base(path), string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, d := range decls {
			p.shipped[d.name] = d
		}
		for _, name := range names {
			p.names[name] = true
		}
	}
	for _, path := range paths {
		n, err := notebook.Read(path)
		if err != nil {
			return nil, err
		}
		own := map[string]bool{}
		for _, nc := range n.Cells {
			if nc.Type != "code" {
				continue
			}
			c := &cell{Cell: nc, path: path, place: fmt.Sprintf("%s, cell %s", filepath.Base(path), nc.ID), own: own}
			if err := c.parse(); err != nil {
				return nil, err
			}
			p.cells = append(p.cells, c)
		}
	}
	return p, nil
}

// parse finds the declarations in a cell's source.
func (c *cell) parse() error {
	source := c.Source
	if c.marked = strings.HasPrefix(source+"\n", mark+"\n"); c.marked {
		source = blank(mark) + source[len(mark):]
	}
	code, _ := split(source)
	decls, names, err := declarations(c.place, clause+code)
	if err != nil {
		return fmt.Errorf("%s is not Go: %w", c.place, err)
	}
	for i := range decls {
		decls[i].start -= len(clause)
		decls[i].end -= len(clause)
	}
	c.decls = decls
	if c.marked {
		for _, name := range names {
			c.own[name] = true
		}
	}
	return nil
}

// check returns where cells and the package are not the same.
func (p *project) check() (problems []string) {
	for _, c := range p.cells {
		problem := func(format string, args ...any) {
			problems = append(problems, c.place+": "+fmt.Sprintf(format, args...))
		}
		gone := maps.Clone(c.Agreed)
		for _, d := range c.decls {
			shipped, there := p.shipped[d.name]
			switch {
			case !c.marked && there && token.IsExported(d.name):
				problem("it declares %s, as %s does: begin the cell with %s so that both stay the same, or rename it",
					d.name, shipped.place, mark)
			case !c.marked:
				continue
			case !there:
				problem("d2l has no %s: write it there, or remove %s", d.name, mark)
			case sum(d.text) != sum(shipped.text):
				problem("%s is not that of %s; %s\n%s",
					d.name, shipped.place, c.history(d, shipped), p.diff(c, d, shipped))
			case sum(d.text) != c.Agreed[d.name]:
				problem("%s is that of %s, but the cell's metadata does not record it: run update",
					d.name, shipped.place)
			}
			delete(gone, d.name)
		}
		for name := range gone {
			problem("it showed d2l's %s below %s once: put it back, or remove d2l.agreed from its metadata", name, mark)
		}
	}
	return problems
}

// history says which side has changed since both were the same, and what to do.
func (c *cell) history(d, shipped decl) string {
	switch c.Agreed[d.name] {
	case sum(shipped.text):
		return "the cell has changed: make the same change in the package, or drop it by update -force"
	case sum(d.text):
		return "the package has changed: update writes its code to the cell"
	}
	return "both have changed since they were the same: bring the cell's change to the package, then update -force"
}

// diff shows a cell's declaration and what it would be by the package.
func (p *project) diff(c *cell, d, shipped decl) string {
	want, err := p.qualified(shipped, c.own)
	if err != nil {
		want = shipped.text
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(want), FromFile: shipped.place,
		B: difflib.SplitLines(d.text), ToFile: c.place, Context: 2,
	})
	if err != nil {
		panic(err) // It writes to memory.
	}
	return strings.TrimRight(text, "\n")
}

// update brings the package's code to a marked cell, and tells whether the cell has changed. It refuses to overwrite a
// change of the cell, unless force is set.
func (p *project) update(c *cell, force bool) (changed bool, refused []string) {
	agreed, source := map[string]string{}, c.Source
	for _, d := range slices.Backward(c.decls) {
		shipped, ok := p.shipped[d.name]
		problem := ""
		switch {
		case !ok:
			problem = "d2l has no such name"
		case sum(d.text) != sum(shipped.text) && sum(d.text) != c.Agreed[d.name] && !force:
			problem = c.history(d, shipped)
		case sum(d.text) != sum(shipped.text):
			text, err := p.qualified(shipped, c.own)
			if err != nil {
				problem = err.Error()
				break
			}
			again := *c
			again.Cell = &notebook.Cell{Source: c.Source[:d.start] + text + c.Source[d.end:]}
			if err := again.parse(); err != nil {
				problem = err.Error()
				break
			}
			c.Source = again.Source
		}
		switch old, recorded := c.Agreed[d.name]; {
		case problem == "":
			agreed[d.name] = sum(shipped.text)
		case recorded:
			agreed[d.name] = old
			fallthrough
		default:
			refused = append(refused, fmt.Sprintf("%s: %s: %s", c.place, d.name, problem))
		}
	}
	changed = c.Source != source || !maps.Equal(agreed, c.Agreed)
	c.Agreed = agreed
	return changed, refused
}

// qualified returns a declaration of the package as a cell has it: with d2l. before all that is the package's, except
// what the notebook declares itself.
func (p *project) qualified(d decl, own map[string]bool) (string, error) {
	// Parsed alone, it leaves unresolved what is declared elsewhere.
	file, err := parser.ParseFile(token.NewFileSet(), "", clause+d.text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	text := d.text
	slices.SortFunc(file.Unresolved, func(a, b *ast.Ident) int { return int(b.Pos() - a.Pos()) }) // The last first.
	for _, id := range file.Unresolved {
		if !p.names[id.Name] || own[id.Name] {
			continue
		}
		if !id.IsExported() {
			return "", fmt.Errorf("it uses %s, which a notebook cannot: export it or mark a cell that declares it", id.Name)
		}
		at := int(id.Pos()) - 1 - len(clause)
		text = text[:at] + "d2l." + text[at:]
	}
	formatted, err := format.Source([]byte(text))
	return string(formatted), err
}
