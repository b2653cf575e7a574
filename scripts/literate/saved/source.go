package saved

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"strings"
)

// source is Go code of a package, parsed, with what each name stands for.
type source struct {
	set   *token.FileSet
	files []*file
	pkg   *types.Package
	info  *types.Info

	errors []types.Error
}

// file is one of the files of a source.
type file struct {
	path string
	text string
	ast  *ast.File
	in   *token.File
	src  *source

	decls []*decl

	free map[*ast.Ident]bool // Names that nothing within the top-level declarations declares.
}

// newSource parses files and finds out what their names stand for. What is
// imported is not looked at: its names need no resolving.
func newSource(importPath string, files []*file) (*source, error) {
	s := &source{set: token.NewFileSet(), files: files}
	asts := make([]*ast.File, len(files))
	for i, f := range files {
		parsed, err := parser.ParseFile(s.set, f.path, f.text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		f.ast, f.in, f.src, asts[i] = parsed, s.set.File(parsed.FileStart), s, parsed
		f.free, f.decls = free(parsed), f.declarations()
	}
	s.info = &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Scopes: map[ast.Node]*types.Scope{},
	}
	checker := types.Config{
		Importer: nothing{},
		// Most of these follow from what was not imported.
		Error: func(err error) { s.errors = append(s.errors, err.(types.Error)) },
	}
	s.pkg, _ = checker.Check(importPath, s.set, asts, s.info)
	return s, nil
}

// free returns the names in a file that stand for what a package declares, by the
// syntax alone. The types checker passes by what depends on things it knows nothing
// of, such as the T of x.(T) for an x of another package.
func free(f *ast.File) map[*ast.Ident]bool {
	found, keys := map[*ast.Ident]bool{}, map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		found[id] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Obj != nil && n.Obj == f.Scope.Lookup(n.Name) {
				found[n] = true
			}
		case *ast.CompositeLit:
			for _, element := range n.Elts { // A key may be the name of a field.
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					if key, ok := pair.Key.(*ast.Ident); ok {
						keys[key] = true
					}
				}
			}
		}
		return true
	})
	maps.DeleteFunc(found, func(id *ast.Ident, _ bool) bool { return keys[id] })
	return found
}

// object returns what a name stands for as far as that can be known: something of
// the package level, a package, or something local; nil if it is none of these.
func (f *file) object(id *ast.Ident) types.Object {
	if obj := f.src.info.Uses[id]; obj != nil {
		return obj
	}
	if f.src.info.Defs[id] != nil || !f.free[id] {
		return nil
	}
	if obj := f.src.info.Scopes[f.ast].Lookup(id.Name); obj != nil {
		return obj
	}
	return f.src.pkg.Scope().Lookup(id.Name)
}

// nothing imports packages of which nothing is known but the name.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	return types.NewPackage(path, usual(path)), errors.New("not looked at")
}

func (f *file) offset(p token.Pos) int { return f.in.Offset(p) }

// line returns the number of the line at an offset of the file's text.
func (f *file) line(offset int) int { return 1 + strings.Count(f.text[:offset], "\n") }

// undefined returns the names that stand for nothing in the package, each with a
// place where it is used.
func (s *source) undefined() map[string]token.Pos {
	names := map[string]token.Pos{}
	for _, e := range s.errors {
		if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
			names[name] = e.Pos
		}
	}
	return names
}

// importsFit tells whether a single file uses each of its imports and has one for
// each name that looks like a package's.
func (s *source) importsFit() bool {
	for _, e := range s.errors {
		if strings.HasSuffix(e.Msg, "imported and not used") || strings.Contains(e.Msg, "imported as ") {
			return false
		}
	}
	undefined := s.undefined()
	missing := false
	for _, f := range s.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && undefined[x.Name].IsValid() && !token.IsExported(x.Name) {
					missing = true
				}
			}
			return true
		})
	}
	return !missing
}
