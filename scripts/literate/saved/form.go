package saved

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// change replaces a part of a file's text.
type change struct {
	start, end int
	text       string
}

// apply returns the declaration's text with changes, as gofmt lays it out.
func (d *decl) apply(changes []change) (string, error) {
	slices.SortStableFunc(changes, func(a, b change) int { return a.start - b.start })
	var out strings.Builder
	at := d.start
	for _, c := range changes {
		out.WriteString(d.file.text[at:c.start] + c.text)
		at = c.end
	}
	out.WriteString(d.file.text[at:d.end])
	return formatted(out.String())
}

// imported calls f for each use of an imported package: the selector, and the
// import path.
func (d *decl) imported(f func(s *ast.SelectorExpr, path string)) {
	ast.Inspect(d.node, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				if p, ok := d.file.object(x).(*types.PkgName); ok {
					f(s, p.Imported().Path())
				}
			}
		}
		return true
	})
}

// hidden tells whether a name of the package level means something local at pos.
func (d *decl) hidden(name string, pos token.Pos) bool {
	inner := d.file.src.pkg.Scope().Innermost(pos)
	if inner == nil {
		return false
	}
	scope, obj := inner.LookupParent(name, pos)
	return obj != nil && !isPackageName(obj) && scope != d.file.src.pkg.Scope() && scope != types.Universe
}

func isPackageName(obj types.Object) bool { _, ok := obj.(*types.PkgName); return ok }

// compared returns a declaration in the form in which the two sides are compared.
func (d *decl) compared() (string, error) { return d.toPackage(nil) }

// toPackage returns a declaration of a cell as d2l has it: its own names without
// d2l., and each import by the name that nameOf gives for its path. Without nameOf
// that is the usual name, whatever else in the code has it too.
func (d *decl) toPackage(nameOf func(path string) string) (string, error) {
	compared := nameOf == nil
	if compared {
		nameOf = usual
	}
	var changes []change
	var err error
	d.imported(func(s *ast.SelectorExpr, path string) {
		x := s.X.(*ast.Ident)
		start, end := d.file.offset(x.Pos()), d.file.offset(x.End())
		if path != importPath {
			if name := nameOf(path); name != x.Name {
				if !compared && d.hidden(name, x.Pos()) {
					err = fmt.Errorf("the local name %s hides the package %s; rename it", name, path)
				}
				changes = append(changes, change{start, end, name})
			}
			return
		}
		to := d.file.offset(s.Sel.Pos())
		if strings.TrimSpace(d.file.text[end:to]) != "." {
			err = fmt.Errorf("there is a comment between %s. and %s; move it", x.Name, s.Sel.Name)
		}
		if d.hidden(s.Sel.Name, x.Pos()) {
			err = fmt.Errorf("the local name %s would hide %s.%[1]s in the package; rename it", s.Sel.Name, x.Name)
		}
		changes = append(changes, change{start, to, ""})
	})
	if err != nil {
		return "", err
	}
	return d.apply(changes)
}

// toCell returns a declaration of d2l as a cell has it: with d2l. (or what name
// gives for its path) before all that is the package's, other than what own
// tells the notebook declares itself.
func (d *decl) toCell(own func(name string) bool, nameOf func(path string) string) (string, error) {
	var changes []change
	var err error
	fail := func(format string, args ...any) { err = fmt.Errorf(format, args...) }
	d.imported(func(s *ast.SelectorExpr, path string) {
		x := s.X.(*ast.Ident)
		if name := nameOf(path); name != x.Name {
			if d.hidden(name, x.Pos()) {
				fail("the local name %s hides the package %s in the notebook; rename it", name, path)
			}
			changes = append(changes, change{d.file.offset(x.Pos()), d.file.offset(x.End()), name})
		}
	})
	qualifier := nameOf(importPath)
	if f, ok := d.node.(*ast.FuncDecl); ok && f.Recv != nil {
		if t, _, _ := strings.Cut(d.names[0], "."); !own(t) {
			fail("a notebook can declare methods of its own types only, and it does not declare %s; mark a cell that does", t)
		}
	}
	ast.Inspect(d.node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj := d.file.object(id)
		switch {
		case obj == nil || obj.Pkg() != d.file.src.pkg || isPackageName(obj):
		case obj.Parent() == d.file.src.pkg.Scope(): // of the package level
			switch {
			case own(id.Name):
			case !id.IsExported():
				fail("it uses %s, which a notebook cannot: export it, or declare it in a marked cell too", id.Name)
			case d.hidden(qualifier, id.Pos()):
				fail("the local name %s hides the package in the notebook; rename it", qualifier)
			default:
				at := d.file.offset(id.Pos())
				changes = append(changes, change{at, at, qualifier + "."})
			}
		case obj.Parent() == nil && !obj.Exported(): // a field or a method
			if owner := d.file.src.declaring(obj.Pos()); owner != nil && owner.node != d.node && !slices.ContainsFunc(owner.names, own) {
				fail("it uses %s of %s, which a notebook cannot: export it, or declare %[2]s in a marked cell too", id.Name, owner)
			}
		}
		return true
	})
	if err != nil {
		return "", err
	}
	return d.apply(changes)
}

// declaring returns the declaration in which something is declared.
func (s *source) declaring(pos token.Pos) *decl {
	for _, f := range s.files {
		if pos < f.ast.FileStart || pos > f.ast.FileEnd {
			continue
		}
		for _, d := range f.decls {
			if d.node.Pos() <= pos && pos < d.node.End() {
				return d
			}
		}
	}
	return nil
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// usual returns the name that an import has unless it is given another.
func usual(importPath string) string {
	dir, name := path.Split(importPath)
	if dir != "" && version.MatchString(name) {
		name = path.Base(dir)
	}
	return name
}

// imports returns the paths of a file's imports by their names there; those
// without a name are left out.
func (f *file) imports() map[string]string {
	paths := map[string]string{}
	for _, spec := range f.ast.Imports {
		path := strings.Trim(spec.Path.Value, "\"`")
		name := usual(path)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name != "_" && name != "." {
			paths[name] = path
		}
	}
	return paths
}

// mentions tells whether a declaration uses something of the package level by
// that name alone.
func (d *decl) mentions(name string) bool {
	found := false
	ast.Inspect(d.node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name && d.file.free[id]
		return !found
	})
	return found
}

// uses returns which packages a declaration uses: the paths by their usual names.
func (d *decl) uses() map[string]string {
	paths := map[string]string{}
	d.imported(func(_ *ast.SelectorExpr, path string) { paths[usual(path)] = path })
	return paths
}
