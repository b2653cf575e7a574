package saved

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/imports"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// ErrRefused means that something was not written, and that it was said why.
var ErrRefused = errors.New("not everything was written (above)")

// Update writes the package's code to the marked cells that differ. It does not
// touch a cell that has changed since both agreed, unless it is forced. It says
// on out what it does.
func Update(dir string, notebooks []string, force bool, out io.Writer) error {
	return write(dir, notebooks, force, out, (*project).update)
}

// Save writes the code of the marked cells to the package. It does not touch a
// declaration there that has changed since both agreed, unless it is forced. It
// says on out what it does.
func Save(dir string, notebooks []string, force bool, out io.Writer) error {
	return write(dir, notebooks, force, out, (*project).save)
}

func write(dir string, notebooks []string, force bool, out io.Writer, way func(*project, bool, io.Writer) error) error {
	p, err := load(dir, notebooks)
	if err != nil {
		return err
	}
	refused := way(p, force, out)
	if err := p.write(); err != nil {
		return err
	}
	return refused
}

func (p *project) update(force bool, out io.Writer) error {
	return p.each(out, func(pair *pair) (string, error) {
		here, _ := pair.changed()
		switch {
		case pair.shipped == nil:
			return "", errors.New(pair.history())
		case here && !force:
			return "", errors.New(pair.difference())
		}
		if err := p.toCell(pair); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: %s is now that of %s", pair.cell, pair.shown, pair.where()), nil
	})
}

func (p *project) save(force bool, out io.Writer) error {
	return p.each(out, func(pair *pair) (string, error) {
		_, there := pair.changed()
		gone := pair.shipped == nil && pair.agreed() != ""
		if (there || gone) && !force {
			return "", errors.New(pair.difference())
		}
		path, err := p.toPackage(pair)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: its %s is now in %s", pair.cell, pair.shown, path), nil
	})
}

// each brings the sides of all pairs together by the given function and records
// on what they agree. It is an error if a pair still differs.
func (p *project) each(out io.Writer, bring func(*pair) (string, error)) error {
	pairs, problems := p.pairs()
	// A write moves what stands below it in the cell or file: each is looked up anew.
	agreed := map[*notebook.Cell]map[string]string{}
	for _, old := range pairs {
		nc, name := old.cell.Cell, old.shown.names[0]
		if agreed[nc] == nil {
			agreed[nc] = map[string]string{}
		}
		pair, err := p.find(old)
		if err == nil && pair.differ() {
			var said string
			if said, err = bring(pair); err == nil {
				fmt.Fprintln(out, said)
				pair, err = p.find(old)
			}
		}
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("not written: %v", err))
		case !pair.differ():
			agreed[nc][name] = sum(pair.shownText)
			continue
		}
		if before, ok := nc.Metadata.D2L.Agreed[name]; ok {
			agreed[nc][name] = before
		}
	}
	for _, n := range p.notebooks {
		for _, nc := range n.Cells {
			if now, ok := agreed[nc]; ok && !equal(now, nc.Metadata.D2L.Agreed) {
				if err := n.SetAgreed(nc, now); err != nil {
					return err
				}
			}
		}
	}
	for _, problem := range problems {
		fmt.Fprintln(out, problem)
	}
	if len(problems) > 0 {
		return ErrRefused
	}
	return nil
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// find returns a pair as it is now.
func (p *project) find(old *pair) (*pair, error) {
	all, err := cells(old.cell.notebook)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Cell != old.cell.Cell {
			continue
		}
		for _, d := range c.file.decls {
			if slices.Contains(d.names, old.shown.names[0]) {
				return p.pair(c, d)
			}
		}
	}
	return nil, fmt.Errorf("%s: %s cannot be found any more", old.cell, old.shown)
}

// toCell puts the package's code into the notebook.
func (p *project) toCell(pair *pair) error {
	c := pair.cell
	fail := func(err error) error { return fmt.Errorf("%s: %s: %w", c, pair.shown, err) }
	above, err := cells(c.notebook)
	if err != nil {
		return err
	}
	declared := map[string]bool{}
	for _, other := range above {
		if other.marked {
			for _, d := range other.file.decls {
				for _, name := range d.names {
					declared[name] = true
				}
			}
		}
		if other.Cell == c.Cell {
			break
		}
	}
	for _, name := range pair.shipped.names {
		declared[name] = true
	}
	names := map[string]string{} // of imports, by their paths
	for name, path := range c.file.imports() {
		if old, ok := names[path]; !ok || name < old {
			names[path] = name
		}
	}
	nameOf := func(path string) string {
		if name, ok := names[path]; ok {
			return name
		}
		return usual(path)
	}
	text, err := pair.shipped.toCell(func(name string) bool { return declared[name] }, nameOf)
	if err != nil {
		return fail(err)
	}
	for _, line := range strings.Split(text, "\n") {
		if gocell.IsCommand(line) {
			return fail(fmt.Errorf("the kernel would take the line %q for a command of its own; write it in another way", line))
		}
	}
	start, end := pair.shown.start-c.header, pair.shown.end-c.header
	before := c.Source
	source := before[:start] + text + before[end:]
	for _, path := range slices.Sorted(maps.Values(pair.shipped.uses())) {
		// The kernel imports by itself what is missing, but can guess right only where a
		// name leaves no choice.
		if _, ok := names[path]; !ok && strings.Contains(path, "/") {
			source = source[:start] + fmt.Sprintf("import %q\n\n", path) + source[start:]
		}
	}
	c.notebook.SetSource(c.Cell, source)
	if err := p.verify(pair, before, source); err != nil {
		c.notebook.SetSource(c.Cell, before)
		return fail(err)
	}
	return nil
}

