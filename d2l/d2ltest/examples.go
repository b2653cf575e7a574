package d2ltest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// EveryNameHasAnExample checks that every exported function, type and method of the
// package in the test's folder has an Example, except for those in without: names,
// such as "Net.Forward" for a method, and the reason. An Example of a type also counts
// for its constructors and methods if it uses them.
func EveryNameHasAnExample(t *testing.T, importPath string, without map[string]string) {
	t.Helper()
	NeedsSources(t)
	files := token.NewFileSet()
	var parsed []*ast.File
	imported := map[string]bool{} // Names of packages in the Examples' files.
	names, err := filepath.Glob("*.go")
	NoError(t, err)
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		NoError(t, err)
		parsed = append(parsed, file)
		if !strings.HasSuffix(name, "_example_test.go") {
			continue
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			NoError(t, err)
			imported[filepath.Base(path)] = true
		}
	}
	pkg, err := doc.NewFromFiles(files, parsed, importPath)
	NoError(t, err)

	exists := map[string]bool{}
	var missing []string
	want := func(name string, examples []*doc.Example, uses func(*doc.Example) bool) {
		exists[name] = true
		if without[name] == "" && !slices.ContainsFunc(examples, uses) {
			missing = append(missing, name)
		}
	}
	function := func(f *doc.Func, examples []*doc.Example) {
		want(f.Name, examples, func(e *doc.Example) bool {
			return e.Name == f.Name || selects(e, f.Name, func(of string) bool { return of == path.Base(importPath) })
		})
	}
	for _, f := range pkg.Funcs {
		function(f, f.Examples)
	}
	for _, typ := range pkg.Types {
		examples := typ.Examples
		for _, f := range typ.Funcs {
			function(f, slices.Concat(f.Examples, typ.Examples))
			examples = slices.Concat(examples, f.Examples)
		}
		want(typ.Name, examples, func(*doc.Example) bool { return true })
		for _, m := range typ.Methods {
			want(typ.Name+"."+m.Name, slices.Concat(m.Examples, typ.Examples), func(e *doc.Example) bool {
				return e.Name == typ.Name+"_"+m.Name || selects(e, m.Name, func(of string) bool { return !imported[of] })
			})
		}
	}
	if len(missing) > 0 {
		t.Errorf("these have no Example: write one in the file …_example_test.go beside each, as func Example<name>: %s", strings.Join(missing, ", "))
	}
	for name := range without {
		if !exists[name] {
			t.Errorf("%s is listed as needing no Example, and does not exist", name)
		}
	}
}

// selects returns whether an Example has a selector of that name whose operand ofs
// accepts: the operand's name, or "" if it is not a name, such as a call.
func selects(e *doc.Example, name string, ofs func(of string) bool) (found bool) {
	ast.Inspect(e.Code, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok && selector.Sel.Name == name {
			of := ""
			if x, ok := selector.X.(*ast.Ident); ok {
				of = x.Name
			}
			found = found || ofs(of)
		}
		return true
	})
	return found
}
