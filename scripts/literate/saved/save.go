package saved

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
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
)

// Save writes the code of the marked cells to the package. It does not touch a
// declaration there that has changed since both agreed, unless it is forced. It
// says on out what it does.
func Save(dir string, notebooks []string, force bool, out io.Writer) error {
	return write(dir, notebooks, force, out, (*project).save)
}

func (p *project) save(force bool, out io.Writer) error {
	files, undefined := maps.Clone(p.files), p.pkg.undefined()
	said, problems, agreed := p.each(func(pair *pair) (string, error) {
		_, there := pair.changed()
		gone := pair.shipped == nil && pair.agreed() != ""
		if pair.shipped != nil && pair.imports() != "" || (there || gone) && !force {
			return "", errors.New(pair.difference())
		}
		path, err := p.toPackage(pair)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("wrote %s of %s to %s", pair.shown, pair.cell, path), nil
	})
	// Only now, as what one cell uses another may declare.
	for name, pos := range p.pkg.undefined() {
		if _, before := undefined[name]; !before {
			user := p.pkg.declaring(pos)
			problems = append(problems, fmt.Sprintf("nothing was written to %s: it has no %s, which %s uses; declare it in a marked cell too, or hand it over as an argument", folder, name, user))
			said, agreed = nil, nil
		}
	}
	if agreed == nil {
		p.files, p.written = files, map[string]bool{}
		if err := p.parse(); err != nil {
			return err
		}
	}
	return p.finish(out, said, problems, agreed, true)
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

	if pair.shipped != nil {
		for _, name := range pair.shipped.names {
			if !slices.Contains(pair.shown.names, name) {
				return fail(fmt.Errorf("%s declares %s with it; declare that here too, or declare it apart there", pair.where(), name))
			}
		}
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
	for _, importing := range pair.shown.uses() {
		if other := there[nameOf(importing)]; other != "" && other != importing {
			return fail(fmt.Errorf("the notebook imports %s as %s, and %s imports %s under that name; import the same, or give one of them another name", importing, nameOf(importing), path, other))
		}
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
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			snake.WriteByte('_')
		}
		snake.WriteRune(unicode.ToLower(r))
	}
	file := snake.String() + ".go"
	// Go leaves out x_windows.go on other systems, and takes x_test.go for a test.
	all := build.Default
	all.GOOS, all.GOARCH = "none", "none"
	all.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package d2l\n")), nil }
	if ok, err := all.MatchFile(folder, file); !ok || err != nil || strings.HasSuffix(file, "_test.go") {
		file = strings.ReplaceAll(file, "_", "")
	}
	return folder + "/" + file
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