// verify makes sure that what was put into a cell reads back as it should, and
// the cell's other declarations as before.
func (p *project) verify(old *pair, before, after string) error {
	now, err := p.find(old)
	if err == nil && !now.differ() && others(now, before) == others(now, after) {
		return nil
	}
	if err == nil {
		err = errors.New("it would not read back as it is")
	}
	return fmt.Errorf("it cannot be written in its place: %w; put each declaration of the cell on lines of its own", err)
}

// others returns the declarations of a cell's source but for that of a pair.
func others(p *pair, source string) string {
	c, err := parseCell(p.cell.notebook, &notebook.Cell{Source: source}, nil)
	if err != nil || c == nil {
		return ""
	}
	var all strings.Builder
	for _, d := range c.file.decls {
		if !slices.Equal(d.names, p.shown.names) {
			fmt.Fprintln(&all, tokens(d.text()))
		}
	}
	return all.String()
}

// toPackage puts the notebook's code into the package and returns the file.
func (p *project) toPackage(pair *pair) (path string, err error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("%s: %s: %w", pair.cell, pair.shown, err) }
	var text string
	start, end := 0, 0
	if pair.shipped != nil {
		path, start, end = pair.shipped.file.path, pair.shipped.start, pair.shipped.end
	} else {
		path = p.home(pair.shown)
		start = len(p.files[path])
		end = start
	}
	text, ok := p.files[path]
	if !ok {
		text = "package d2l\n\n"
		start, end = len(text), len(text)
	}
	if laid, err := format.Source([]byte(text)); err != nil || string(laid) != text && ok {
		return fail(fmt.Errorf("%s is not formatted; run gofmt -w %[1]s", path))
	}

	// What the file imports keeps its names there.
	parsed, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
	if err != nil {
		return fail(err)
	}
	there := (&file{ast: parsed}).imports()
	here := pair.cell.file.imports()
	nameOf := func(path string) string {
		for name, other := range there {
			if other == path {
				return name
			}
		}
		for name, other := range here {
			if other == path {
				return name
			}
		}
		return usual(path)
	}
	code, err := pair.shown.toPackage(nameOf)
	if err != nil {
		return fail(err)
	}
	if pair.shipped == nil {
		code = "\n" + code + "\n"
	}
	text = text[:start] + code + text[end:]
	if text, err = withImports(path, text, pair.shown.uses(), nameOf); err != nil {
		return fail(err)
	}
	if text, err = p.tidy(path, text); err != nil {
		return fail(err)
	}
	before, was := p.files[path]
	undefined := p.pkg.undefined()
	if err := p.set(path, text); err != nil {
		return fail(err)
	}
	back := func(err error) (string, error) {
		if was {
			_ = p.set(path, before)
		} else {
			delete(p.files, path)
			delete(p.written, path)
			_ = p.parse()
		}
		return fail(err)
	}
	for _, name := range p.pkg.undefined() {
		// What another marked cell declares may come after it.
		if !slices.Contains(undefined, name) && !p.marked[name] {
			return back(fmt.Errorf("%s has no %s; declare it in a marked cell too, or hand it over as an argument", folder, name))
		}
	}
	now, err := p.find(pair)
	if err != nil {
		return back(err)
	}
	if now.differ() {
		return back(errors.New("it would not read back from the package as it is; put each declaration on lines of its own"))
	}
	return path, nil
}

// home returns the file for a declaration that the package does not have yet:
// that of its type, or one that is named after it.
func (p *project) home(d *decl) string {
	name, _, isMethod := strings.Cut(d.names[0], ".")
	if t := p.shipped[name]; isMethod && t != nil {
		return t.file.path
	}
	var snake strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			snake.WriteByte('_')
		}
		snake.WriteRune(unicode.ToLower(r))
	}
	// Go would take x_test.go for a test.
	return folder + "/" + strings.TrimSuffix(snake.String(), "_test") + ".go"
}

// withImports adds the imports that a file's text does not have.
func withImports(name, text string, uses map[string]string, nameOf func(string) string) (string, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	added := false
	for _, path := range slices.Sorted(maps.Values(uses)) {
		if path == importPath {
			continue
		}
		name := nameOf(path)
		if name == usual(path) {
			name = ""
		}
		if !slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return strings.Trim(s.Path.Value, "\"`") == path }) {
			added = astutil.AddNamedImport(set, f, name, path) || added
		}
	}
	if !added {
		return text, nil
	}
	var out bytes.Buffer
	err = format.Node(&out, set, f)
	return out.String(), err
}

// goimports is replaced where a test must not look around the machine.
var goimports = imports.Process

// tidy lays a file out and, where names of packages are missing or imports are
// not used, lets goimports mend that.
func (p *project) tidy(path, text string) (string, error) {
	laid, err := format.Source([]byte(text))
	if err != nil {
		return "", err
	}
	alone, err := newSource(importPath, []*file{{path: path, text: string(laid)}})
	if err != nil {
		return "", err
	}
	if alone.importsFit() {
		return string(laid), nil
	}
	laid, err = goimports(filepath.Join(p.dir, filepath.FromSlash(path)), laid, nil)
	return string(laid), err
}
