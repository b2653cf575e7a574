package d2l_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// body returns the statements of a function in a source, in gofmt's layout and
// without comments.
func body(t *testing.T, source, function string) string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, 0)
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	for _, declaration := range file.Decls {
		if f, ok := declaration.(*ast.FuncDecl); ok && f.Name.Name == function {
			var text bytes.Buffer
			if err := printer.Fprint(&text, files, f.Body); err != nil {
				t.Fatal(err)
			}
			return text.String()
		}
	}
	t.Fatalf("there is no function %s in\n%s", function, source)
	return ""
}

// The program in the package comment is the package's Example, which is compiled
// and run.
func TestProgramInComment(t *testing.T) {
	d2ltest.NeedsSources(t)
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	in := false
	for line := range strings.Lines(string(comment)) {
		if line == "//\tpackage main\n" {
			in = true
		}
		if in && strings.HasPrefix(line, "// ") {
			break
		}
		if in {
			program.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "//"), "\t"))
		}
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := body(t, program.String(), "main"), body(t, string(example), "Example"); got != want {
		t.Errorf("doc.go has\n%s\nand example_test.go\n%s", got, want)
	}
}

// It trains long enough for an optimized program to be worth its compilation, in a process of its own.
func TestExample(t *testing.T) {
	if !d2ltest.Optimized() {
		d2ltest.RunOptimized(t, "^TestExample$")
		return
	}
	t.Chdir(t.TempDir())
	wantTrained(t, Example)
	if info, err := os.Stat("clothes.params"); err != nil || info.Size() < 300e3 {
		t.Errorf("saved %v, %v", info, err)
	}
}
