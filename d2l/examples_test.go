package d2l_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withoutExample are the exported names that need no Example, and why.
var withoutExample = map[string]string{
	"Kind":    "a layer's kind is seen in the names of Sequential's layers",
	"Forward": "a layer is called by the net; ExampleLayer shows how to write one",
	"String":  "printed in the Examples of its type",
	"Rate":    "a constraint, met in ExampleTrainCh5 and ExampleOptimizerOf",
}

// Every exported function, type and method has an Example. What makes a value of a
// type, and its methods, may be shown by the type's.
func TestEveryNameHasAnExample(t *testing.T) {
	files := token.NewFileSet()
	var parsed []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(files, name, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	d2l, err := doc.NewFromFiles(files, parsed, "github.com/d2l-go/book/d2l")
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	want := func(name, full string, examples []*doc.Example) {
		if withoutExample[name] == "" && !slices.ContainsFunc(examples, func(e *doc.Example) bool { return e.Name == full || uses(e, name) }) {
			names = append(names, full)
		}
	}
	for _, f := range d2l.Funcs {
		want(f.Name, f.Name, f.Examples)
	}
	for _, typ := range d2l.Types {
		examples := typ.Examples
		for _, f := range typ.Funcs {
			want(f.Name, f.Name, append(f.Examples, typ.Examples...))
			examples = append(examples, f.Examples...)
		}
		if len(examples) == 0 && withoutExample[typ.Name] == "" {
			names = append(names, typ.Name)
		}
		for _, m := range typ.Methods {
			want(m.Name, typ.Name+"_"+m.Name, append(m.Examples, typ.Examples...))
		}
	}
	if len(names) > 0 {
		t.Errorf("these have no Example: write one in the file …_example_test.go beside each, as func Example<name>: %s", strings.Join(names, ", "))
	}
}

// uses returns whether an Example has the name after a dot.
func uses(e *doc.Example, name string) (found bool) {
	ast.Inspect(e.Code, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			found = found || selector.Sel.Name == name
		}
		return true
	})
	return found
}
